"""What a family of models is to the loop: something to fit, to draw from and to measure.

A family is a frozen dataclass whose fields are its settings, derived from `Family` and
registered under a name (or through the entry-point group ``wellhead.families``). Batches hold
many lineages at once; a family for which that makes no sense (a language model) sets
`many_lineages` to False and is run with one lineage for each seed.

Generation 0 is the source from which the first samples are drawn. Where the law is known it is
the law itself, and generation n is the model after n fits. Where only data is known (text,
images) it is the model of the real data, and generation n is the model after n rounds of
sampling; such families set `starts_from` to "data".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from wellhead._registry import Registry
from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Counts, Data, Rng
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler

if TYPE_CHECKING:
    from wellhead.recursion.setting import Setting

__all__ = ["FAMILIES", "Family", "Fitting", "Step", "require_fresh"]


class Step(NamedTuple):
    """One generation, as it is handed to be measured.

    Args:
        generation: its number.
        model: the fitted model.
        training: what it was fitted on.
        first: the model of the first fit.
        original: the real data of the first fit.
        sampler: how the run draws from its models.
        rng: randomness for measures that draw.
    """

    generation: int
    model: Any
    training: Data
    first: Any
    original: Data
    sampler: Sampler
    rng: Rng


class Fitting(NamedTuple):
    """What a fit may use beside its data.

    Args:
        rng: its randomness.
        previous: the model of the generation before, None in the first fit.
        workspace: a folder that survives a kill, for families that resume inside a fit.
    """

    rng: Rng
    previous: Any = None
    workspace: Path | None = None


def require_fresh(size: int, held: int, items: str) -> None:
    """Raise `BadSetting` where a reserve holds fewer real items than a generation takes."""
    require(
        size <= held,
        f"{size} fresh real {items} are needed each generation, the reserve holds {held}: raise "
        "family.reserve or lower the share.",
    )


class Family:
    """Base of all families."""

    samplers: ClassVar[frozenset[str]] = frozenset({"unbiased"})
    starts_from: ClassVar[str] = "law"
    many_lineages: ClassVar[bool] = True
    # Saved after each generation, because fitting one costs seconds or more.
    checkpoints: ClassVar[bool] = False
    # Generations are worth keeping after the cell is finished: texts to read, models to load.
    keeps_generations: ClassVar[bool] = False
    # Can fit data whose items count differently.
    weighted: ClassVar[bool] = True

    def check(self, setting: Setting) -> None:
        """Raise `BadSetting` where this family cannot do what the setting asks."""

    def open(self, setting: Setting) -> Family:
        """The family ready for work: data read, and its computing path chosen."""
        return self

    def default_size(self) -> int:
        """Samples per generation when the setting names none; called after `open`."""
        raise BadSetting("size: this family needs the number of samples per generation.")

    def real(self, size: Counts, lineages: int, rng: Rng) -> Data:
        """Real items that were never seen before."""
        raise NotImplementedError

    def original(self, size: int, lineages: int, rng: Rng) -> Data:
        """The real items of the first fit."""
        return self.real(size, lineages, rng)

    def fit(self, data: Data, context: Fitting) -> Any:
        """The model of `data`."""
        raise NotImplementedError

    def sample(self, model: Any, size: Counts, sampler: Sampler, rng: Rng) -> Data:
        """New items drawn from `model`."""
        raise NotImplementedError

    def truth(self, lineages: int) -> dict[str, Array]:
        """The measures of the true law, which is generation 0; empty where it is unknown."""
        return {}

    def measure(self, step: Step) -> dict[str, Array]:
        """Measures of one generation by name, each of shape (lineages,)."""
        raise NotImplementedError

    def log_likelihood(self, model: Any, data: Data) -> Array:
        """The log-likelihood of each item, shape (lineages, items)."""
        raise BadSetting("this family cannot tell how likely an item is; use another selector.")

    def standards(self, original: Data) -> Data:
        """Real items against which a filter sets its limits.

        The original data, unless models know those by heart.
        """
        return original

    def save(self, folder: Path, model: Any, arrived: list[Data]) -> None:
        """Write what a resumed run needs of one generation; only with `checkpoints`."""
        raise NotImplementedError

    def load(self, folder: Path) -> tuple[Any, list[Data]]:
        """What `save` wrote: the model, or None to fit again, and the new items in order."""
        raise NotImplementedError

    def processes(self) -> int | None:
        """How many processes can work on cells side by side; None: as many as there are cores."""
        return None

    def take_place(self, place: int) -> None:
        """Called in each such process before a cell, with the number of the process from 0."""

    def settle(self, folder: Path) -> None:
        """Delete what is not worth keeping of a finished cell's generations."""

    def disk(self, setting: Setting) -> int:
        """Bytes that one cell takes on disk at most, checkpoints included."""
        return 0


FAMILIES: Registry[type[Family]] = Registry("family", "wellhead.families")
