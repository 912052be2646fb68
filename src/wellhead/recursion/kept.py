"""What is kept of very many chains: the measures of some one by one, the sums of all.

A run keeps the measures of the first `MOST_CHAINS` chains of a setting, spread evenly over its
repetitions. Medians, verdicts and `Run.values` are about these. Where there are more chains, means
and their intervals are about all of them: count, mean and squared deviations of every measure in
every recorded generation are summed in each repetition, and repetitions are pooled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from scipy.special import stdtrit

from wellhead.recursion.config import Plan
from wellhead.recursion.curves import Point
from wellhead.recursion.data import Array
from wellhead.recursion.loop import Record
from wellhead.recursion.setting import Setting
from wellhead.report.numbers import count

__all__ = [
    "MOST_CHAINS",
    "Sums",
    "Totals",
    "as_table",
    "kept_chains",
    "kept_note",
    "sums_of",
    "thinned",
]

MOST_CHAINS = 200_000  # of one setting, over its repetitions: a median's rank to 0.2 % of chains

SCHEMA = pa.schema(
    [
        ("generation", pa.int32()),
        ("measure", pa.string()),
        ("chains", pa.int64()),
        ("mean", pa.float64()),
        ("squares", pa.float64()),
    ]
)


class Sums(NamedTuple):
    """Of one measure in one generation: chains that have it, mean, squared deviations from it."""

    chains: int
    mean: float
    squares: float

    @classmethod
    def of(cls, values: Array) -> Sums:
        """The sums of these values; those that are not numbers are left out."""
        present = values[~np.isnan(values)]
        if not len(present):
            return cls(0, 0.0, 0.0)
        with np.errstate(invalid="ignore"):
            mean = present.mean()
            return cls(len(present), float(mean), float(((present - mean) ** 2).sum()))

    def pooled(self, other: Sums) -> Sums:
        """The sums of both (Chan, Golub & LeVeque 1983)."""
        chains = self.chains + other.chains
        if not chains:
            return self
        apart = other.mean - self.mean
        share = other.chains / chains
        return Sums(
            chains,
            self.mean + apart * share,
            self.squares + other.squares + apart**2 * self.chains * share,
        )

    def point(self, generation: int, level: float) -> Point:
        """The mean with its interval by Student's t."""
        if self.chains < 2:
            return Point(generation, self.mean, float("nan"), float("nan"), self.chains)
        error = np.sqrt(self.squares / (self.chains - 1) / self.chains)
        half = float(stdtrit(self.chains - 1, 0.5 + level / 2) * error)
        return Point(generation, self.mean, self.mean - half, self.mean + half, self.chains)


Totals = dict[tuple[int, str], Sums]  # by generation and measure


def kept_chains(setting: Setting, seeds: int) -> int:
    """Chains of one repetition that are kept one by one: whole ecosystems of them."""
    grouped = setting.regime.grouped
    share = max(1, MOST_CHAINS // seeds // grouped) * grouped
    return min(setting.chains, share)


def kept_note(plan: Plan) -> str:
    """What medians and verdicts are about, where that is not every chain; else nothing."""
    if all(kept_chains(setting, plan.seeds) == setting.chains for setting in plan.settings):
        return ""
    return (
        f"Means are over all chains; medians and verdicts over {count(MOST_CHAINS)} of each "
        "setting at most."
    )


def thinned(records: Iterable[Record], kept: int, totals: Totals) -> Iterator[Record]:
    """The records with the first `kept` chains alone; the sums of all go into `totals`."""
    for record in records:
        measures = {}
        for name, values in record.measures.items():
            known = np.asarray(values, dtype=float)
            totals[record.generation, name] = Sums.of(known)
            measures[name] = known[:kept].copy()
        yield Record(record.generation, measures)


def as_table(totals: Totals) -> pa.Table:
    """Sums as they are written."""
    rows = [(*key, *sums) for key, sums in totals.items()]
    return pa.Table.from_pylist(
        [dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA
    )


def sums_of(table: pa.Table) -> Totals:
    """The sums in a table that `as_table` made."""
    return {
        (row["generation"], row["measure"]): Sums(row["chains"], row["mean"], row["squares"])
        for row in table.to_pylist()
    }
