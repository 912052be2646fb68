"""What a report page is made of.

Blocks hold values, not markup: `page` turns them into HTML, `markdown` into Markdown. All text
in them is plain text, taken as written by strangers. Rows and characters beyond a limit are cut
with a sentence that says how many, never silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from wellhead.report.excerpts import Excerpts
from wellhead.report.limits import Limits
from wellhead.report.table import Table
from wellhead.report.untrusted import clean, shorten

__all__ = [
    "Block",
    "Bullets",
    "Callout",
    "Code",
    "Details",
    "Facts",
    "Figure",
    "Picture",
    "Prose",
    "Section",
    "as_block",
]


@dataclass(frozen=True)
class Prose:
    """Plain paragraphs; a blank line parts two."""

    kind: ClassVar[str] = "prose"
    text: str

    @property
    def paragraphs(self) -> list[str]:
        return [" ".join(part.split()) for part in clean(self.text).split("\n\n") if part.strip()]

    def within(self, limits: Limits) -> Prose:
        return self


@dataclass(frozen=True)
class Code:
    """Text to be read or copied exactly: a command, a citation, a configuration."""

    kind: ClassVar[str] = "code"
    text: str

    def within(self, limits: Limits) -> Code:
        return replace(self, text=shorten(self.text, limits.characters))


@dataclass(frozen=True)
class Callout:
    """Something that must not be overlooked: a note, or a warning that changes the conclusion."""

    kind: ClassVar[str] = "callout"
    severity: Literal["note", "warning"]
    title: str
    text: str = ""

    def within(self, limits: Limits) -> Callout:
        return replace(self, text=shorten(self.text, limits.characters))


@dataclass(frozen=True)
class Facts:
    """Terms and what they are, side by side."""

    kind: ClassVar[str] = "facts"
    pairs: Sequence[tuple[str, str]]

    def within(self, limits: Limits) -> Facts:
        cut = limits.characters
        return replace(self, pairs=[(shorten(a, cut), shorten(b, cut)) for a, b in self.pairs])


@dataclass(frozen=True)
class Bullets:
    """Short statements that stand side by side."""

    kind: ClassVar[str] = "bullets"
    items: Sequence[str]

    def within(self, limits: Limits) -> Bullets:
        return replace(self, items=[shorten(item, limits.characters) for item in self.items])


@dataclass(frozen=True)
class Details:
    """Blocks that are folded away until the reader asks for them."""

    kind: ClassVar[str] = "details"
    summary: str
    blocks: Sequence[Block | str]

    def within(self, limits: Limits) -> Details:
        return replace(self, blocks=[as_block(block).within(limits) for block in self.blocks])


@dataclass(frozen=True)
class Section:
    """A heading and the blocks under it; a plain string among them is prose."""

    heading: str
    blocks: Sequence[Block | str]

    def drawn(self) -> Section:
        """The same with its pictures drawn, so that shortening need not draw them again."""
        return replace(self, blocks=[as_block(block) for block in self.blocks])

    def within(self, limits: Limits) -> Section:
        return replace(self, blocks=[as_block(block).within(limits) for block in self.blocks])


@runtime_checkable
class Picture(Protocol):
    """A chart: drawn for eyes, described for ears, and as numbers for text."""

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    def to_svg(self) -> str: ...

    def to_table(self) -> Table: ...


@dataclass(frozen=True)
class Figure:
    """A picture drawn once, with its numbers folded away under it."""

    kind: ClassVar[str] = "figure"
    title: str
    description: str
    svg: str
    table: Table
    drawn: bool = True

    def within(self, limits: Limits) -> Figure:
        return replace(self, drawn=limits.pictures, table=self.table.within(limits))


Block = Prose | Bullets | Code | Table | Callout | Facts | Excerpts | Details | Figure | Picture


def as_block(thing: Block | str) -> Any:
    """Strings become prose, pictures are drawn, blocks stay what they are."""
    if isinstance(thing, str):
        return Prose(thing)
    if isinstance(thing, Picture):
        return Figure(thing.title, thing.description, thing.to_svg(), thing.to_table())
    if isinstance(thing, Details):
        return replace(thing, blocks=[as_block(block) for block in thing.blocks])
    return thing
