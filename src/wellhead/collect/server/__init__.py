"""The collection server: the application, its walls, and the writer's side of it."""

from wellhead.collect.server.application import create_app

__all__ = ["create_app"]
