"""The one loop behind every experiment: fit, sample, mix, select, measure, again.

In: a `Setting`, a seed and the number of the cell. Out: one `Record` per recorded generation.
The loop knows nothing about what is modelled; families, regimes, samplers, selectors and
schedules do. Every generation draws from streams of its own, derived from (seed, setting, cell,
generation), so that a cell that resumes at generation n continues bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from wellhead.recursion.context import Arrivals, Context, Drawn, Replayed, Stock
from wellhead.recursion.data import Array, Data, Rng
from wellhead.recursion.family import AnyFamily, Fitting, Step, apart_measures
from wellhead.recursion.selectors import Select
from wellhead.recursion.setting import Setting
from wellhead.recursion.sources import Sources

__all__ = ["Checkpoints", "Record", "run_cell", "training_sets"]

# The streams of randomness of one generation.
DRAW, MIX, FIT, MEASURE = range(4)


class Record(NamedTuple):
    """The measures of one generation, each of shape (chains,)."""

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
    """Run the chains of one cell, generation by generation.

    Args:
        setting: what to run.
        seed: the seed of the whole run.
        cell: the number of this repetition.
        checkpoints: where slow families keep finished generations.
        tick: called after each generation.

    Yields:
        The measures of generation 0 and of each recorded generation after it.
    """
    family = setting.opened()
    truth = family.truth(setting.chains)
    if truth:
        yield Record(0, truth)
    chains = _Chains(setting, family, seed, cell, checkpoints if family.checkpoints else None)
    for fit in range(1, setting.fits + 1):
        measures = chains.generation(fit)
        if chains.recorded(fit):
            yield Record(chains.number(fit), measures)
        tick()


def training_sets(
    setting: Setting, arrived: Iterable[list[Data]], *, seed: int, cell: int
) -> Iterator[Data]:
    """What each fit of a cell learned from, mixed again as the run mixed it.

    Args:
        setting: what was run.
        arrived: the new items of each fit, first to last, as they were kept.
        seed: the seed of the whole run.
        cell: the number of the repetition.
    """
    chains = _Chains(setting, setting.opened(), seed, cell, None)
    for fit, items in enumerate(arrived, start=1):
        yield chains._training(fit, Replayed(items))


class _Chains:
    """The chains of one cell between two generations."""

    def __init__(
        self,
        setting: Setting,
        family: AnyFamily,
        seed: int,
        cell: int,
        kept: Checkpoints | None,
    ) -> None:
        self.setting, self.family, self.kept = setting, family, kept
        self._place = (seed, cell)
        self.sizes = setting.sizes(setting.size or family.default_size())
        self.original = family.original(self.sizes[0], setting.chains, self.rng(0, DRAW))
        self.stock = Stock(self.original)
        self.first: Any = None
        self.model: Any = None
        self._select: Select | None = None

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
        drawn = Drawn(self._sources(fit), self._selected)
        training = self._training(fit, drawn)
        workspace = None if self.kept is None else self.kept.folder(fit)
        self._fit(fit, training, workspace)
        measures = self._measure(fit, training)
        if self.kept is not None and workspace is not None:
            self.family.save(workspace, self.model, drawn.items)
            self.kept.commit(fit, measures)
        return measures

    def _again(self, fit: int, kept: Checkpoints) -> dict[str, Array]:
        """Bring everything to where it stood after a finished fit, without drawing anew."""
        self.model, arrived = self.family.load(kept.folder(fit))
        training = self._training(fit, Replayed(arrived))
        if self.model is None and fit in (1, kept.done()):
            self._fit(fit, training, None)
        elif fit == 1:
            self.first = self.model
        return kept.measures(fit)

    def _sources(self, fit: int) -> Sources:
        return Sources(
            self.family,
            self.setting.sampler,
            self.setting.chains,
            self.original,
            self.first,
            self.model,
            self.rng(fit, DRAW),
        )

    def _selected(self, sources: Sources, size: int, real: float, exact: bool) -> Data:
        if self._select is None:
            self._select = self.setting.selector.open(sources)
        return self._select(sources, size, real, exact)

    def _training(self, fit: int, arrivals: Arrivals) -> Data:
        if fit == 1:
            return self.stock.original
        context = Context(self.stock, arrivals, self.rng(fit, MIX), fit - 1)
        return self.setting.regime.next(context, self.sizes[fit - 1])

    def _fit(self, fit: int, training: Data, workspace: Path | None) -> None:
        self.model = self.family.fit(training, Fitting(self.rng(fit, FIT), self.model, workspace))
        if fit == 1:
            self.first = self.model

    def _measure(self, fit: int, training: Data) -> dict[str, Array]:
        if not self.recorded(fit):
            return {}
        apart = apart_measures(self.family, self.model, self.setting.regime.grouped)
        return apart | self.family.measure(
            Step(
                self.number(fit),
                self.model,
                training,
                self.first,
                self.original,
                self.setting.sampler,
                self.rng(fit, MEASURE),
            )
        )
