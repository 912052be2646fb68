"""What a detector gives texts of domains and generators that it has never seen.

For each cluster (one domain, one generator) a model that was trained without that domain and
without that generator's family scored the cluster's machine texts, and the human texts of the
same domain. The scores are kept, not the texts. `wellhead.assay` draws from these clusters when
it does not know which generator a collection hides.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._atomic import atomic_path
from wellhead.detect.arrays import read_arrays
from wellhead.errors import BadInput

__all__ = ["Cluster", "Library"]


@dataclass(frozen=True)
class Cluster:
    """Leave-out scores of one (domain, generator).

    Attributes:
        source: where the texts are from.
        domain: what they are about, or their genre.
        generator: the model that wrote the machine texts.
        domain_group: the domains that were left out together with this one.
        family: the generators that were left out together with this one.
        human: scores of human texts of the domain, ascending, float32.
        machine: scores of the generator's texts, ascending, float32.
        human_lengths: characters of each human text, in the order of `human`.
        machine_lengths: characters of each machine text, in the order of `machine`.
    """

    source: str
    domain: str
    generator: str
    domain_group: str
    family: str
    human: NDArray[np.float32]
    machine: NDArray[np.float32]
    human_lengths: NDArray[np.int32]
    machine_lengths: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        names: tuple[str, str, str, str, str],
        human: NDArray[np.float64],
        machine: NDArray[np.float64],
        human_lengths: NDArray[np.int_],
        machine_lengths: NDArray[np.int_],
    ) -> Cluster:
        """A cluster from scores in any order; `names` are its first five attributes."""
        by_human, by_machine = np.argsort(human), np.argsort(machine)
        return cls(
            *names,
            human=human[by_human].astype(np.float32),
            machine=machine[by_machine].astype(np.float32),
            human_lengths=human_lengths[by_human].astype(np.int32),
            machine_lengths=machine_lengths[by_machine].astype(np.int32),
        )

    @property
    def auc(self) -> float:
        """Chance that a machine text scores above a human text of the domain, ties half."""
        below = np.searchsorted(self.human, self.machine, side="left")
        level = np.searchsorted(self.human, self.machine, side="right")
        return float((below + level).mean() / 2 / len(self.human))

    def caught(self, false_positive_rate: float = 0.05) -> float:
        """Share of machine texts above the threshold that flags this share of human texts."""
        threshold = np.quantile(self.human, 1 - false_positive_rate)
        return float((self.machine > threshold).mean())


@dataclass(frozen=True)
class Library:
    """The clusters of one detector."""

    clusters: tuple[Cluster, ...]

    def __len__(self) -> int:
        return len(self.clusters)

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self.clusters)

    def names(self) -> list[dict[str, str]]:
        """The names of each cluster, for the card."""
        return [{name: getattr(one, name) for name in _NAMES} for one in self.clusters]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the arrays; the names go into the detector's card."""
        arrays = {
            f"{part}{at}": getattr(one, part)
            for at, one in enumerate(self.clusters)
            for part in _PARTS
        }
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, path: Path, names: list[Mapping[str, Any]]) -> Library:
        """Read what `save` wrote, checked against the names in the card.

        Raises:
            BadInput: the file is missing, broken or does not fit the card.
        """
        wanted = {f"{part}{at}": kind for at in range(len(names)) for part, kind in _PARTS.items()}
        arrays = read_arrays(path, wanted)
        clusters = []
        for at, name in enumerate(names):
            parts = {part: arrays[f"{part}{at}"] for part in _PARTS}
            _check(path, name, parts)
            labels = {key: str(name[key]) for key in _NAMES}
            clusters.append(Cluster(**labels, **parts))  # type: ignore[arg-type]
        return cls(tuple(clusters))


_NAMES = ("source", "domain", "generator", "domain_group", "family")
_PARTS = {
    "human": np.float32,
    "machine": np.float32,
    "human_lengths": np.int32,
    "machine_lengths": np.int32,
}


def _check(path: Path, name: Mapping[str, Any], parts: Mapping[str, NDArray[Any]]) -> None:
    for side in ("human", "machine"):
        scores, lengths = parts[side], parts[f"{side}_lengths"]
        ascending = len(scores) > 0 and bool(np.all(np.diff(scores) >= 0))
        if len(scores) != len(lengths) or not ascending or not np.isfinite(scores).all():
            raise BadInput(
                f"{path}: expected ascending {side} scores with their lengths for {dict(name)}; "
                "the file does not belong to its card. Train or copy the detector anew"
            )
