"""Experiments of the literature, ready to run; each TOML file here is one preset."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, NamedTuple

from wellhead.errors import unknown_name

__all__ = ["Preset", "list_presets", "preset"]


class Preset(NamedTuple):
    """A named experiment: its title, and what it reproduces."""

    name: str
    title: str
    about: str


def list_presets() -> list[Preset]:
    """Every preset, by name."""
    tables = [preset(name) for name in _names()]
    return [Preset(t["name"], t.get("title", ""), t.get("about", "")) for t in tables]


def preset(name: str) -> dict[str, Any]:
    """The table of one preset.

    Raises:
        wellhead.errors.BadSetting: no preset is called so; the message names the nearest.
    """
    import tomllib

    if name not in _names():
        raise unknown_name("preset", name, _names())
    text = (files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
    return {"name": name} | tomllib.loads(text)


def _names() -> list[str]:
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in files(__package__).iterdir()
        if entry.name.endswith(".toml")
    )
