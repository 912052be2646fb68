"""What a tier is: a second view of a text, beside its words, for a detector of one's own task.

A tier reads each text once, without knowing who wrote it. From what it read of some texts, and who
wrote these, it fits a head; a head gives every text that was read a number, the higher the more
machine-like. Whether that number helps, and how much it counts, is settled by `tiers.fitting`.

Another package adds one under the entry-point group ``wellhead.tiers``: a name, and a function
that takes the name of a network (or "") and returns a `Tier`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wellhead._registry import Registry

__all__ = ["LENGTH", "TIERS", "WORDS", "LinearTier", "Task", "Tier", "open_tier"]

WORDS = "words"
"""No tier: the words of the task and the general detector, as `adapt_detector` joins them."""

LENGTH = "length"
"""How long a text is: only for those who know that this differs by who wrote it."""

Floats = NDArray[np.float64]
Head = NDArray[np.float32]


class Task(NamedTuple):
    """Texts to fit a head on: what was read of each, whether a machine wrote it, its weight."""

    read: Sequence[NDArray[Any]]
    machine: NDArray[np.bool_]
    weight: Floats
    seed: int


class Tier(Protocol):
    """A view of texts. The same text is read alike, whatever else is read with it."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def model(self) -> str:
        """Its network, as users name it; empty for the one that a package ships."""
        ...

    @property
    def digest(self) -> str:
        """A hash of everything that decides what is read."""
        ...

    @property
    def heads(self) -> int:
        """So many heads are fitted at most, each without a part of the own texts."""
        ...

    @property
    def dear(self) -> bool:
        """Whether fitting a head takes longer than reading its texts."""
        ...

    @property
    def cost(self) -> float:
        """Processor time to score a text with it, about so many times that of the words alone."""
        ...

    def read(self, texts: Sequence[str]) -> list[NDArray[Any]]:
        """What is seen of each normalised text."""
        ...

    def fit(self, task: Task) -> Head:
        """All that was learned, as one row of numbers."""
        ...

    def score(self, head: Head, read: Sequence[NDArray[Any]]) -> Floats:
        """A number for each text that was read."""
        ...


TIERS: Registry[Callable[[str], Tier]] = Registry("tier", "wellhead.tiers")


def open_tier(wanted: str) -> Tier:
    """The tier that ``name`` or ``name:network`` says.

    Raises:
        BadSetting: there is no such tier.
        MissingExtra: what it needs is not installed.
        BadInput: the network is not on this machine.
    """
    name, _, model = wanted.partition(":")
    return TIERS[name](model)


@dataclass(frozen=True)
class LinearTier(ABC):
    """A tier whose head is a logistic regression: only `read` is left to say."""

    name: str
    model: str
    digest: str
    heads: int = 10
    dear: bool = False
    strength: float = 30.0
    cost: float = 10.0

    @abstractmethod
    def read(self, texts: Sequence[str]) -> list[NDArray[Any]]:
        """One vector for each text."""

    def fit(self, task: Task) -> Head:
        from sklearn.linear_model import LogisticRegression

        rows = np.array(task.read, np.float64)
        centre, spread = rows.mean(axis=0), rows.std(axis=0)
        # Many columns together weigh as one.
        scale = 1 / (np.where(spread > 0, spread, 1.0) * np.sqrt(rows.shape[1]))
        model = LogisticRegression(C=self.strength, max_iter=1000)
        model.fit((rows - centre) * scale, task.machine, sample_weight=task.weight)
        weight = model.coef_[0] * scale
        return np.append(weight, model.intercept_[0] - weight @ centre).astype(np.float32)

    def score(self, head: Head, read: Sequence[NDArray[Any]]) -> Floats:
        wide = head.astype(np.float64)
        return np.array([float(row.astype(np.float64) @ wide[:-1] + wide[-1]) for row in read])
