"""The top of a page in a terminal: what it says, the facts behind it, and what to beware of.

The same `Page` that makes the HTML, in about ten lines. Colours appear only on a terminal without
``NO_COLOR``; text from documents cannot steer the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any

from wellhead._result import Page
from wellhead.report.blocks import Callout, Details, Prose
from wellhead.report.untrusted import clean, shorten

__all__ = ["show"]

_WARNINGS = 2
_LONGEST = 600  # characters of one: enough to end with what to do


def show(page: Page, *, file: IO[str] | None = None, more: Sequence[str] = ()) -> None:
    """Print the top of `page` on `file` (standard output by default).

    Args:
        page: what to show.
        file: where; plain text when it is not a terminal.
        more: lines at the end, such as where the full report lies.
    """
    from rich.console import Console
    from rich.text import Text

    stream = file or sys.stdout
    plain = not stream.isatty() or bool(os.environ.get("NO_COLOR"))
    console = Console(
        file=stream, no_color=plain, highlight=False, markup=False, emoji=False, soft_wrap=plain
    )
    lead = Prose(page.lead).paragraphs
    console.print(Text(lead[0] if lead else clean(page.title), style="bold"))
    for paragraph in lead[1:]:
        console.print(Text(paragraph, style="dim"))
    warnings = [*page.alerts, *_warnings(page)]
    for callout in warnings[:_WARNINGS]:
        words = f"{_sentence(callout.title)} {callout.text}".strip()
        console.print(Text("! ", style="bold").append(" ".join(shorten(words, _LONGEST).split())))
    hidden = len(warnings) - _WARNINGS
    if hidden > 0:
        more_words = "warning" if hidden == 1 else "warnings"
        console.print(Text(f"! {hidden} more {more_words} in the report", style="dim"))
    width = max((len(term) for term, _ in page.facts), default=0) + 2
    for term, value in page.facts:
        line = Text(f"  {clean(term):<{width}}", style="dim").append(clean(value), style="not dim")
        console.print(line)
    for line_of_text in more:
        console.print(Text(clean(line_of_text), style="dim"))


def _sentence(title: str) -> str:
    """A title that stands before other words on one line."""
    return title if not title or title[-1] in ".!?:。！？" else f"{title}."


def _warnings(page: Page) -> Iterator[Callout]:
    for section in page.sections:
        yield from _of(section.blocks)


def _of(blocks: Sequence[Any]) -> Iterator[Callout]:
    for block in blocks:
        if isinstance(block, Callout) and block.severity == "warning":
            yield block
        elif isinstance(block, Details):
            yield from _of(block.blocks)
