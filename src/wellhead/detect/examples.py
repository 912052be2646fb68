"""Texts to learn from: normalised, each with its writer, domain and group, and how much it counts.

A detector that sees essays from machines only learns that essays are machine-written. `balance`
therefore gives people and machines the same weight within every domain, and keeps one large
corpus from drowning the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.hashing import ALPHABETIC
from wellhead.detect.linear import counts_of
from wellhead.detect.spans import random_span

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["HUMAN", "Examples", "balance"]

HUMAN = "human"

# A domain with machine texts alone still teaches the sound of a machine, but also its topic.
_MACHINE_ONLY = 0.3


@dataclass(frozen=True)
class Examples:
    """Texts to learn from, one entry per text in every field.

    Attributes:
        texts: normalised texts.
        generator: who wrote each; ``"human"`` for people.
        domain: topic or genre; the whole of it is left out together.
        family: generators that are left out together; ``"human"`` for people.
        group: texts that must stay on one side of a split, for example answers to one prompt.
        script: one of `wellhead.detect.hashing.SCRIPTS`.
    """

    texts: Sequence[str]
    generator: NDArray[np.str_]
    domain: NDArray[np.str_]
    family: NDArray[np.str_]
    group: NDArray[np.str_]
    script: str = ALPHABETIC

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def machine(self) -> NDArray[np.bool_]:
        """Which texts machines wrote."""
        return np.asarray(self.generator != HUMAN)

    @cached_property
    def lengths(self) -> NDArray[np.int_]:
        """Characters of each text."""
        return np.array([len(text) for text in self.texts])

    def part(self, rows: NDArray[np.intp]) -> Examples:
        """Some of the texts."""
        return Examples(
            [self.texts[row] for row in rows],
            generator=self.generator[rows],
            domain=self.domain[rows],
            family=self.family[rows],
            group=self.group[rows],
            script=self.script,
        )

    def counts(self) -> csr_matrix:
        """N-gram counts of the whole texts: what is scored."""
        return counts_of(self.texts, self.script)

    def span_counts(self, rng: np.random.Generator) -> csr_matrix:
        """N-gram counts of one random stretch of each text."""
        return counts_of(self.spans(rng), self.script)

    def spans(self, rng: np.random.Generator) -> list[str]:
        """One random stretch of each text."""
        return [random_span(text, rng) for text in self.texts]


def balance(
    domain: NDArray[np.str_],
    family: NDArray[np.str_],
    *,
    discount: Mapping[str, float] | None = None,
) -> NDArray[np.float64]:
    """How much each text counts in a fit; mean 1, people and machines the same in total.

    A domain weighs as the square root of its number of texts. Within it, people and machines
    have equal shares, and generator families share the machine part by the square roots of their
    numbers, times their `discount`.
    """
    weight = np.zeros(len(domain))
    human = family == HUMAN
    for name in np.unique(domain):
        inside = domain == name
        total = np.sqrt(inside.sum())
        people = inside & human
        weight[people] = total / max(people.sum(), 1)
        machines = total if people.any() else _MACHINE_ONLY * total
        shares = _shares(family[inside & ~human], discount or {})
        for one, share in shares.items():
            rows = inside & (family == one)
            weight[rows] = machines * share / rows.sum()
    weight[human] *= weight[~human].sum() / weight[human].sum()
    return np.asarray(weight / weight.mean())


def _shares(families: NDArray[np.str_], discount: Mapping[str, float]) -> dict[str, float]:
    names, sizes = np.unique(families, return_counts=True)
    raw = {
        str(name): np.sqrt(size) * discount.get(str(name), 1.0)
        for name, size in zip(names, sizes, strict=True)
    }
    return {name: value / sum(raw.values()) for name, value in raw.items()}
