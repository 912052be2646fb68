"""What a user gives to an assay, opened and read: the corpus, its references, the sources.

In: anything that `open_corpus` opens. Out: scored documents, with the texts that many documents
share set apart and near copies known across all of them. It estimates nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from wellhead._progress import Progress, quiet
from wellhead.corpus import Corpus, open_corpus
from wellhead.corpus import sample as draw_sample
from wellhead.corpus.near_duplicates import NearDuplicates
from wellhead.detect.known_scores import KnownScores
from wellhead.errors import BadInput, BadSetting, UnusableReference
from wellhead.prevalence.adapt import by_writer
from wellhead.prevalence.copying import Sources
from wellhead.prevalence.documents import ScoredDocuments, read_documents
from wellhead.prevalence.preparation import shared_passages

# So many more of the texts that two inputs share are named.
_NAMED = 5

__all__ = [
    "Inputs",
    "KnownTexts",
    "named_machines",
    "open_inputs",
    "open_reference",
    "read_inputs",
]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """All that is to be read.

    Attributes:
        whole: the corpus.
        corpus: the corpus, or the sample of it that is assayed.
        population: documents of the corpus where a sample is assayed.
        people: the human reference.
        suspects: the machine references by writer.
        sources: the task's source texts.
    """

    whole: Corpus
    corpus: Corpus
    population: int | None
    people: Corpus | None
    suspects: dict[str, Corpus]
    sources: Sources | None

    @cached_property
    def passages(self) -> frozenset[str]:
        """What many documents share, to be set apart."""
        found = shared_passages(_texts(self.corpus))
        return found if self.people is None else found | shared_passages(_texts(self.people))

    def sampled(self, n: int, seed: int, *, labelled: bool) -> Inputs:
        """The same, with `n` documents drawn at random from the corpus where it has more."""
        if n < 1:
            raise BadSetting(f"a sample has at least one document, got {n}")
        if labelled:
            raise BadSetting(
                "a sample and labels do not go together: the audited documents may not be drawn. "
                "Assay the whole corpus, or sample first and have the sample audited."
            )
        table = draw_sample(self.whole, n, seed=seed)
        population = self.whole.census.documents
        if population <= n:
            return self
        corpus = open_corpus(table, text_column="text", name=self.whole.name)
        return replace(self, corpus=corpus, population=population)


def open_inputs(
    corpus: Any, human: Any, machine: Any, source: Any, *, text_column: str | None
) -> Inputs:
    """Open what `wellhead.assay` takes; see there."""
    whole = open_corpus(corpus, text_column=text_column)
    people = None if human is None else open_reference(human, text_column)
    return Inputs(
        whole=whole,
        corpus=whole,
        population=None,
        people=people,
        suspects=named_machines(machine, text_column),
        sources=None if source is None else Sources(_texts(open_corpus(source))),
    )


def read_inputs(
    given: Inputs,
    scores: KnownScores,
    *,
    group_by: str | None,
    rate: float,
    progress: Progress = quiet,
) -> tuple[ScoredDocuments, KnownTexts]:
    """Score the corpus and its references, each document once.

    Args:
        given: what is read.
        scores: gives each text its score.
        group_by: a column of the corpus.
        rate: of false discoveries: other columns are kept of documents that may be flagged.
        progress: told of every document.

    Raises:
        BadInput: no usable document, or no column `group_by`.
        UnusableReference: a reference that shares texts with the corpus or another reference.
    """
    copies = NearDuplicates()

    def read(part: Corpus, **options: Any) -> ScoredDocuments:
        progress.stage(f"scoring {part.name}")
        scores.look_beside(part)
        return read_documents(
            part, scores, copies=copies, passages=given.passages, progress=progress, **options
        )

    known = KnownTexts(
        human=None if given.people is None else read(given.people),
        machine={name: read(part) for name, part in given.suspects.items()},
        of_sample=given.population is not None,
    )
    flaggable = _flaggable(known.human, rate)
    docs = read(given.corpus, group_by=group_by, sources=given.sources, carry_above=flaggable)
    if given.population is not None:
        docs = docs.drawn_from(given.whole)
    known.refuse_overlap(docs, copies)
    return docs, known


@dataclass(frozen=True, kw_only=True)
class KnownTexts:
    """The user's references after scoring; `of_sample` where the corpus is one of a larger."""

    human: ScoredDocuments | None
    machine: dict[str, ScoredDocuments]
    of_sample: bool

    @property
    def hashes(self) -> dict[str, str]:
        parts = {f"machine:{name}": part for name, part in self.machine.items()}
        if self.human is not None:
            parts["human"] = self.human
        return {name: part.census.sha256 for name, part in parts.items()}

    def refuse_overlap(self, docs: ScoredDocuments, copies: NearDuplicates) -> None:
        """A text, or a near copy of it, cannot be known and unknown, human and machine at once."""
        named = {f"machine reference '{name}'": part for name, part in self.machine.items()}
        if self.human is not None:
            named = {"human reference": self.human, **named}
        clusters = copies.clusters()
        corpus = set(clusters[docs.places])
        human = set() if self.human is None else set(clusters[self.human.places])
        for name, part in named.items():
            mine = clusters[part.places]
            shared = [row for row, cluster in enumerate(mine) if cluster in corpus]
            if shared:
                raise UnusableReference(
                    f"{len(shared)} of the {len(part.sha256)} texts of the {name} are also in the "
                    f"corpus, in full or nearly ({_places(part, shared)}). A reference must be "
                    "other texts of the same kind: remove the shared ones from one of the two. "
                    "If they are audited documents of this corpus, give them as --labels."
                )
            both = [row for row, cluster in enumerate(mine) if cluster in human]
            if part is not self.human and both:
                raise UnusableReference(
                    f"{len(both)} of the {len(part.sha256)} texts of the {name} are in the human "
                    f"reference, too ({_places(part, both)}). No text can be "
                    "known to be both: give machine texts as --machine and people's as --human."
                )


def _places(part: ScoredDocuments, rows: Sequence[int]) -> str:
    """Where the first of some documents stands, and the next ones by row or id."""
    first, *others = rows
    if not others:
        return f"it is {part.place(first)}"
    also = ", ".join(part.short_place(row) for row in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"first: {part.place(first)}; then {also}{more}"


def open_reference(source: Any, text_column: str | None, **options: Any) -> Corpus:
    """A reference, by the corpus's text column where it has one of that name, else guessed.

    Args:
        source: anything that `open_corpus` opens; a `Corpus` is taken as it is.
        text_column: of the corpus.
        options: of `open_corpus`, such as `encoding` and `where`.
    """
    if isinstance(source, Corpus):
        return source
    try:
        return open_corpus(source, text_column=text_column, **options)
    except BadInput:
        if text_column is None:
            raise
        return open_corpus(source, **options)


def named_machines(machine: Any, text_column: str | None) -> dict[str, Corpus]:
    """The machine references by generator name."""
    if machine is None:
        return {}
    if isinstance(machine, Mapping):
        return {str(name): open_reference(one, text_column) for name, one in machine.items()}
    named: dict[str, Corpus] = {}
    for number, one in enumerate(_several(machine), start=1):
        opened = open_reference(one, text_column)
        for name, part in by_writer(opened.name, opened).items():
            named[name if name not in named else f"{name} ({number})"] = part
    return named


def _several(machine: Any) -> list[Any]:
    """A list of corpora as it is; anything else, a list of texts among them, as one corpus."""
    if isinstance(machine, str | bytes) or not isinstance(machine, Sequence) or not machine:
        return [machine]
    if isinstance(machine[0], Mapping):
        return [machine]
    if isinstance(machine[0], str) and not _are_paths(machine):
        return [machine]
    return list(machine)


def _are_paths(items: Sequence[str]) -> bool:
    return all(os.path.exists(item) for item in items)


def _texts(corpus: Corpus) -> Iterator[str]:
    for batch in corpus.batches():
        yield from batch["text"].to_pylist()


def _flaggable(human: ScoredDocuments | None, rate: float) -> float:
    """No document with a lower score can be flagged: a flag's p-value is at most the rate."""
    if human is None:
        return float("inf")
    return float(np.quantile(human.scores[human.evidence], 1 - rate, method="lower"))
