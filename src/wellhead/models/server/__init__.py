"""An OpenAI-compatible server over engines: `create_app`, and `serve` for a whole process."""

from wellhead.models.server.application import create_app
from wellhead.models.server.desk import Desk, Limits

__all__ = ["Desk", "Limits", "create_app"]
