"""Recursive training, measured against mathematics."""

from __future__ import annotations

__all__: list[str] = []
