"""Styles: how a model is asked, each a small file that anyone can add to.

A style file is TOML: ``about`` (one line), ``source`` (where the literature has it), any number of
``[[steps]]`` with a ``user`` and perhaps a ``system`` message, and ``[vary]``, lists from which
one value is drawn for each text. Messages are templates with ``$name``: `NAMES`, what ``[vary]``
adds, and ``$previous``, the answer to the step before.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from wellhead.errors import BadInput, BadSetting, unknown_name

__all__ = ["NAMES", "Step", "Style", "load_style", "style_names"]

# What every style may use; those of the second line need human texts.
_OF_TASK = {"task", "words"}
_OF_HUMAN = {"text", "beginning", "examples", "paragraph"}
NAMES = _OF_TASK | _OF_HUMAN
_LARGEST_FILE = 100_000


class Step(NamedTuple):
    """One call: what the model is told and asked, as templates."""

    user: str
    system: str = ""


class Style(NamedTuple):
    """One way of asking.

    Attributes:
        name: of the file.
        about: one line.
        source: where the literature has it.
        steps: calls in their order; the answer to the last is the text.
        vary: by name, the values of which one is drawn for each text.
    """

    name: str
    about: str
    source: str
    steps: tuple[Step, ...]
    vary: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> set[str]:
        """Every name that the messages use."""
        messages = (part for step in self.steps for part in step)
        return {name for part in messages for name in Template(part).get_identifiers()}

    @property
    def needs_human(self) -> bool:
        """Whether the style cannot do without a human text."""
        return bool(self.names & _OF_HUMAN)

    @property
    def by_paragraph(self) -> bool:
        """Whether the model writes every second paragraph of a human text."""
        return "paragraph" in self.names


def style_names() -> list[str]:
    """The styles that come with the package."""
    folder = files("wellhead.generate").joinpath("style_files")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir())


def load_style(name: str) -> Style:
    """A style by its name, or from a file of one's own.

    Raises:
        BadSetting: no such style.
        BadInput: a file that is no style; the message names what is wrong.
    """
    if name.endswith(".toml"):
        return _parsed(Path(name).stem, _text_of(Path(name)), name)
    if name not in style_names():
        raise unknown_name("style", name, style_names())
    shipped = files("wellhead.generate").joinpath("style_files", f"{name}.toml")
    return _parsed(name, shipped.read_text(encoding="utf-8"), name)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise BadInput(f"{path} has over {_LARGEST_FILE:,} bytes; a style is a few lines")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"expected a style file that can be read: {error}") from error


def _parsed(name: str, text: str, told: str) -> Style:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{told}: not valid TOML ({error})") from error
    extra = set(table) - {"about", "source", "steps", "vary"}
    if extra:
        raise BadInput(f"{told}: a style knows about, source, steps and vary, not {extra.pop()!r}")
    style = Style(
        name,
        str(table.get("about", "")),
        str(table.get("source", "")),
        tuple(_step(step, told) for step in table.get("steps", [])),
        {key: _values(key, values, told) for key, values in table.get("vary", {}).items()},
    )
    if not style.steps:
        raise BadInput(f"{told}: expected at least one [[steps]] with a 'user' message")
    unknown = style.names - NAMES - set(style.vary) - {"previous"}
    if unknown:
        known = ", ".join(f"${each}" for each in sorted(NAMES | {"previous"}))
        raise BadInput(
            f"{told}: ${unknown.pop()} is not known. Known: {known}, and what [vary] adds"
        )
    return style


def _step(step: Any, told: str) -> Step:
    if not isinstance(step, Mapping) or not isinstance(step.get("user"), str):
        raise BadInput(f"{told}: each of [[steps]] needs a 'user' message")
    system = step.get("system", "")
    if set(step) - {"user", "system"} or not isinstance(system, str):
        raise BadInput(f"{told}: a step has a 'user' and perhaps a 'system' message, both text")
    for part in (step["user"], system):
        if not Template(part).is_valid():
            raise BadInput(f"{told}: a lone $ in a message; write $$ for the sign itself")
    return Step(step["user"].strip(), system.strip())


def _values(key: str, values: Any, told: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise BadInput(f"{told}: [vary] {key} expects a list of texts")
    return tuple(values)
