"""What a family of models is to the loop: something to fit, to draw from and to measure.

A family is a frozen dataclass whose fields are its settings, derived from `Family[Model, Batch]`
(what a fit makes, and what it is made of) and registered under a name, or through the entry-point
group ``wellhead.families``. Batches hold many chains at once; a family for which that makes no
sense (a language model) sets `many_chains` to False and is run with one chain for each seed.
What only some families can do is a protocol of its own: `HasText`, `HasReference`,
`HasClosedForm`, `HasEpochs`.

Generation 0 is the source from which the first samples are drawn. Where the law is known it is
the law itself, and generation n is the model after n fits. Where only data is known (text,
images) it is the model of the real data, and generation n is the model after n rounds of
sampling; such families set `starts_from` to "data".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, Self, TypeVar, runtime_checkable

from wellhead._registry import Registry
from wellhead.errors import BadSetting
from wellhead.recursion.data import Array, Counts, Data, Rng
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler

__all__ = [
    "FAMILIES",
    "AnyFamily",
    "Exchanges",
    "Family",
    "Fitting",
    "HasClosedForm",
    "HasEpochs",
    "HasPlace",
    "HasReference",
    "HasShift",
    "HasText",
    "Step",
    "Task",
    "apart_measures",
    "require_fresh",
]

Model = TypeVar("Model")
Batch = TypeVar("Batch", bound=Data)


class Task(Protocol):
    """What a family is told of the setting that it works for."""

    @property
    def size(self) -> int | None:
        """Samples per generation, where the setting names them."""

    @property
    def sampler(self) -> Sampler:
        """How models are drawn from."""

    @property
    def fits(self) -> int:
        """How many models are fitted."""

    @property
    def chains(self) -> int:
        """Chains side by side."""

    @property
    def needs_items(self) -> bool:
        """The selector looks at single items."""

    @property
    def subsamples(self) -> bool:
        """The regime draws parts of the same data more than once."""

    @property
    def takes_fresh(self) -> bool:
        """Generations take real items that were never seen before."""

    def sizes(self, first: int) -> list[int]:
        """Samples of each fit; the first has `first` where the setting names no size."""

    def fresh(self, first: int) -> int:
        """Real items never seen before that the largest generation takes, with sizes as above."""

    def name_of(self, part: str) -> str:
        """The registered name of the family, regime, sampler, selector or schedule."""

    def check_memory(self, numbers: int) -> None:
        """Raise `BadSetting` where items of `numbers` numbers each would not fit."""


class Step(NamedTuple, Generic[Model, Batch]):
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
    model: Model
    training: Batch
    first: Model
    original: Batch
    sampler: Sampler
    rng: Rng


class Fitting(NamedTuple, Generic[Model]):
    """What a fit may use beside its data.

    Args:
        rng: its randomness.
        previous: the model of the generation before, None in the first fit.
        workspace: a folder that survives a kill, for families that resume inside a fit.
    """

    rng: Rng
    previous: Model | None = None
    workspace: Path | None = None


def require_fresh(size: int, held: int, items: str) -> None:
    """Raise `BadSetting` where a reserve holds fewer real items than a generation takes."""
    require(
        size <= held,
        f"{size} fresh real {items} are needed each generation, the reserve holds {held}: raise "
        "family.reserve or lower the share.",
    )


class Family(Generic[Model, Batch]):
    """Base of all families."""

    samplers: ClassVar[frozenset[str]] = frozenset({"unbiased"})
    starts_from: ClassVar[str] = "law"
    many_chains: ClassVar[bool] = True
    # With many_chains False: models can share a web (see `ensemble`).
    ensembles: ClassVar[bool] = False
    # Saved after each generation, because fitting one costs seconds or more.
    checkpoints: ClassVar[bool] = False
    # Generations are worth keeping after the cell is finished: texts to read, models to load.
    keeps_generations: ClassVar[bool] = False
    # Can fit data whose items count differently.
    weighted: ClassVar[bool] = True

    def check(self, task: Task) -> None:
        """Raise `BadSetting` where this family cannot do what the setting asks."""

    def open(self, task: Task) -> Self:
        """The family ready for work: data read, and its computing path chosen."""
        return self

    def default_size(self) -> int:
        """Samples per generation when the setting names none; called after `open`."""
        raise BadSetting("size: this family needs the number of samples per generation.")

    def real(self, size: Counts, chains: int, rng: Rng) -> Batch:
        """Real items that were never seen before."""
        raise NotImplementedError

    def original(self, size: int, chains: int, rng: Rng) -> Batch:
        """The real items of the first fit."""
        return self.real(size, chains, rng)

    def fit(self, data: Batch, context: Fitting[Model]) -> Model:
        """The model of `data`."""
        raise NotImplementedError

    def sample(self, model: Model, size: Counts, sampler: Sampler, rng: Rng) -> Batch:
        """New items drawn from `model`."""
        raise NotImplementedError

    def truth(self, chains: int) -> dict[str, Array]:
        """The measures of the true law, which is generation 0; empty where it is unknown."""
        return {}

    def measure(self, step: Step[Model, Batch]) -> dict[str, Array]:
        """Measures of one generation by name, each of shape (chains,)."""
        raise NotImplementedError

    def between(self, models: Sequence[Model], sampler: Sampler, rng: Rng) -> dict[str, Array]:
        """Measures of how far models of one web lie from each other, (models,); see `ensemble`."""
        return {}

    def log_likelihood(self, model: Model, data: Batch) -> Array:
        """The log-likelihood of each item, shape (chains, items)."""
        raise BadSetting("this family cannot tell how likely an item is; use another selector.")

    def calibration_data(self, original: Batch) -> Batch:
        """Real items against which a selector sets its limits.

        The original data, unless models know those by heart.
        """
        return original

    def save(self, folder: Path, model: Model, arrived: list[Batch]) -> None:
        """Write what a resumed run needs of one generation; only with `checkpoints`."""
        raise NotImplementedError

    def load(self, folder: Path) -> tuple[Model | None, list[Batch]]:
        """What `save` wrote: the model, or None to fit again, and the new items in order."""
        raise NotImplementedError

    def processes(self) -> int | None:
        """How many processes can work on cells side by side; None: as many as there are cores."""
        return None

    def take_place(self, place: int) -> None:
        """Called in each such process before a cell, with the number of the process from 0."""

    def settle(self, folder: Path) -> None:
        """Delete what is not worth keeping of a finished cell's generations."""

    def disk(self, task: Task) -> int:
        """Bytes that one cell takes on disk at most, checkpoints included.

        Raises:
            BadSetting: more than the family's own settings allow.
        """
        return 0


# The loop and the regimes know nothing of models and batches: there both are Any.
AnyFamily = Family[Any, Any]
FAMILIES: Registry[type[AnyFamily]] = Registry("family", "wellhead.families")


class Exchanges(Data, Protocol):
    """A batch whose items several models can share out, and read of each other."""

    def shared_out(self, parts: int, rng: Rng) -> list[Self]:
        """As many parts of the same size, which have no item in common."""

    def exchanged(self, batches: Sequence[Self], me: int, mixing: float, rng: Rng) -> Self:
        """Items of `batches`, as many as there are in batch `me`, each with probability `mixing`
        from any of them and else from that one."""


@runtime_checkable
class HasText(Protocol):
    """Items of the family are texts."""

    def texts(self, data: Any) -> list[str]:
        """The items as text."""


@runtime_checkable
class HasReference(Protocol):
    """The true law is known."""

    def reference(self, chains: int) -> Any:
        """The true law, as a model."""


@runtime_checkable
class HasShift(HasReference, Protocol):
    """The true law can be shifted, so that a judge may be wrong about it."""

    def shifted(self, model: Any, by: float) -> Any:
        """The law moved along its first axis by so many standard deviations of the truth."""


@runtime_checkable
class HasPlace(Protocol):
    """Models of the family are points, whose distance tells them apart."""

    def place(self, model: Any) -> Array:
        """Each chain's model as a point (chains, coordinates), in units of the truth."""


def apart_measures(family: AnyFamily, model: Any, grouped: int) -> dict[str, Array]:
    """How far each model lies from the others of its ecosystem of so many; nothing for one."""
    if grouped == 1 or not isinstance(family, HasPlace):
        return {}
    points = family.place(model)
    groups = points.reshape(-1, grouped, points.shape[-1])
    away = groups[:, :, None, :] - groups[:, None, :, :]
    return {"models_apart": (away**2).sum(axis=(2, 3)).ravel() / (grouped - 1)}


@runtime_checkable
class HasClosedForm(Protocol):
    """Theory has formulas for the family."""

    def closed_form(self) -> Mapping[str, Any] | None:
        """The family and its parameters as `recursion.theory` calls them; None: no formula."""


@runtime_checkable
class HasEpochs(Protocol):
    """A fit reads its training data several times."""

    epochs: int
