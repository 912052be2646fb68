"""``wellhead.assay``: a corpus and its references in, how much machines wrote out.

This file joins the parts: it opens, reads and scores (`inputs`), judges (`judging`), groups
(`groups`), checks (`diagnostics`) and puts the result together. It knows no formula.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from wellhead._progress import Progress, quiet
from wellhead._version import __version__
from wellhead.corpus import Corpus
from wellhead.corpus import sample as draw_sample
from wellhead.corpus.language import identified, languages_of
from wellhead.detect import Scorer, load_scorer
from wellhead.detect.first_run import compile_first
from wellhead.detect.general import for_languages
from wellhead.detect.known_scores import KnownScores
from wellhead.detect.scoring import ScoreResult, score
from wellhead.detect.tiers.choosing import require_tier
from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.adapt import (
    Own,
    adapted_to,
    measure,
    require_when,
)
from wellhead.prevalence.adapt_tier import tiered
from wellhead.prevalence.assumptions import assumptions
from wellhead.prevalence.checks import check_known_languages
from wellhead.prevalence.diagnostics import diagnostics, judged_in
from wellhead.prevalence.document_table import counted_documents, flags_of, table_of
from wellhead.prevalence.documents import ScoredDocuments, read_documents
from wellhead.prevalence.estimate import Evidence, generators_of
from wellhead.prevalence.flagged import flagged_documents
from wellhead.prevalence.groups import LARGEST, group_shares, groups_method
from wellhead.prevalence.inputs import (
    Inputs,
    KnownTexts,
    named_machines,
    open_inputs,
    open_reference,
    read_inputs,
)
from wellhead.prevalence.judging import Judged, gathered, judge
from wellhead.prevalence.labels import (
    require_drawn,
)
from wellhead.prevalence.library import known_clusters
from wellhead.prevalence.plot_data import histogram, passages
from wellhead.prevalence.result import (
    AssayResult,
    Diagnostic,
    References,
    Reproducibility,
)
from wellhead.prevalence.shards import ShardedAssay, assay_scores

__all__ = ["assay", "assay_shards", "open_reference"]


def assay(
    corpus: Any,
    *,
    human: Any = None,
    machine: Any = None,
    labels: Any = None,
    labels_drawn: str = "random",
    detector: str | Scorer | None = None,
    adapt: str = "auto",
    tier: str = "words",
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
) -> AssayResult:  # many parameters: each is one thing to bring or to ask, and all have defaults
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
        detector: a name, a path, or any `Scorer`; by default that of the language of most
            documents, which is the general one where the language has none.
        adapt: whether the detector is adapted to the references, each text scored by a model that
            did not see it: "off", "auto" (from 80 a side on) or "always" (from 20).
        tier: what an adapted detector sees of a text: its "words"; or, beside them, "frozen",
            "likelihood" or "encoder" (``name:network`` for another network); "length", where that
            differs by who wrote; or "auto", which takes what pays on references left out.
        source: the task's own source texts; documents that mostly repeat one are set apart, and
            what a text takes from one counts little in an adapted detector.
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
        MissingExtra: a tier is asked for, and what it needs is not installed.
    """
    require_drawn(labels_drawn)
    _require_way(adapt, tier)
    _require_rates(level, false_discovery_rate)
    given = open_inputs(corpus, human, machine, source, text_column=text_column)
    scorer, by_language = _detector(detector, given.whole, progress, used=scores is None)
    if sample is not None:
        given = given.sampled(sample, seed, labelled=labels is not None)
    if isinstance(scores, ScoreResult) and adapt == "auto":
        adapt = "off"  # the scores given are those that are wanted
    own, kept = _own(given, scorer, (adapt, tier), seed, progress)
    scorer = scorer if own is None else own.detector
    docs, known = read_inputs(
        given,
        _known_scores(given.whole, scorer, scores),
        group_by=group_by,
        rate=false_discovery_rate,
        progress=progress,
    )
    evidence = gathered(docs, known, labels, scorer)
    progress.stage("estimating the share", 3)
    judged = judge(evidence, docs, known, scorer, level=level, seed=seed, progress=progress)
    found, against = judged.found, judged.against
    flags = flags_of(found, docs, false_discovery_rate)
    groups, method = _groups(docs, flags, judged, level, seed, progress)
    table = table_of(docs, found, flags, evidence.scores if against is None else against.scores)
    adapted = None if own is None else measure(own, docs, level=level, seed=seed, progress=progress)
    return AssayResult(
        share=found.share,
        if_seen=found.if_seen,
        at_least=found.at_least,
        method=found.method,
        assumptions=assumptions(found, evidence, labels_drawn, docs, given.population),
        documents=counted_documents(docs, flags, given.population),
        diagnostics=diagnostics(
            docs,
            known.human,
            known.machine,
            evidence,
            found,
            labels_drawn,
            against,
            adapted,
            also=(*by_language, *kept, *_unknown(docs, scorer, judged)),
        ),
        adaptation=adapted,
        upper_bound_only=judged.upper_bound_only,
        withheld=judged.why,
        unexplained=judged.unexplained,
        compared_in_vain=against is not None and against.in_vain,
        references=_counted(evidence),
        false_discovery_rate=false_discovery_rate,
        groups=groups,
        groups_method=method,
        reproducibility=_made_with(scorer, docs, known, command, seed),
        histogram=histogram(evidence.scores, evidence.human, found.posterior),
        passages=passages(scorer, docs, flags),
        table=table,
        flagged=flagged_documents(table, docs.origins),
        _scorer=scorer,
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
    suspects = named_machines(machine, text_column)
    prior = generators_of(
        Evidence(
            scores=people,
            human=people,
            machine={name: scored(part) for name, part in suspects.items()},
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


def _require_way(adapt: str, tier: str) -> None:
    require_when(adapt)
    require_tier(tier)


def _require_rates(level: float, false_discovery_rate: float) -> None:
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    if not 0 < false_discovery_rate < 1:
        raise BadSetting(f"a false discovery rate lies between 0 and 1, got {false_discovery_rate}")


def _made_with(
    scorer: Scorer, docs: ScoredDocuments, known: KnownTexts, command: str, seed: int
) -> Reproducibility:
    return Reproducibility(
        version=__version__,
        command=command,
        seed=seed,
        scorer=scorer.name,
        revision=scorer.revision,
        hashes={"corpus": docs.census.sha256, **known.hashes},
    )


# So many documents say in which language most are.
_LISTENED = 200


def _detector(
    given: str | Scorer | None, corpus: Corpus, progress: Progress, *, used: bool
) -> tuple[Scorer, tuple[Diagnostic, ...]]:
    """The detector that was asked for, else that of the corpus's language; and a note on it."""
    notes: tuple[Diagnostic, ...] = ()
    if given is not None:
        scorer = load_scorer(given) if isinstance(given, str) else given
    else:
        heard = draw_sample(corpus, _LISTENED, seed=0, progress=progress)["text"].to_pylist()
        name = for_languages(identified(heard))
        scorer = load_scorer(name)
        notes = () if name == "general" else (judged_in(scorer),)
    if used:
        compile_first(scorer, progress)
    return scorer, notes


def _own(
    given: Inputs, scorer: Scorer, how: tuple[str, str], seed: int, progress: Progress
) -> tuple[Own | None, tuple[Diagnostic, ...]]:
    """The detector adapted to the references, where enough and wanted; else why it is not."""
    when, tier = how
    own, kept = adapted_to(
        scorer,
        given.people,
        given.suspects,
        given.passages,
        when=when,
        sources=given.sources,
        seed=seed,
        progress=progress,
    )
    return tiered(own, tier, seed=seed, progress=progress), kept


def _unknown(docs: ScoredDocuments, scorer: Scorer, judged: Judged) -> tuple[Diagnostic, ...]:
    """A note on languages that the detector was not made for, where the share is not withheld."""
    if judged.why is not None and judged.why.code == "language":
        return ()
    found = [languages_of(text) for text in docs.sample.values()]
    note = check_known_languages(found, scorer.name, getattr(scorer, "languages", ()))
    return () if note is None else (note,)


def _counted(evidence: Evidence) -> References:
    return References(
        human=0 if evidence.human is None else evidence.human.size,
        machine={name: scores.size for name, scores in evidence.machine.items()},
        labels=0 if evidence.labels is None else evidence.labels.machine.size,
    )


def _known_scores(corpus: Corpus, scorer: Scorer, scores: Any) -> KnownScores:
    """What is scored already; a folder is also where missing scores are written."""
    known = KnownScores(scorer)
    if scores is None:
        return known
    if not isinstance(scores, ScoreResult):
        scores = score(corpus, detector=scorer, out=scores)
    known.take(scores)
    return known


def _groups(
    docs: ScoredDocuments,
    flags: np.ndarray,
    judged: Judged,
    level: float,
    seed: int,
    progress: Progress,
) -> tuple[tuple[Any, ...], str]:
    evidence, found = judged.evidence, judged.found
    if docs.groups is None or (evidence.human is not None and found.posterior is None):
        return (), ""
    if evidence.human is None:
        raise UnusableReference(
            "shares by group need known-human texts of the same kind (--human): without them the "
            "interval of a group says nothing"
        )
    groups = docs.groups[docs.evidence]
    shares = group_shares(
        evidence.scores,
        groups,
        flags[docs.evidence],
        evidence.human,
        found,
        against=judged.against,
        level=level,
        seed=seed,
        progress=progress,
    )
    count = len(set(groups))
    return shares, groups_method(count, min(count, LARGEST), level)
