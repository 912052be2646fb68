"""Pages as Markdown (GitHub's flavour), from the same blocks as the HTML.

Blocks flow in, text flows out. Every character that Markdown or embedded HTML would act on is
escaped, so that a document cannot smuggle a link, an image or a tag into the report.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from wellhead.report.blocks import Bullets, Callout, Code, Details, Facts, Figure, Prose, Section
from wellhead.report.excerpts import Excerpts
from wellhead.report.table import Table
from wellhead.report.untrusted import clean

__all__ = ["escaped", "markdown"]

_ACTIVE = re.compile(r"([\\`*_\[\]#|~$!{}])")
# What starts a list or a heading only at the start of a line.
_LEADING = re.compile(r"^(\s*)([-+=](?!\d)|\d+(?=[.)]\s))", re.MULTILINE)


def escaped(text: object) -> str:
    r"""Plain text as Markdown that shows exactly that text.

    >>> escaped("[x](javascript:alert(1)) <b> | *")
    '\\[x\\](javascript:alert(1)) &lt;b&gt; \\| \\*'
    """
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _ACTIVE.sub(r"\\\1", safe)
    return _LEADING.sub(_unlisted, safe).replace("://", ":&#47;/")


def markdown(
    title: str,
    lead: str,
    alerts: Sequence[Callout],
    facts: Sequence[tuple[str, str]],
    sections: Sequence[Section],
    footer: str,
) -> str:
    """A whole page."""
    parts = [f"# {_line(title)}", _block(Prose(lead)), *map(_block, alerts)]
    if facts:
        parts.append(_block(Facts(facts)))
    for section in sections:
        parts.append(f"## {_line(section.heading)}")
        parts.extend(_block(block) for block in section.blocks)
    if footer:
        parts += ["---", _block(Prose(footer))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _unlisted(match: re.Match[str]) -> str:
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def _line(text: object) -> str:
    return " ".join(escaped(text).split())


@singledispatch
def _block(block: Any) -> str:
    raise TypeError(f"a {type(block).__name__} has no Markdown form")


@_block.register
def _(block: Prose) -> str:
    return "\n\n".join(escaped(paragraph) for paragraph in block.paragraphs)


@_block.register
def _(block: Bullets) -> str:
    return "\n".join(f"- {_line(item)}" for item in block.items)


@_block.register
def _(block: Code) -> str:
    text = clean(block.text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


@_block.register
def _(block: Table) -> str:
    heads = [_line(f"{c.name} ({c.unit})" if c.unit else c.name) for c in block.columns]
    rules = ["---:" if column.numeric else "---" for column in block.columns]
    rows = [heads, rules, *([_line(cell) for cell in row] for row in block.cells)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join(
        part for part in (_line(block.caption), lines, _line(block.remainder)) if part
    )


@_block.register
def _(block: Callout) -> str:
    word = {"note": "Note", "warning": "Warning"}[block.severity]
    title = f"> **{word}: {_line(block.title)}**"
    return f"{title} {_line(block.text)}" if block.text else title


@_block.register
def _(block: Facts) -> str:
    return "\n".join(f"- **{_line(term)}:** {_line(value)}" for term, value in block.pairs)


@_block.register
def _(block: Details) -> str:
    return "\n\n".join([f"**{_line(block.summary)}**", *map(_block, block.blocks)])


@_block.register
def _(block: Figure) -> str:
    words = f"**{_line(block.title)}.** {_line(block.description)}"
    return f"{words}\n\n{_block(block.table)}"


@_block.register
def _(block: Excerpts) -> str:
    parts = []
    for document in block.documents:
        spans = "".join(_marked(text, weight) for text, weight in document.spans)
        parts.append(f"- **{_line(document.title)}** ({_line(document.facts)})\n\n  > {spans}")
    return "\n\n".join([*parts, *([_line(block.remainder)] if block.remainder else [])])


def _marked(text: str, weight: float) -> str:
    """Bold where the HTML is deep; spaces stay outside, since Markdown ignores bold with spaces."""
    words = _line(text)
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    return f"{before}**{words}**{after}" if words and weight >= 0.5 else f"{before}{words}{after}"
