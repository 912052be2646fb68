"""The part of a forecast's page about its verifier: words, a picture, a table."""

from __future__ import annotations

from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.verifier import Verified
from wellhead.report import Section
from wellhead.report.svg import Axis, Line, LineChart

__all__ = ["verifier_section"]


def verifier_section(found: Verified) -> Section:
    """What is left of what the verifier judges by."""
    times = [row.generation for row in found.generations]
    part = found.generations[0].favoured is not None
    name = "the favoured part" if part else "the trait's variance"
    rows = [row.favoured or row.variance for row in found.generations]
    known = [row for row in rows if row is not None]
    chart = LineChart(
        "What the verifier makes of the text",
        "The share of the favoured part." if part else "The variance left of a trait it judges by.",
        [_line(name, times, known)],
        Axis("generation", whole=True),
        Axis("share of the text" if part else "of its variance in real text", percent=True, low=0),
        band="interval of it, or the range given",
    )
    told = f"{found.sentence} Sampling noise comes on top: it is the inflation above."
    return Section("What the verifier makes of it", [told, chart])


def _line(name: str, times: list[int], rows: list[Range]) -> Line:
    low, high = [row.low for row in rows], [row.high for row in rows]
    banded = low != high
    return Line(
        name,
        times,
        [row.point for row in rows],
        low=low if banded else None,
        high=high if banded else None,
        accent=True,
    )
