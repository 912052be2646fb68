"""``wellhead.assay``: a corpus and its references in, how much machines wrote out.

This file joins the parts: it reads and scores (`documents`), estimates (`estimate`), groups
(`strata`), checks (`diagnose`) and puts the result together. It knows no formula.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead._version import __version__
from wellhead.corpus import Corpus, open_corpus
from wellhead.corpus import sample as draw_sample
from wellhead.corpus.near_duplicates import NearDuplicates
from wellhead.detect import Scorer, load_scorer
from wellhead.detect.scoring import KnownScores, ScoreResult, score
from wellhead.errors import BadInput, BadSetting, UnusableReference
from wellhead.prevalence.adapt import (
    Own,
    adapted_to,
    by_writer,
    evidence_for,
    explained_by_either,
    measure,
    require_when,
)
from wellhead.prevalence.conformal import benjamini_hochberg
from wellhead.prevalence.copying import Sources
from wellhead.prevalence.documents import ScoredDocuments, read_documents
from wellhead.prevalence.estimate import Estimate, Evidence, estimate, generators_of
from wellhead.prevalence.flagged import flagged_documents
from wellhead.prevalence.groups import LARGEST, group_shares, groups_method
from wellhead.prevalence.labels import (
    Labels,
    match_labels,
    read_labels,
    require_drawn,
)
from wellhead.prevalence.library import known_clusters, library_of
from wellhead.prevalence.plot_data import histogram, passages
from wellhead.prevalence.preparation import shared_passages
from wellhead.prevalence.reference_fit import ReferenceFit, reference_fit
from wellhead.prevalence.result import (
    AssayResult,
    Documents,
    References,
    Reproducibility,
)
from wellhead.prevalence.shards import ShardedAssay, assay_scores
from wellhead.prevalence.withholding import Doubt, doubt, hedged, withheld
from wellhead.prevalence.words import assumptions, diagnostics, foreign_languages

__all__ = ["assay", "assay_shards", "open_reference"]


def assay(
    corpus: Any,
    *,
    human: Any = None,
    machine: Any = None,
    labels: Any = None,
    labels_drawn: str = "random",
    detector: str | Scorer = "general",
    adapt: str = "auto",
    source: Any = None,
    scores: Any = None,
    text_column: str | None = None,
    group_by: str | None = None,
    sample: int | None = None,
    level: float = 0.95,
    false_discovery_rate: float = 0.1,
    seed: int = 0,
    command: str = "wellhead.prevalence",
    progress: Progress = quiet,
) -> AssayResult:
    """How much of `corpus` machines wrote, with an interval, and which documents.

    Args:
        corpus: anything that `wellhead.corpus.open_corpus` opens.
        human: known-human texts of the same kind (50 or more; 100 is good). Without them the
            interval is wide and no document can be flagged.
        machine: texts of generators that you suspect: one corpus, a list of corpora, or a mapping
            of generator name to corpus. Rows that state `generator` or `style` are parted by it.
        labels: audited documents, as `labels.read_labels` reads them.
        labels_drawn: how the audited documents were chosen: "random", or "unstated", which is
            taken as random with a warning.
        detector: a name, a path, or any `Scorer`.
        adapt: whether the detector is adapted to the references, each text scored by a model that
            did not see it: "off", "auto" (from 80 a side on) or "always" (from 20).
        source: the task's own source texts; documents that mostly repeat one are set apart.
        scores: a `wellhead.score` result, whose scores are used; or a folder, where scores are
            looked for and written. Scores beside the corpus are used in any case.
        text_column: the column that holds the text, in every input; guessed when None.
        group_by: a column of the corpus for shares by group.
        sample: assay a random sample of so many documents.
        level: confidence of every interval and bound, in (0, 1).
        false_discovery_rate: expected share of human documents among the flagged.
        seed: the same seed gives the same result.
        command: how the work was asked for, for the reproducibility line.
        progress: told of every document scored.

    Returns:
        The share, the bound, the flags, the groups and the checks.

    Raises:
        BadInput: nothing usable in an input, or a column that is not there.
        UnusableReference: a reference too small, or one that shares texts with the corpus.
        BadSetting: a setting outside its range.
    """
    require_drawn(labels_drawn)
    require_when(adapt)
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    scorer = load_scorer(detector) if isinstance(detector, str) else detector
    whole = opened = open_corpus(corpus, text_column=text_column)
    population = None
    if sample is not None:
        opened, population = _sampled(whole, sample, seed, labels is not None)
    sources = _sources(source)
    people = None if human is None else open_reference(human, text_column)
    suspects = _named(machine, text_column)
    shared = shared_passages(_texts(opened))
    if people is not None:
        shared |= shared_passages(_texts(people))
    if isinstance(scores, ScoreResult) and adapt == "auto":
        adapt = "off"  # the scores given are those that are wanted
    own = adapted_to(scorer, people, suspects, shared, when=adapt, seed=seed)
    if own is not None:
        scorer = own.detector
    scored = _known_scores(whole, scorer, scores)

    copies = NearDuplicates()

    def read(part: Corpus, **options: Any) -> ScoredDocuments:
        scored.look_beside(part)
        return read_documents(
            part, scored, copies=copies, passages=shared, progress=progress, **options
        )

    known = _References(
        human=None if people is None else read(people),
        machine={name: read(part) for name, part in suspects.items()},
    )
    docs = read(
        opened,
        group_by=group_by,
        sources=sources,
        carry_above=_flaggable(known.human, false_discovery_rate),
    )
    if population is not None:
        docs = docs.drawn_from(whole)
    known.refuse_overlap(docs, copies)
    rows = docs.evidence
    library, trained = evidence_for(own) or known_clusters(scorer)
    audited = _audited(labels, docs, rows)
    evidence = Evidence(
        scores=docs.scores[rows],
        human=None if known.human is None else known.human.scores[known.human.evidence],
        machine={name: part.scores[part.evidence] for name, part in known.machine.items()},
        labels=audited,
        library=library,
        trained=trained,
        comparable=own is None and not trained and bool(library_of(scorer)),
        sampled=population is not None,
    )
    fit = _fit(known, docs, own, seed)
    compared = np.searchsorted(rows, list(docs.sample))
    against = doubt(evidence, fit, compared, level=level, seed=seed)
    languages = _languages_of(scorer)
    why = withheld(evidence, against, foreign_languages(docs.sample.values(), languages), languages)
    plain = estimate(evidence, level=level, seed=seed)
    found = hedged(plain, evidence, against, why)
    unexplained = 0.0 if against is None else against.unseen(plain.posterior, evidence.scores)
    in_vain = against is not None and against.in_vain
    flags = _flags(found, rows, docs, false_discovery_rate)
    groups, method = _groups(docs, rows, flags, evidence, found, against, level, seed)
    counted = evidence.scores if against is None else against.scores
    table = _table(docs, rows, found, flags, counted)
    adapted = None if own is None else measure(own, docs, level=level, seed=seed)
    checks = diagnostics(
        docs, known.human, known.machine, evidence, found, labels_drawn, against, adapted
    )
    return AssayResult(
        share=found.share,
        at_least=found.at_least,
        method=found.method,
        assumptions=assumptions(found, evidence, labels_drawn, docs, population),
        documents=_documents(docs, flags, population),
        diagnostics=checks,
        adaptation=adapted,
        upper_bound_only=found.method == "anchored"
        and not found.stands_out
        and why is None
        and unexplained <= found.share.point,
        withheld=why,
        unexplained=unexplained,
        compared_in_vain=in_vain,
        references=References(
            human=0 if evidence.human is None else evidence.human.size,
            machine={name: scores.size for name, scores in evidence.machine.items()},
            labels=0 if audited is None else audited.machine.size,
        ),
        false_discovery_rate=false_discovery_rate,
        groups=groups,
        groups_method=method,
        reproducibility=Reproducibility(
            version=__version__,
            command=command,
            seed=seed,
            scorer=scorer.name,
            revision=scorer.revision,
            hashes={"corpus": docs.census.sha256, **known.hashes},
        ),
        histogram=histogram(docs.scores[rows], evidence.human, found.posterior),
        passages=passages(scorer, docs, flags),
        table=table,
        flagged=flagged_documents(table, docs.origins),
    )


def assay_shards(
    scores: str | os.PathLike[str],
    *,
    human: Any,
    machine: Any = None,
    detector: str | Scorer = "general",
    text_column: str | None = None,
    level: float = 0.95,
    false_discovery_rate: float = 0.1,
    seed: int = 0,
    progress: Progress = quiet,
) -> ShardedAssay:
    """How much of a corpus machines wrote that was scored in shards, without reading it again.

    Args:
        scores: the folder of sidecars that `wellhead.score` or an engine wrote, of any number.
        human: as for `assay`; scored here.
        machine: as for `assay`.
        detector: by which the shards were scored.
        text_column: of the references.
        level, false_discovery_rate, seed: as for `assay`.
        progress: told of every shard.

    Raises:
        BadInput: no sidecars, a broken one, or scores of another detector or revision.
        UnusableReference: a reference too small.
        BadSetting: a setting outside its range.
    """
    scorer = load_scorer(detector) if isinstance(detector, str) else detector
    known = KnownScores(scorer)

    def scored(part: Corpus) -> np.ndarray:
        documents = read_documents(part, known)
        return np.asarray(documents.scores[documents.evidence])

    library, trained = known_clusters(scorer)
    people = scored(open_reference(human, text_column))
    prior = generators_of(
        Evidence(
            scores=people,
            human=people,
            machine={name: scored(part) for name, part in _named(machine, text_column).items()},
            library=library,
            trained=trained,
        )
    )
    return assay_scores(
        scores,
        people,
        prior,
        detector=(scorer.name, scorer.revision),
        level=level,
        false_discovery_rate=false_discovery_rate,
        seed=seed,
        progress=progress,
    )


def _flaggable(human: ScoredDocuments | None, rate: float) -> float:
    """No document with a lower score can be flagged: a flag's p-value is at most the rate."""
    if human is None:
        return float("inf")
    return float(np.quantile(human.scores[human.evidence], 1 - rate, method="lower"))


@dataclass(frozen=True, kw_only=True)
class _References:
    """The user's references after scoring."""

    human: ScoredDocuments | None
    machine: dict[str, ScoredDocuments]

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
                    "corpus, in full or nearly "
                    f"(first: id '{part.ids[shared[0]].as_py()}'). A reference must be "
                    "other texts of the same kind: remove the shared ones from one of the two. "
                    "If they are audited documents of this corpus, give them as --labels."
                )
            both = [row for row, cluster in enumerate(mine) if cluster in human]
            if part is not self.human and both:
                raise UnusableReference(
                    f"{len(both)} of the {len(part.sha256)} texts of the {name} are in the human "
                    f"reference, too (first: id '{part.ids[both[0]].as_py()}'). No text can be "
                    "known to be both: give machine texts as --machine and people's as --human."
                )


def _fit(
    known: _References, docs: ScoredDocuments, own: Own | None, seed: int
) -> ReferenceFit | None:
    """How the references fit, from the distinct texts that were kept."""
    if known.human is None:
        return None
    texts = [*docs.sample.values()]
    fit = reference_fit([*known.human.sample.values()], texts, seed=seed)
    if own is None:
        return fit
    machine = [text for part in known.machine.values() for text in part.sample.values()]
    return explained_by_either(fit, reference_fit(machine, texts, seed=seed))


def _languages_of(scorer: Scorer) -> tuple[str, ...]:
    """The languages that a detector was made for; none where it does not say."""
    known: tuple[str, ...] = getattr(scorer, "languages", ())
    return known


def _known_scores(corpus: Corpus, scorer: Scorer, scores: Any) -> KnownScores:
    """What is scored already; a folder is also where missing scores are written."""
    known = KnownScores(scorer)
    if scores is None:
        return known
    if not isinstance(scores, ScoreResult):
        scores = score(corpus, detector=scorer, out=scores)
    known.take(scores)
    return known


def _texts(corpus: Corpus) -> Iterator[str]:
    for batch in corpus.batches():
        yield from batch["text"].to_pylist()


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


def _named(machine: Any, text_column: str | None) -> dict[str, Corpus]:
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


def _sampled(corpus: Corpus, n: int, seed: int, labelled: bool) -> tuple[Corpus, int | None]:
    if n < 1:
        raise BadSetting(f"a sample has at least one document, got {n}")
    if labelled:
        raise BadSetting(
            "a sample and labels do not go together: the audited documents may not be drawn. "
            "Assay the whole corpus, or sample first and have the sample audited."
        )
    table = draw_sample(corpus, n, seed=seed)
    population = corpus.census.documents
    if population <= n:
        return corpus, None
    return open_corpus(table, text_column="text", name=corpus.name), population


def _sources(source: Any) -> Sources | None:
    if source is None:
        return None
    return Sources(_texts(open_corpus(source)))


def _audited(labels: Any, docs: ScoredDocuments, rows: np.ndarray) -> Labels | None:
    """The audited documents as indices into the evidence, each distinct text once."""
    if labels is None:
        return None
    matched = match_labels(read_labels(labels), docs.ids.to_pylist())
    place = {docs.cluster[row]: index for index, row in enumerate(rows)}
    chosen: dict[int, int] = {}
    said: dict[str, int] = {}
    for at, (row, label) in enumerate(zip(matched.rows, matched.machine, strict=True)):
        index = place.get(docs.cluster[row])
        if index is None:
            continue
        chosen.setdefault(index, at)
        if said.setdefault(docs.sha256[row], int(label)) != label:
            raise UnusableReference(
                f"the text of document '{docs.ids[int(row)].as_py()}' is labelled both human and "
                "machine in two rows of the corpus"
            )
    kept = np.fromiter(chosen.values(), np.int64, len(chosen))
    return Labels(
        np.fromiter(chosen.keys(), np.int64, len(chosen)),
        matched.machine[kept],
        None if matched.probability is None else matched.probability[kept],
    )


def _flags(found: Estimate, rows: np.ndarray, docs: ScoredDocuments, rate: float) -> np.ndarray:
    """Shape (documents,): flagged, with every repeat of a flagged text."""
    flags = np.zeros(docs.scores.size, dtype=bool)
    if found.p_values is None:
        return flags
    flags[rows] = benjamini_hochberg(found.p_values, rate)
    repeats = ~docs.first
    flags[repeats] = np.isin(docs.cluster[repeats], docs.cluster[flags])
    return flags


def _groups(
    docs: ScoredDocuments,
    rows: np.ndarray,
    flags: np.ndarray,
    evidence: Evidence,
    found: Estimate,
    against: Doubt | None,
    level: float,
    seed: int,
) -> tuple[tuple[Any, ...], str]:
    if docs.groups is None or (evidence.human is not None and found.posterior is None):
        return (), ""
    if evidence.human is None:
        raise UnusableReference(
            "shares by group need known-human texts of the same kind (--human): without them the "
            "interval of a group says nothing"
        )
    groups = docs.groups[rows]
    shares = group_shares(
        evidence.scores,
        groups,
        flags[rows],
        evidence.human,
        found,
        against=against,
        level=level,
        seed=seed,
    )
    count = len(set(groups))
    return shares, groups_method(count, min(count, LARGEST), level)


def _documents(docs: ScoredDocuments, flags: np.ndarray, population: int | None) -> Documents:
    census = docs.census
    return Documents(
        n=census.documents,
        flagged=int(flags.sum()),
        duplicates=census.duplicates,
        unusable=sum(census.unusable.values()),
        unusable_reasons=dict(census.unusable),
        copied=int(docs.copied.sum()),
        evidence=docs.evidence.size,
        population=population,
        near_duplicates=int((~docs.first).sum()),
    )


def _table(
    docs: ScoredDocuments,
    rows: np.ndarray,
    found: Estimate,
    flags: np.ndarray,
    counted: np.ndarray,
) -> pa.Table:
    """One row per document; repeats carry the values of their text."""
    place = {docs.cluster[row]: index for index, row in enumerate(rows)}
    index = np.array([place.get(cluster, -1) for cluster in docs.cluster])

    def spread(values: np.ndarray | None) -> pa.Array:
        if values is None:
            return pa.nulls(index.size, pa.float64())
        return pa.array(np.where(index >= 0, values[index], np.nan), from_pandas=True)

    posterior = None if found.posterior is None else found.posterior.of_documents(counted)
    columns: dict[str, Any] = {
        "id": docs.ids.cast(pa.string()),
        "score": docs.scores,
        "p_value": spread(found.p_values),
        "flag": flags,
        "posterior": spread(posterior),
        "duplicate": ~docs.first,
        "copied": docs.copied,
    }
    if docs.groups is not None:
        columns["group"] = pa.array(docs.groups.tolist(), pa.string())
    columns |= docs.origins.columns
    return pa.table(columns)
