"""Symbols redrawn from their own frequencies: the Wright-Fisher model of vocabulary loss.

The law is uniform, Zipf-Mandelbrot, or the word frequencies of a real corpus. A symbol that a
sample misses is gone for good under replacement; which ones go first, and how fast, is the
simplest exact account of vanishing tails. The fast path draws counts (multinomial), the literal
path draws the symbols one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from wellhead.errors import BadInput
from wellhead.recursion.data import Array, Counts, Rng, Samples, single_items
from wellhead.recursion.families.tallies import Tallies, draw_tallies
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.measure.symbols import survival_by_count, symbol_measures
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler, TopK, TopP

__all__ = ["Discrete"]


@FAMILIES.register("discrete")
@dataclass(frozen=True)
class Discrete(Family[Array, Samples | Tallies]):
    """A law over symbols, refitted to the frequencies of its own samples.

    Args:
        law: "zipf" (Zipf-Mandelbrot: p ∝ (rank + shift)^-exponent), "uniform" or "corpus".
        symbols: number of symbols; set by the corpus where there is one.
        exponent: of the Zipf-Mandelbrot law.
        shift: of the Zipf-Mandelbrot law.
        corpus: a text file whose words are the symbols, with law = "corpus".
        path: "fast" draws counts, "literal" draws symbols.
    """

    samplers = frozenset({"unbiased", "temperature", "top-k", "top-p"})

    law: str = "zipf"
    symbols: int = 1000
    exponent: float = 1.0
    shift: float = 2.7
    corpus: str | None = field(default=None, metadata={"path": True})
    path: str = "fast"

    def __post_init__(self) -> None:
        laws = ("zipf", "uniform", "corpus")
        require(self.law in laws, f"expected law among {laws}, got '{self.law}'.")
        require(self.symbols >= 2, f"expected at least 2 symbols, got {self.symbols}.")
        require(self.shift > -1, f"expected a shift above -1, got {self.shift}.")
        require(
            self.path in ("fast", "literal"),
            f"expected path 'fast' or 'literal', got '{self.path}'.",
        )
        require(
            (self.law == "corpus") == (self.corpus is not None),
            "law = 'corpus' and a corpus path belong together.",
        )

    def check(self, task: Task) -> None:
        require(
            task.size is not None or self.corpus is not None,
            "size: the discrete family needs the number of symbols drawn per generation.",
        )
        require(
            not (
                self.path == "fast" and (task.needs_items or task.name_of("regime") == "shared-web")
            ),
            f"the selector {task.name_of('selector')} looks at single items: use path = 'literal'.",
        )
        if self.path == "literal":
            task.check_memory(1)

    def default_size(self) -> int:
        return int(_corpus_counts(str(self.corpus)).sum())

    def probabilities(self) -> Array:
        """The true law (symbols,), most frequent first."""
        if self.corpus is not None:
            counts = _corpus_counts(self.corpus)
            return np.asarray(counts / counts.sum())
        rank = np.arange(1, self.symbols + 1)
        weight: Array = np.ones(self.symbols)
        if self.law == "zipf":
            weight = (rank + self.shift) ** -self.exponent
        law: Array = weight / weight.sum()
        return law

    def real(self, size: Counts, chains: int, rng: Rng) -> Samples | Tallies:
        law = self.probabilities()
        return self._draw(np.broadcast_to(law, (chains, len(law))), size, rng)

    def sample(self, model: Array, size: Counts, sampler: Sampler, rng: Rng) -> Samples | Tallies:
        return self._draw(narrowed(model, sampler), size, rng)

    def fit(self, data: Samples | Tallies, context: Fitting[Array]) -> Array:
        counts = data.counts if isinstance(data, Tallies) else self._count(data)
        shares: Array = counts / counts.sum(axis=1, keepdims=True)
        return shares

    def truth(self, chains: int) -> dict[str, Array]:
        law = self.probabilities()
        measures = symbol_measures(law[None], law)
        return {name: np.repeat(values, chains) for name, values in measures.items()}

    def measure(self, step: Step[Array, Samples | Tallies]) -> dict[str, Array]:
        law = self.probabilities()
        return symbol_measures(step.model, law) | survival_by_count(
            step.model > 0, law * step.original.size
        )

    def log_likelihood(self, model: Array, data: Samples | Tallies) -> Array:
        symbols = single_items(data).values
        with np.errstate(divide="ignore"):
            likelihood: Array = np.log(np.take_along_axis(model, symbols, axis=1))
        return likelihood

    def reference(self, chains: int) -> Array:
        """The true law, as a model."""
        law = self.probabilities()
        return np.broadcast_to(law, (chains, len(law)))

    def place(self, model: Array) -> Array:
        """The probabilities."""
        return model

    def closed_form(self) -> dict[str, Any] | None:
        """The family as theory calls it; a corpus has no law with a name."""
        if self.corpus is not None:
            return None
        exponent = self.exponent if self.law == "zipf" else 0.0
        law = {"symbols": self.symbols, "exponent": exponent, "shift": self.shift}
        return {"family": "discrete", **law}

    def _draw(self, law: Array, size: Counts, rng: Rng) -> Samples | Tallies:
        if self.path == "fast":
            return draw_tallies(law, size, rng)
        count = int(np.max(size))
        edges = np.cumsum(law, axis=1)
        points = rng.random((len(law), count)) * edges[:, -1:]
        pairs = zip(edges, points, strict=True)
        drawn = np.stack([np.searchsorted(row, u, side="right") for row, u in pairs])
        return Samples.of(drawn, size)

    def _count(self, data: Samples) -> Array:
        width = len(self.probabilities())
        rows = zip(data.values, data.mass, strict=True)
        return np.stack([np.bincount(row, mass, width) for row, mass in rows])


def narrowed(law: Array, sampler: Sampler) -> Array:
    """The laws (chains, symbols) that a sampler draws from instead of `law`."""
    if sampler.temperature != 1.0:
        # Relative to the largest, so that small powers do not vanish.
        law = (law / law.max(axis=1, keepdims=True)) ** (1 / sampler.temperature)
        law = law / law.sum(axis=1, keepdims=True)
    if isinstance(sampler, TopK | TopP):
        order = np.argsort(-law, axis=1, kind="stable")
        ranked = np.take_along_axis(law, order, axis=1)
        if isinstance(sampler, TopK):
            keep = np.broadcast_to(np.arange(law.shape[1]) < sampler.k, law.shape)
        else:
            # The symbol that crosses p belongs to the nucleus.
            keep = np.cumsum(ranked, axis=1) - ranked < sampler.p
        law = np.zeros_like(law)
        np.put_along_axis(law, order, ranked * keep, axis=1)
        law = law / law.sum(axis=1, keepdims=True)
    return law


@lru_cache(maxsize=4)
def _corpus_counts(path: str) -> Array:
    try:
        words = Counter(Path(path).read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"corpus {path}: expected a readable UTF-8 text file: {error}.") from None
    if len(words) < 2:
        raise BadInput(f"corpus {path}: expected at least 2 different words, got {len(words)}.")
    return np.array(sorted(words.values(), reverse=True), dtype=float)
