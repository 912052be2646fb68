"""Many rates looked at together, and versions beside each other.

Whoever looks at forty rates finds two that stand out by chance. Those that are said to exceed the
limit are chosen so that of them a part of `error` at the most is wrong on average, however they
depend on each other and whenever one looks (e-BH), with intervals that allow for the choice (e-BY).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from wellhead._stats import Interval
from wellhead.errors import BadInput, BadSetting
from wellhead.prevalence.sequential import (
    Difference,
    confidence_sequence,
    discoveries,
    excess,
    ratio_sequence,
)
from wellhead.watch.result import Contrast, Exceeding, Rate

__all__ = ["MOST_NAMES", "Cells", "Lot", "contrasts", "exceeding"]

Cell = tuple[str, str, str]
MOST_NAMES = 200  # of versions, groups or kinds that a reader can look at
_OTHERS = "(other kinds)"
_ALPHA = 1e-6


def exceeding(
    cells: Mapping[Cell, tuple[int, int]], limit: float, *, error: float
) -> tuple[Exceeding, ...]:
    """The rates that exceed `limit`.

    Args:
        cells: by (version, what the rate is of, its name): violations, and answers.
        limit: the rate that none may exceed.
        error: bound on the expected part of those named that keep the limit.

    Source:
        Wang & Ramdas (2022), JRSS B 84 (e-BH); Xu, Wang & Ramdas (2024), Post-selection inference
        for e-value based confidence intervals, EJS 18 (e-BY).
    """
    names, counts = list(cells), list(cells.values())
    log_e = [excess(hits, n, limit) for hits, n in counts]
    found = discoveries(log_e, error=error)
    level = 1 - error * max(len(found), 1) / max(len(counts), 1)
    return tuple(
        Exceeding(
            *names[at],
            n=counts[at][1],
            hits=counts[at][0],
            interval=confidence_sequence(*counts[at], level=level),
            log_e=float(log_e[at]),
        )
        for at in found
    )


class Cells:
    """Violations and answers by version, and in each by group and by kind of violation.

    Attributes:
        categories: violations by kind; beyond 200 kinds all others are one.
    """

    def __init__(self) -> None:
        self.categories: Counter[str] = Counter()
        self._n: Counter[Cell] = Counter()
        self._hits: Counter[Cell] = Counter()

    def add(self, version: str, group: str, kinds: Iterable[str], violates: bool) -> None:
        """Count one answer; `group` is "" for none."""
        named = {self._kind(name) for name in kinds}
        self.categories.update(named)
        cells = [(version, "all", "")]
        if group:
            cells.append((version, "group", group))
        self._n.update(cells)
        if violates:
            self._hits.update([*cells, *((version, "category", kind) for kind in named)])

    def _kind(self, name: str) -> str:
        known = name in self.categories or len(self.categories) < MOST_NAMES
        return name if known else _OTHERS

    def counts(self) -> dict[Cell, tuple[int, int]]:
        """By (version, what the rate is of, its name): violations, and answers."""
        found = {key: (self._hits[key], n) for key, n in self._n.items()}
        for version, _, _ in [key for key in found if key[1] == "all"]:
            for kind in self.categories:
                key = (version, "category", kind)
                found[key] = self._hits[key], self._n[version, "all", ""]
        return found


class Lot:
    """Versions that were drawn at random, each time with the same probabilities.

    Args:
        shares: by version, in any unit.

    Raises:
        BadSetting: fewer than two versions, or a share that is none.
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        total = sum(shares.values())
        if len(shares) < 2 or not all(share > 0 for share in shares.values()):
            raise BadSetting(f"expected two or more versions with shares above 0, got {shares}.")
        self.shares = {name: share / total for name, share in shares.items()}
        self._seen = dict.fromkeys(shares, 0)
        self._all = Difference()
        self._pairs: dict[tuple[str, str], Difference] = {}

    def add(self, version: str, violates: bool) -> None:
        """Count one answer.

        Raises:
            BadInput: the version was not among those drawn.
        """
        if version not in self.shares:
            raise BadInput(
                f"version '{version}' is not one of those drawn ({', '.join(self.shares)})."
            )
        self._seen[version] += 1
        if violates:
            self._all.hit(version, self.shares)
            for pair in ((one, version) for one in self.shares if one != version):
                both = tuple(sorted(pair))
                lot = self._pairs.setdefault((both[0], both[1]), Difference())
                total = self.shares[both[0]] + self.shares[both[1]]
                lot.hit(version, {name: self.shares[name] / total for name in both})

    @property
    def log_e(self) -> float:
        """The logarithm of the e-value against "the version does not predict the rate"."""
        return self._all.log_e

    def of_pair(self, first: str, second: str) -> float:
        """The same for two versions."""
        one, two = sorted((first, second))
        known = self._pairs.get((one, two))
        return known.log_e if known else 0.0

    def check(self) -> None:
        """Refuse a log whose versions were not drawn with the stated shares.

        Raises:
            BadInput: they did not, beyond any doubt.
        """
        seen = np.array(list(self._seen.values()), float)
        expected = np.array(list(self.shares.values())) * seen.sum()
        if seen.sum() and _chance(seen, expected) < _ALPHA:
            raise BadInput(
                f"the versions were not drawn with the stated shares: {self._seen} answers, and "
                f"{ {name: round(share, 4) for name, share in self.shares.items()} } stated. "
                "Versions can be compared only by the shares with which they were drawn."
            )


def contrasts(versions: Sequence[Rate], lot: Lot | None, *, error: float) -> tuple[Contrast, ...]:
    """Each version beside the one with the most answers."""
    if len(versions) < 2:
        return ()
    if lot is not None:
        lot.check()
    first = max(versions, key=lambda rate: rate.n)
    others = [rate for rate in versions if rate is not first]
    log_e = [lot.of_pair(first.name, rate.name) for rate in others] if lot else []
    differ = set(discoveries(log_e, error=error))
    made = []
    for at, rate in enumerate(others):
        ratio = None
        if lot is not None:
            odds = lot.shares[rate.name] / lot.shares[first.name]
            ratio = ratio_sequence((rate.hits, first.hits), odds, level=1 - error)
        made.append(
            Contrast(
                rate.name,
                first.name,
                _difference(rate, first, error),
                ratio,
                float(log_e[at]) if lot else None,
                at in differ,
            )
        )
    return tuple(made)


def _difference(rate: Rate, other: Rate, error: float) -> Interval:
    """What lies between two confidence sequences that hold together."""
    one, two = (
        confidence_sequence(each.hits, each.n, level=1 - error / 2) for each in (rate, other)
    )
    return Interval(one.low - two.high, one.point - two.point, one.high - two.low, 1 - error)


def _chance(seen: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """The p-value of Pearson's test; `scipy.stats` would take a gateway half a second to import."""
    return float(chdtrc(seen.size - 1, ((seen - expected) ** 2 / expected).sum()))
