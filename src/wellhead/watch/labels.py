"""Counts of what was judged, drawn and labelled, and the rates that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wellhead._stats import Interval, clamp
from wellhead.consensus.tables import MISSING
from wellhead.prevalence.labelled import (
    Least,
    Sampled,
    labelled_excess,
    labelled_once,
    labelled_rate,
)
from wellhead.watch.result import Labelled, Reviewed
from wellhead.watch.verdict import Exchange, Judgement

if TYPE_CHECKING:
    from wellhead.watch.review import ReviewQueue

__all__ = [
    "Judged",
    "LabelCount",
    "LabelCounts",
    "LiveLabels",
    "labels_by_name",
    "live_labels",
]

_NOT_DRAWN = "not drawn"


class _Kind(NamedTuple):
    """What the judge said, with which probability it was drawn, and what people say."""

    flagged: bool
    probability: float
    said: bool | str | None


class LabelCount:
    """Exchanges of one version, one group, or all."""

    def __init__(self, least: Least) -> None:
        self.least = least
        self._kinds: Counter[_Kind] = Counter()

    def add(self, kind: _Kind, n: int = 1) -> None:
        self._kinds[kind] += n

    def sampled(self, of: Callable[[bool], bool] = lambda _: True) -> list[Sampled]:
        """The counts as the estimators read them, of what the judge flagged, or passed, or all."""
        found: dict[tuple[bool, float], Sampled] = {}
        for kind, n in self._kinds.items():
            if of(kind.flagged):
                key = (kind.flagged, kind.probability)
                known = found.get(key, Sampled(*key, 0))
                found[key] = known._replace(
                    n=known.n + n,
                    good=known.good + n * (kind.said is False),
                    bad=known.bad + n * (kind.said is True),
                    open=known.open + n * (kind.said is None),
                )
        return list(found.values())

    def labelled(self, limit: float | None, *, error: float, level: float = 0.95) -> Labelled:
        """The rate by people's labels."""
        cells = self.sampled()
        labels = sum(each.good + each.bad for each in cells)
        over = limit is not None and labelled_excess(cells, self.least, limit) >= -np.log(error)
        opened = sum(each.open for each in cells)
        once = labelled_once(cells, level=level)
        interval = labelled_rate(cells, self.least, level=level)
        return Labelled(labels, opened, interval, once, bool(over))

    def part(self, flagged: bool, *, level: float) -> Interval:
        """The part of what the judge flagged, or let pass, that people call a violation."""
        cells = self.sampled(lambda each: each == flagged)
        return labelled_rate(cells, self.least, level=level)

    def n(self, flagged: bool) -> int:
        return sum(n for kind, n in self._kinds.items() if kind.flagged == flagged)


class LabelCounts:
    """Counts by version and by group, with the labels of one queue as they stand now.

    Args:
        queue: the review queue.
        judge: name and revision of the judge whose verdicts are counted.
    """

    def __init__(self, queue: ReviewQueue, judge: str) -> None:
        self.queue, self.judge = queue, judge
        self._drawn, self._labels = queue.drawn(), queue.labels()
        self.least = queue.least(judge)
        self.everything = LabelCount(self.least)
        self.versions: dict[str, LabelCount] = {}
        self.groups: dict[str, LabelCount] = {}

    def add(self, exchange: Exchange, judgement: Judgement) -> int:
        """Count one exchange; what people say of it: 1, 0 or `MISSING`."""
        chance, known = self.queue.chance(exchange, judgement), self._drawn.get(exchange.id)
        said: bool | str | None = _NOT_DRAWN
        if chance is not None or known is not None:
            label = self._labels.get(exchange.id)
            said = label.violates if label else None
        probability = max(chance or 0.0, known.probability if known else 0.0)
        kind = _Kind(judgement.violates, probability, said)
        self.everything.add(kind)
        self._of(self.versions, exchange.version).add(kind)
        if exchange.group:
            self._of(self.groups, exchange.group).add(kind)
        return int(said) if isinstance(said, bool) else MISSING

    def _of(self, counts: dict[str, LabelCount], name: str) -> LabelCount:
        return counts.setdefault(name, LabelCount(self.least))

    def reviewed(self) -> Reviewed:
        """What the labels say of the judge."""
        return _reviewed(self.everything, self.queue)


def _reviewed(every: LabelCount, queue: ReviewQueue, *, level: float = 0.95) -> Reviewed:
    """What the labels say of the judge, in intervals that hold at all times."""
    half = 1 - (1 - level) / 2
    cells = every.sampled()
    precision, missed = every.part(True, level=half), every.part(False, level=half)
    return Reviewed(
        drawn=sum(each.good + each.bad + each.open for each in cells),
        labels=sum(each.good + each.bad for each in cells),
        open=sum(each.open for each in cells),
        precision=every.part(True, level=level),
        missed=every.part(False, level=level),
        recall=_recall(precision, missed, (every.n(True), every.n(False)), level),
        agreement=queue.agreement(),
    )


def _recall(precision: Interval, missed: Interval, n: tuple[int, int], level: float) -> Interval:
    """Found, of found and missed; both intervals hold together with probability `level`."""

    def part(found: float, lost: float) -> float:
        found, lost = found * n[0], lost * n[1]
        return found / (found + lost) if found + lost else 0.5

    low, high = part(precision.low, missed.high), part(precision.high, missed.low)
    return clamp(min(low, high), part(precision.point, missed.point), max(low, high), level)


class Judged(NamedTuple):
    """What a meter has judged: by version, and by group, how many were flagged and of how many.

    Attributes:
        apart: whether an exchange counts towards no rate, such as a canary or a probe.
    """

    versions: Mapping[str, tuple[int, int]]
    groups: Mapping[str, tuple[int, int]]
    apart: Callable[[str], bool]


class LiveLabels(NamedTuple):
    """Rates by people's labels, and what they say of the judge; None before the first label."""

    versions: Mapping[str, Labelled]
    groups: Mapping[str, Labelled]
    reviewed: Reviewed | None


def live_labels(queue: ReviewQueue, judged: Judged, *, limit: float, error: float) -> LiveLabels:
    """What people's labels say where a meter offers to `queue` what it judges."""
    least, labels = queue.least(), queue.labels()
    versions, groups = _Left(judged.versions, least), _Left(judged.groups, least)
    every = LabelCount(least)
    for id, each in queue.drawn().items():
        if judged.apart(id):
            continue
        kind = _Kind(each.flagged, each.probability, labels[id].violates if id in labels else None)
        if versions.take(each.version, kind):
            groups.take(each.group, kind)
            every.add(kind)
    for flagged, n in versions.rest().items():
        every.add(_Kind(flagged, 0.0, _NOT_DRAWN), n)
    groups.rest()
    found = _reviewed(every, queue)
    return LiveLabels(
        labels_by_name(versions.counts, limit, error=error),
        labels_by_name(groups.counts, None, error=error),
        found if found.labels else None,
    )


class _Left:
    """Counts by name, and what was judged and not drawn."""

    def __init__(self, judged: Mapping[str, tuple[int, int]], least: Least) -> None:
        self.counts = {name: LabelCount(least) for name in judged}
        self._left = {(name, True): hits for name, (hits, _) in judged.items()}
        self._left |= {(name, False): n - hits for name, (hits, n) in judged.items()}

    def take(self, name: str, kind: _Kind) -> bool:
        """Count one that was drawn; whether it is among what was judged."""
        if self._left.get((name, kind.flagged), 0) <= 0:
            return False
        self.counts[name].add(kind)
        self._left[name, kind.flagged] -= 1
        return True

    def rest(self) -> dict[bool, int]:
        """Count the others; how many they are, by the judge's word."""
        total = {True: 0, False: 0}
        for (name, flagged), n in self._left.items():
            self.counts[name].add(_Kind(flagged, 0.0, _NOT_DRAWN), n)
            total[flagged] += n
        return total


def labels_by_name(
    counts: Mapping[str, LabelCount], limit: float | None, *, error: float
) -> dict[str, Labelled]:
    """The rate by people's labels of each name."""
    return {name: count.labelled(limit, error=error) for name, count in counts.items()}
