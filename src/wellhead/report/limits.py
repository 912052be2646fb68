"""How much of what is long a page shows, and the sentence that says so."""

from __future__ import annotations

from typing import NamedTuple

from wellhead.report.numbers import count

__all__ = ["Limits", "remainder"]


class Limits(NamedTuple):
    """How much of long blocks is shown: rows of a table, characters of a text, pictures at all."""

    rows: int = 1000
    characters: int = 4000
    pictures: bool = True


def remainder(shown: int, total: int | None, things: str, rest: str) -> str:
    """A sentence about what is not shown; empty when all is.

    >>> remainder(200, 1234, "rows", "all are in documents.parquet")
    '200 of 1,234 rows shown, 1,034 more; all are in documents.parquet.'
    """
    hidden = (total or 0) - shown
    if hidden <= 0:
        return ""
    where = f"; {rest}" if rest else ""
    return f"{count(shown)} of {count(total)} {things} shown, {count(hidden)} more{where}."
