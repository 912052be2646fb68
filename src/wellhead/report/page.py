"""One page about one result: the same values as HTML, as Markdown and in a notebook.

The HTML is a single file that loads nothing: its content security policy forbids every outside
resource and every script and style but its own two, which it names by hash. Everything shown is
escaped by jinja2. Files stay under `SIZE` bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wellhead._atomic import write_text
from wellhead.errors import BadInput
from wellhead.report.blocks import Callout, Facts, Figure, Picture, Prose, Section, as_block
from wellhead.report.limits import Limits
from wellhead.report.markdown import markdown
from wellhead.report.untrusted import clean, shorten

__all__ = ["SIZE", "Page"]

SIZE = 300_000


@dataclass(frozen=True)
class Page:
    """A title, a sentence that says the result, the facts behind it, and sections of blocks.

    Args:
        title: what the page is about.
        lead: the result in one or two sentences that need no statistics; a blank line parts
            paragraphs, of which the first is set large.
        bar: a picture under the first paragraph.
        alerts: what speaks against the figures; it stands above them.
        facts: the few figures that matter most, as (term, value) pairs.
        sections: the rest, in reading order.
        footer: how to make this page again: version, command, seed.

    >>> page = Page("Wells", "Two of three wells are clean.", [("wells", "3")])
    >>> page.to_markdown().splitlines()[:3]
    ['# Wells', '', 'Two of three wells are clean.']
    """

    title: str
    lead: str
    facts: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = ()
    footer: str = ""
    bar: Picture | Figure | None = None
    alerts: Sequence[Callout] = ()

    def to_html(self, *, size: int = SIZE, live: str = "") -> str:
        """The whole page as one HTML document of at most `size` bytes.

        With `live`, the path on its own server where its newest state is, the page fetches that
        every two seconds and shows it without a reload.

        Long tables and texts are shortened first, then pictures are replaced by their numbers;
        both say so.

        Raises:
            BadInput: what cannot be shortened (prose, number of sections) is already too long.
        """
        sections = [section.drawn() for section in self.sections]
        drawn = replace(self, sections=sections, bar=self.bar and as_block(self.bar))
        for limits in _ever_tighter():
            html = drawn._rendered(limits, live)
            if len(html.encode()) <= size:
                return html
        raise BadInput(
            f"a report must stay under {size:,} bytes, but its prose and headings alone take "
            f"{len(html.encode()):,}; split it into several pages."
        )

    def to_markdown(self) -> str:
        """The same page as Markdown; pictures become their description and their numbers."""
        sections = [section.within(Limits()) for section in self.sections]
        return markdown(self.title, self.lead, self.alerts, self.facts, sections, self.footer)

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write `to_html()` so that `path` is never seen half-written."""
        write_text(path, self.to_html())

    def save_markdown(self, path: str | os.PathLike[str]) -> None:
        """Write `to_markdown()` so that `path` is never seen half-written."""
        write_text(path, self.to_markdown())

    def _repr_html_(self) -> str:
        # A frame of its own keeps the notebook's styles and the page's apart.
        return (
            '<iframe sandbox="" width="100%" height="640" style="border:1px solid #8888" '
            f'title="{escape(clean(self.title))}" srcdoc="{escape(self.to_html())}"></iframe>'
        )

    def _rendered(self, limits: Limits, live: str) -> str:
        style = _asset("page.css")
        script = _asset("page.js") + (_asset("live.js") if live else "")
        return (
            _environment()
            .get_template("page.html")
            .render(
                title=shorten(self.title, 300),
                lead=Prose(self.lead).paragraphs,
                bar=self.bar if limits.pictures else None,
                alerts=[alert.within(limits) for alert in self.alerts],
                facts=Facts(self.facts).within(limits).pairs,
                sections=[section.within(limits) for section in self.sections],
                footer=Prose(self.footer).paragraphs,
                live=live,
                style=Markup(style),
                script=Markup(script),
                style_hash=_hash(style),
                script_hash=_hash(script),
            )
        )


def _ever_tighter() -> Iterator[Limits]:
    """Limits from generous to strict: halve rows and texts first, leave pictures out last."""
    loose = Limits()
    for step in range(8):
        yield Limits(max(loose.rows >> step, 8), max(loose.characters >> step, 160))
    yield Limits(8, 160, pictures=False)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("wellhead.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = _shown
    environment.filters["drawn"] = Markup
    environment.filters["depth"] = _depth
    return environment


def _shown(text: Any) -> str:
    """Cleaned text in which a number is not parted from its percent sign at a line end."""
    return clean(text).replace(" %", "\u00a0%")


def _depth(weight: float) -> int:
    """The weight of a passage as one of six depths of colour, 0 none."""
    return round(5 * weight)


def _asset(name: str) -> str:
    return (files("wellhead.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
