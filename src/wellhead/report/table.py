"""Rows under named columns, each value written by what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from wellhead.report.limits import Limits, remainder
from wellhead.report.numbers import MISSING, count, interval, number, p_value, percent, probability
from wellhead.report.untrusted import clean, shorten

__all__ = ["Column", "Table"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: its heading.
        kind: how its values are written and aligned; ``interval`` takes ``(low, high)`` pairs and
            ``share`` pairs of proportions; ``bound`` is a proportion that is rounded down.
        unit: shown under the heading.
        digits: significant figures of ``number``, decimals of ``percent``.
    """

    name: str
    kind: Literal[
        "text",
        "code",
        "count",
        "number",
        "percent",
        "bound",
        "probability",
        "p",
        "interval",
        "share",
    ] = "text"
    unit: str = ""
    digits: int | None = None

    @property
    def numeric(self) -> bool:
        return self.kind not in ("text", "code")

    def written(self, value: Any) -> str:
        """`value` as the reader sees it."""
        if value is None:
            return MISSING
        match self.kind:
            case "count":
                return count(value)
            case "number":
                return number(value, self.digits or 3)
            case "percent":
                return percent(value, self.digits)
            case "bound":
                return percent(value, self.digits, down=True)
            case "probability":
                return probability(value)
            case "p":
                return p_value(value)
            case "interval" | "share":
                return interval(value[0], value[1], share=self.kind == "share")
        return clean(value)


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Args:
        columns: what each cell of a row is.
        rows: values, one sequence per row.
        caption: one line above the table.
        cap: rows shown at most.
        total: rows that exist, where `rows` is already a part of them.
        rest: where the rows that are not shown can be found, for the sentence under the table.
    """

    kind: ClassVar[str] = "table"
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    cap: int = 200
    total: int | None = None
    rest: str = ""

    def within(self, limits: Limits) -> Table:
        kept = min(self.cap, limits.rows)
        rows = [
            [shorten(cell, limits.characters) if isinstance(cell, str) else cell for cell in row]
            for row in self.rows[:kept]
        ]
        return replace(self, rows=rows, total=max(self.total or 0, len(self.rows)))

    @property
    def cells(self) -> list[list[str]]:
        """The rows as the reader sees them."""
        return [
            [column.written(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    @property
    def remainder(self) -> str:
        """A sentence about the rows that are not shown; empty when all are."""
        return remainder(len(self.rows), self.total, "rows", self.rest)
