"""Documents with the passages that weighed most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

from wellhead.report.limits import Limits, remainder
from wellhead.report.untrusted import clean, shorten

__all__ = ["Excerpt", "Excerpts", "Span"]


class Span(NamedTuple):
    """A piece of a document and how much it weighed, from 0 (nothing) to 1 (most)."""

    text: str
    weight: float = 0.0


@dataclass(frozen=True)
class Excerpt:
    """One document: a title, a line of facts, and its text with the weights of its pieces."""

    title: str
    facts: str
    spans: Sequence[Span]

    def within(self, limits: Limits) -> Excerpt:
        spans, room = list[Span](), limits.characters
        for text, weight in self.spans:
            if room <= 0:
                left = sum(len(span.text) for span in self.spans[len(spans) :])
                spans.append(Span(f" … ({left:,} more characters)"))
                break
            spans.append(Span(shorten(text, room), min(max(float(weight), 0.0), 1.0)))
            room -= len(text)
        title = shorten(self.title, min(200, limits.characters))
        return replace(self, title=title, facts=clean(self.facts), spans=spans)


@dataclass(frozen=True)
class Excerpts:
    """Documents that open on a click, each with its telling passages marked.

    The first `opened` are open from the start; `total` and `rest` are as in `Table`.
    """

    kind: ClassVar[str] = "excerpts"
    documents: Sequence[Excerpt]
    cap: int = 50
    total: int | None = None
    rest: str = ""
    opened: int = 1

    def within(self, limits: Limits) -> Excerpts:
        shown = [one.within(limits) for one in self.documents[: min(self.cap, limits.rows)]]
        total = max(self.total or 0, len(self.documents))
        return replace(self, documents=shown, total=total)

    @property
    def remainder(self) -> str:
        """A sentence about the documents that are not shown; empty when all are."""
        return remainder(len(self.documents), self.total, "documents", self.rest)
