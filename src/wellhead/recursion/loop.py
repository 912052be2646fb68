"""The one loop behind every experiment: fit, sample, mix, select, measure, again.

In: a `Setting`, a seed and the number of the cell. Out: one `Record` per recorded generation.
The loop knows nothing about what is modelled; families, regimes, samplers, selectors and
schedules do. Every generation draws from streams of its own, derived from (seed, setting, cell,
generation), so that a cell that resumes at generation n continues bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from wellhead.recursion.data import Array, Data, Rng
from wellhead.recursion.family import Family, Fitting, Step
from wellhead.recursion.setting import Setting
from wellhead.recursion.sources import Supply

__all__ = ["Checkpoints", "Record", "run_cell"]

# The streams of randomness of one generation.
DRAW, MIX, FIT, MEASURE = range(4)


class Record(NamedTuple):
    """The measures of one generation, each of shape (lineages,)."""

    generation: int
    measures: dict[str, Array]


class Checkpoints(Protocol):
    """Where a cell of a slow family keeps its generations."""

    def done(self) -> int:
        """How many fits are complete."""

    def folder(self, fit: int) -> Path:
        """The folder of one fit, complete or in work."""

    def commit(self, fit: int, measures: dict[str, Array]) -> None:
        """Declare a fit complete."""

    def measures(self, fit: int) -> dict[str, Array]:
        """The measures of a complete fit."""


def run_cell(
    setting: Setting,
    *,
    seed: int,
    cell: int = 0,
    checkpoints: Checkpoints | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Record]:
    """Run the lineages of one cell, generation by generation.

    Args:
        setting: what to run.
        seed: the seed of the whole run.
        cell: the number of this repetition.
        checkpoints: where slow families keep finished generations.
        tick: called after each generation.

    Yields:
        The measures of generation 0 and of each recorded generation after it.
    """
    family = setting.family.open(setting)
    truth = family.truth(setting.lineages)
    if truth:
        yield Record(0, truth)
    lineage = _Lineages(setting, family, seed, cell, checkpoints if family.checkpoints else None)
    for fit in range(1, setting.fits + 1):
        measures = lineage.generation(fit)
        if lineage.recorded(fit):
            yield Record(lineage.number(fit), measures)
        tick()


class _Lineages:
    """The lineages of one cell between two generations."""

    def __init__(
        self,
        setting: Setting,
        family: Family,
        seed: int,
        cell: int,
        kept: Checkpoints | None,
    ) -> None:
        self.setting, self.family, self.kept = setting, family, kept
        self._place = (seed, cell)
        size = setting.size or family.default_size()
        self.sizes = setting.schedule.sizes(size, setting.fits)
        original = family.original(self.sizes[0], setting.lineages, self.rng(0, DRAW))
        self.supply = Supply(family, setting.sampler, setting.selector, original, setting.lineages)

    def rng(self, fit: int, stream: int) -> Rng:
        seed, cell = self._place
        return self.setting.rng(seed, cell, fit, stream)

    def number(self, fit: int) -> int:
        """The generation that a fit makes: see `wellhead.recursion.family`."""
        return fit + self.setting.generations - self.setting.fits

    def recorded(self, fit: int) -> bool:
        """The first fit is what later ones are compared with, the last what they come to."""
        return self.number(fit) % self.setting.every == 0 or fit in (1, self.setting.fits)

    def generation(self, fit: int) -> dict[str, Array]:
        """Run one generation, or take it from its checkpoint."""
        if self.kept is not None and fit <= self.kept.done():
            return self._again(fit, self.kept)
        training = self._training(fit)
        workspace = None if self.kept is None else self.kept.folder(fit)
        self._fit(fit, training, workspace)
        measures = self._measure(fit, training)
        if self.kept is not None and workspace is not None:
            self.family.save(workspace, self.supply.model, self.supply.arrived)
            self.kept.commit(fit, measures)
        return measures

    def _again(self, fit: int, kept: Checkpoints) -> dict[str, Array]:
        """Bring the supply to where it stood after a finished fit, without drawing anew."""
        model, arrived = self.family.load(kept.folder(fit))
        items = iter(arrived)
        self.supply.replayed = lambda: next(items)
        training = self._training(fit)
        self.supply.replayed = None
        self.supply.model = model
        if model is None and fit in (1, kept.done()):
            self._fit(fit, training, None)
        elif fit == 1:
            self.supply.first = model
        return kept.measures(fit)

    def _training(self, fit: int) -> Data:
        self.supply.rng, self.supply.mixing = self.rng(fit, DRAW), self.rng(fit, MIX)
        self.supply.arrived = []
        if fit == 1:
            return self.supply.original
        return self.setting.regime.next(self.supply, self.sizes[fit - 1])

    def _fit(self, fit: int, training: Data, workspace: Path | None) -> None:
        context = Fitting(self.rng(fit, FIT), self.supply.model, workspace)
        self.supply.model = self.family.fit(training, context)
        if fit == 1:
            self.supply.first = self.supply.model

    def _measure(self, fit: int, training: Data) -> dict[str, Array]:
        if not self.recorded(fit):
            return {}
        return self.family.measure(
            Step(
                self.number(fit),
                self.supply.model,
                training,
                self.supply.first,
                self.supply.original,
                self.setting.sampler,
                self.rng(fit, MEASURE),
            )
        )
