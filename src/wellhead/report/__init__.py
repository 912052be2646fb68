"""Results a person looks at: one offline page, its Markdown twin, and the same in a terminal.

A result builds a `Page` of blocks (prose, tables, pictures, callouts, …), all of plain values.
The page renders to HTML and to Markdown from those values, so that twins cannot drift, and stays
under a size bound by shortening what is long with a sentence that says so. Pictures are in
`wellhead.report.svg`; the terminal is in `wellhead.report.terminal`.
"""

from __future__ import annotations

from wellhead.report.blocks import (
    Block,
    Bullets,
    Callout,
    Code,
    Details,
    Facts,
    Picture,
    Prose,
    Section,
)
from wellhead.report.excerpts import Excerpt, Excerpts, Span
from wellhead.report.page import Page
from wellhead.report.table import Column, Table

__all__ = [
    "Block",
    "Bullets",
    "Callout",
    "Code",
    "Column",
    "Details",
    "Excerpt",
    "Excerpts",
    "Facts",
    "Page",
    "Picture",
    "Prose",
    "Section",
    "Span",
    "Table",
]
