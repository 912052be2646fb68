"""What a detector gives texts of domains and generators that it has never seen.

For each cluster (one domain, one generator) a model that was trained without that domain and
without that generator's family scored the cluster's machine texts, and the human texts of the
same domain. The scores are kept, not the texts. `wellhead.assay` draws from these clusters when
it does not know which generator a collection hides.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._atomic import atomic_path
from wellhead.detect.arrays import read_arrays
from wellhead.errors import BadInput

__all__ = ["Cluster", "Library"]


def _unknown() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@dataclass(frozen=True)
class Cluster:
    """Scores of the human and the machine texts of one (domain, generator) pair.

    Attributes:
        domain: what they are about, or their genre.
        generator: the model that wrote the machine texts.
        human: scores of human texts of the domain.
        machine: scores of the generator's texts.
        source: where the texts are from.
        domain_group: the domains that were left out together with this one.
        family: the generators that were left out together with this one.
        human_lengths: characters of each human text, in the order of `human`, if known.
        machine_lengths: characters of each machine text, in the order of `machine`, if known.
    """

    domain: str
    generator: str
    human: NDArray[np.floating[Any]]
    machine: NDArray[np.floating[Any]]
    source: str = ""
    domain_group: str = ""
    family: str = ""
    human_lengths: NDArray[np.int32] = field(default_factory=_unknown)
    machine_lengths: NDArray[np.int32] = field(default_factory=_unknown)

    @classmethod
    def of(
        cls,
        names: tuple[str, str, str, str, str],
        human: NDArray[np.float64],
        machine: NDArray[np.float64],
        human_lengths: NDArray[np.int_],
        machine_lengths: NDArray[np.int_],
    ) -> Cluster:
        """A cluster as the library keeps it, ascending and in float32, of scores in any order.

        `names` are source, domain, generator, domain group and family.
        """
        by_human, by_machine = np.argsort(human), np.argsort(machine)
        return cls(
            **dict(zip(_NAMES, names, strict=True)),
            human=human[by_human].astype(np.float32),
            machine=machine[by_machine].astype(np.float32),
            human_lengths=human_lengths[by_human].astype(np.int32),
            machine_lengths=machine_lengths[by_machine].astype(np.int32),
        )

    @property
    def kind(self) -> str:
        """The kind of text: its source and its domain."""
        return f"{self.source}/{self.domain}" if self.source else self.domain

    @property
    def name(self) -> str:
        """The kind of text and who wrote it."""
        return f"{self.kind} × {self.generator}"

    @property
    def auc(self) -> float:
        """Chance that a machine text scores above a human text of the domain, ties half."""
        human = np.sort(self.human)
        below = np.searchsorted(human, self.machine, side="left")
        level = np.searchsorted(human, self.machine, side="right")
        return float((below + level).mean() / 2 / human.size)

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
