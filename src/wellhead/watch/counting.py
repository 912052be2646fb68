"""Everything that is counted while exchanges are judged one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wellhead.consensus.tables import MISSING
from wellhead.errors import BadInput
from wellhead.prevalence.misjudged import corrected_once, corrected_rate
from wellhead.prevalence.sequential import confidence_sequence
from wellhead.watch.joined import Ballot
from wellhead.watch.labels import LabelCount, LabelCounts, labels_by_name
from wellhead.watch.many import MOST_NAMES, Cells, Lot
from wellhead.watch.measures import Measured
from wellhead.watch.result import Canaries, Labelled, Moment, Rate
from wellhead.watch.tally import Tally
from wellhead.watch.verdict import Exchange, Judgement

__all__ = ["Counting"]


class Counting:
    """Counts by version, group, category and judge.

    Args:
        limit: the rate that no version may exceed.
        error: of each alarm.
        labels: what people said, where there is a review.
        measures: names of the numbers beside each answer.
        lot: where the versions were drawn at random.

    Attributes:
        n, hits: so far.
        ballot: how often each combination of votes came.
    """

    def __init__(
        self,
        limit: float | None,
        *,
        error: float,
        labels: LabelCounts | None = None,
        measures: Sequence[str] = (),
        lot: Lot | None = None,
    ) -> None:
        self.limit, self.error, self.labels, self.lot = limit, error, labels, lot
        self.measures = [Measured(name) for name in measures]
        self._cells = Cells()
        self.n = self.hits = 0
        self.ballot: Ballot = Counter()
        self._versions: dict[str, Tally] = {}
        self._groups: dict[str, Tally] = {}
        self._canaries = {True: (0, 0), False: (0, 0)}  # by truth: flagged, of

    def add(self, exchange: Exchange, judgement: Judgement) -> None:
        """Count one exchange.

        Raises:
            BadInput: more versions or groups than a reader can look at.
        """
        violates = judgement.violates
        if exchange.known is not None:
            flagged, n = self._canaries[exchange.known]
            self._canaries[exchange.known] = flagged + violates, n + 1
            return
        self.n, self.hits = self.n + 1, self.hits + violates
        version, group = exchange.version, exchange.group
        _of(self._versions, version, lambda: Tally(self.limit, error=self.error)).add(violates)
        if group:
            _of(self._groups, group, lambda: Tally(None, error=self.error)).add(violates)
        for measured, value in zip(self.measures, exchange.measures, strict=False):
            measured.add(version, value, violates)
        if self.lot is not None:
            self.lot.add(version, violates)
        self._cells.add(version, group, judgement.categories, violates)
        said = self.labels.add(exchange, judgement) if self.labels else MISSING
        if judgement.votes:
            self.ballot[version, judgement.votes, said] += 1

    def cells(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """By (version, what the rate is of, its name): violations, and answers."""
        return self._cells.counts()

    def versions(self) -> tuple[Rate, ...]:
        """The rate of each version, with its course and with people's labels."""
        labelled = self._labelled(None if self.labels is None else self.labels.versions, self.limit)
        return tuple(
            self._rate(name, tally, labelled.get(name), course=True)
            for name, tally in self._versions.items()
        )

    def groups(self) -> tuple[Rate, ...]:
        """The rate of each group."""
        labelled = self._labelled(None if self.labels is None else self.labels.groups, None)
        return tuple(
            self._rate(name, tally, labelled.get(name)) for name, tally in self._groups.items()
        )

    def canaries(self) -> Canaries | None:
        """What the judge made of answers of known kind."""
        bad, good = self._canaries[True], self._canaries[False]
        if not bad[1] and not good[1]:
            return None
        return Canaries(bad[1], good[1], confidence_sequence(*bad), confidence_sequence(*good))

    def _rate(
        self, name: str, tally: Tally, labelled: Labelled | None, *, course: bool = False
    ) -> Rate:
        way = tuple(Moment(n, *at[:3]) for n, at in tally.course()) if course else ()
        ends = tally.interval(), tally.over, tally.changed
        bad, good = self._canaries[True], self._canaries[False]
        known = bool(bad[1] and good[1])
        counts = (tally.hits, tally.n), bad, good
        corrected = (corrected_rate(*counts), corrected_once(*counts)) if known else (None, None)
        return Rate(name, tally.n, tally.hits, *ends, way, labelled, *corrected)

    def categories(self) -> tuple[Rate, ...]:
        """The rate of each kind of violation."""
        return tuple(_of_category(name, k, self.n) for name, k in self._cells.categories.items())

    def _labelled(
        self, counts: Mapping[str, LabelCount] | None, limit: float | None
    ) -> Mapping[str, Labelled]:
        if counts is None:
            return {}
        return labels_by_name(counts, limit, error=self.error)


def _of(kept: dict[str, Any], name: str, made: Callable[[], Any]) -> Any:
    if name not in kept:
        if len(kept) == MOST_NAMES:
            raise BadInput(
                f"expected at most {MOST_NAMES} versions or groups, and there are more "
                f"(such as '{name[:40]}'); name a column with fewer values."
            )
        kept[name] = made()
    return kept[name]


def _of_category(name: str, hits: int, n: int) -> Rate:
    tally = Tally()
    tally.hits, tally.n = hits, n
    return Rate(name, n, hits, tally.interval())
