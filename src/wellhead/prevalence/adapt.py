"""A detector adapted to the task of an assay, from the assay's own references.

In: known-human and machine references. Out: the adapted detector; what it knows of generators; and
what adapting gained, in AUC and in the width of the interval. Every reference text is scored by a
model that was fitted without it, so the references keep their part as references (`detect.adapt`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead._stats import Interval
from wellhead.corpus import Corpus, open_corpus
from wellhead.corpus import sample as draw_sample
from wellhead.corpus.near_duplicates import NearDuplicates
from wellhead.detect import Cluster, Scorer
from wellhead.detect.adapt import AdaptedDetector, FittedDetector, OwnTexts, adapt_detector
from wellhead.detect.examples import HUMAN
from wellhead.detect.tiers.choosing import TierTried
from wellhead.detect.tiers.fitting import FittedTier, with_tier
from wellhead.detect.train import LEAST_TEXTS
from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.adapt_diagnostics import left_as_it_is, not_adapted
from wellhead.prevalence.adapt_result import (
    ENOUGH,
    Adaptation,
    Confound,
    LeftOut,
    LengthControl,
    Writer,
)
from wellhead.prevalence.checks import length_auc
from wellhead.prevalence.copying import Sources
from wellhead.prevalence.documents import ScoredDocuments
from wellhead.prevalence.estimate import Evidence, estimate, without_hard
from wellhead.prevalence.library import known_clusters, library_of
from wellhead.prevalence.preparation import Preparation
from wellhead.prevalence.reference_fit import ReferenceFit, unlike_by_chance
from wellhead.prevalence.result import Diagnostic

__all__ = [
    "ENOUGH",
    "WHEN",
    "Own",
    "adapted_to",
    "by_writer",
    "explained_by_either",
    "measure",
    "require_when",
]

WHEN = ("off", "auto", "always")
# Columns of a machine reference that say what kind of text a row is.
_STATED = ("generator", "style")
_MOST_A_SIDE = 2_000
_LOOKED_AT = 20_000
# Something that tells the references apart so well could be learned in place of the writing.
_CONFOUND = 0.75
_SHORTEST_CUT = 200
# Sources count where so many texts of either side repeat five words of one in a row.
_LEANING = 0.5
_GAIN = "With 80 texts on both sides an adapted one mostly sees more (--adapt auto)."
_ANEW = "Take the detector that it was made from to adapt to these texts (--detector)."


class Own(NamedTuple):
    """The references read: their prepared texts with writers and groups, and the detector."""

    texts: OwnTexts
    detector: FittedDetector
    general: Scorer
    tiers: tuple[TierTried, ...] = ()
    sources: tuple[str, ...] = ()


def require_when(when: str) -> None:
    """Refuse a way of adapting that there is not.

    Raises:
        BadSetting: `when` is not one of `WHEN`.
    """
    if when not in WHEN:
        raise BadSetting(f"expected adapt to be one of {', '.join(WHEN)}, got '{when}'")


def by_writer(name: str, corpus: Corpus) -> dict[str, Corpus]:
    """A machine reference by generator and style, where its rows state them.

    Writers with fewer than 20 texts are taken together. A reference by one writer, or one that
    states none, comes back as it is.
    """
    table = draw_sample(corpus, _LOOKED_AT, seed=0)
    stated = [column for column in _STATED if column in table.column_names]
    if not stated:
        return {name: corpus}
    rows = zip(*(table[column].to_pylist() for column in stated), strict=True)
    writer = np.array([", ".join("unstated" if v is None else str(v) for v in row) for row in rows])
    names, sizes = np.unique(writer, return_counts=True)
    writer[np.isin(writer, names[sizes < LEAST_TEXTS])] = f"{name}, other"
    parts = {
        str(one): open_corpus(table.filter(pa.array(writer == one)), name=str(one), **_COLUMNS)
        for one in np.unique(writer)
    }
    return parts if len(parts) > 1 else {name: corpus}


_COLUMNS: dict[str, Any] = {"text_column": "text", "id_column": "id"}


def adapted_to(
    general: Scorer,
    people: Corpus | None,
    machine: Mapping[str, Corpus],
    passages: frozenset[str],
    *,
    when: str,
    sources: Sources | None = None,
    seed: int,
    progress: Progress = quiet,
) -> tuple[Own | None, tuple[Diagnostic, ...]]:
    """The detector adapted to these references, or None where it is to stay as it is, with why.

    Args:
        general: the detector as it is.
        people: the human reference.
        machine: the machine references by writer.
        passages: what is set apart before scoring.
        when: "auto" adapts from `ENOUGH` texts a side on, unless the detector was made from these
            very texts.
        sources: of the task: what a text takes from one counts little, if most texts do.
        seed: of folds.
        progress: told of every model that is fitted.

    Raises:
        UnusableReference: "always", and too few references.
    """
    unasked = when == "auto"
    if when != "always" and (people is None or not machine):
        return None, ()
    if when == "off":
        return None, (not_adapted("Not adapted: it was to stay as it is (--adapt off).", _GAIN),)
    if unasked and isinstance(general, AdaptedDetector):
        return None, (not_adapted("Not adapted anew: this detector is adapted already.", _ANEW),)
    if people is None or not machine:
        raise UnusableReference(
            "adapting needs texts of both sides: known-human ones (--human) and machine ones "
            "(--machine), 20 or more each"
        )
    own = _own_texts(people, machine, Preparation(passages), seed)
    if unasked and (against := _against(general, own)):
        return None, against
    progress.stage("adapting the detector")
    lent = _lent(sources, own)
    detector = adapt_detector(general, own, sources=lent, seed=seed, progress=progress)
    return Own(own, detector, general, sources=lent), ()


def _lent(sources: Sources | None, own: OwnTexts) -> tuple[str, ...]:
    """The sources, if most texts of both sides repeat some of one: else the task is not on them."""
    if sources is None:
        return ()
    human = np.array([writer == HUMAN for writer in own.writer])
    repeats = np.array([sources.containment(text) > 0 for text in own.texts])
    return sources.texts if min(repeats[human].mean(), repeats[~human].mean()) >= _LEANING else ()


def _against(general: Scorer, own: OwnTexts) -> tuple[Diagnostic, ...]:
    """What speaks against adapting: few texts of a side, some on both, or the detector's own."""
    pairs = list(zip(own.texts, own.writer, strict=True))
    people = {text for text, writer in pairs if writer == HUMAN}
    machine = {text for text, writer in pairs if writer != HUMAN}
    known = getattr(general, "fitted_on", None)
    if min(len(people), len(machine)) < ENOUGH:
        return (left_as_it_is(len(people), len(machine)),)
    if (both := len(people & machine)) or (known is not None and known(own.texts).any()):
        return (left_as_it_is(len(people), len(machine), both=both),)
    return ()


def _own_texts(
    people: Corpus, machine: Mapping[str, Corpus], prepare: Preparation, seed: int
) -> OwnTexts:
    texts: list[str] = []
    writer: list[str] = []
    links: list[str] = []
    kinds: list[tuple[str, ...]] = []
    most = max(LEAST_TEXTS, _MOST_A_SIDE // max(len(machine), 1))
    for name, corpus in {HUMAN: people, **machine}.items():
        table = draw_sample(corpus, _MOST_A_SIDE if corpus is people else most, seed=seed)
        texts += [prepare(text) for text in table["text"].to_pylist()]
        writer += [HUMAN if corpus is people else _not_human(name)] * table.num_rows
        links += _links(table, corpus is people)
        kinds += [(HUMAN,) if corpus is people else _kinds(name, table)] * table.num_rows
    return OwnTexts(texts, writer, _groups(texts, links), kinds)


def _kinds(name: str, table: pa.Table) -> tuple[str, ...]:
    """The generator and the style of one writer's texts, where they all state the same."""
    stated = {
        column: set(table[column].to_pylist()) for column in _STATED if column in table.column_names
    }
    return tuple(
        f"{column} {values.pop()}" for column, values in stated.items() if len(values) == 1
    ) or (name,)


def _not_human(name: str) -> str:
    return f"{name} (machine)" if name == HUMAN else name


def _links(table: pa.Table, human: bool) -> list[str]:
    """What each text was made from: a machine text goes with the human text it was made from."""
    ids = [str(one) for one in table["id"].to_pylist()]
    if human:
        return [f"human {one}" for one in ids]
    origin = (
        table["human_id"].to_pylist() if "human_id" in table.column_names else [None] * len(ids)
    )
    pairs = zip(origin, ids, strict=True)
    return [f"machine {one}" if source is None else f"human {source}" for source, one in pairs]


def _groups(texts: Sequence[str], links: Sequence[str]) -> list[str]:
    """Texts that are copies of each other, or made from one another, have the same group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    copies = NearDuplicates()
    copies.extend(list(texts))
    cluster, n = copies.clusters(), len(texts)
    link = np.unique(np.array(links), return_inverse=True)[1]
    rows = np.tile(np.arange(n), 2)
    columns = np.concatenate([n + cluster, n + cluster.max() + 1 + link])
    size = int(columns.max()) + 1
    graph = coo_array((np.ones(2 * n), (rows, columns)), shape=(size, size))
    return [str(one) for one in connected_components(graph, directed=False)[1][:n]]


def explained_by_either(
    human: ReferenceFit | None, machine: ReferenceFit | None
) -> ReferenceFit | None:
    """How the references together describe a corpus: a text is foreign that neither explains.

    An adapted detector calls machine what is like the machine references, so a text in their words
    need not be taken for one by people of another kind. That the corpus differs from the human
    reference alone, as any with machine texts does, then says nothing: the two differ where more
    texts are unlike both than chance puts there.
    """
    if human is None or machine is None:
        return human
    neither = human.unlike & machine.unlike
    return replace(
        human,
        p_value=max(unlike_by_chance(neither, size) for size in (human.size, machine.size)),
        unexplained=min(human.unexplained, machine.unexplained),
        other_kind=min(human.other_kind, machine.other_kind),
        unlike=neither,
        foreign=human.foreign & machine.foreign,
        beyond=human.beyond & machine.beyond,
        either=True,
    )


def measure(
    own: Own,
    docs: ScoredDocuments,
    *,
    level: float,
    seed: int,
    progress: Progress = quiet,
) -> Adaptation:
    """What adapting changed, on the documents whose texts were kept (500 at most, at random)."""
    progress.stage("measuring what adapting changed")
    texts = [*docs.sample.values()]
    people = sum(writer == HUMAN for writer in own.detector.own.writer)
    evidence = _evidence(own.detector, texts)
    easy = without_hard(evidence)
    return Adaptation(
        human=people,
        machine=len(own.detector.own.writer) - people,
        folds=own.detector.folds,
        writers=_writers(own.detector),
        left_out=_left_out(own.detector),
        compared=len(texts),
        before=_before(own, texts, level, seed),
        after=estimate(evidence, level=level, seed=seed).share,
        without_hard=None if easy is None else estimate(easy, level=level, seed=seed).share,
        control=_control(own, texts, level, seed, progress),
        confounds=_confounds(own.texts),
        tiers=own.tiers,
    )


def _writers(detector: FittedDetector) -> tuple[Writer, ...]:
    who = np.array(detector.own.writer)
    people, before = detector.own_scores(), detector.before
    rows = []
    for name in sorted(set(detector.own.writer) - {HUMAN}):
        theirs = detector.own_scores(name)
        rows.append(
            Writer(
                name=name,
                texts=theirs.size,
                before=_auc(before[who == HUMAN], before[who == name]),
                after=_auc(people, theirs),
                caught=float(np.mean(theirs > np.quantile(people, 0.95))),
            )
        )
    return tuple(rows)


def _left_out(detector: FittedDetector) -> tuple[LeftOut, ...]:
    own, before = detector.own, detector.before
    people = before[np.array(own.writer) == HUMAN]
    rows = []
    for one in detector.library or ():
        name = one.generator
        theirs = before[np.array([name in kinds for kinds in own.kinds])]
        auc = _auc(people, theirs)
        rows.append(LeftOut(name, theirs.size, auc, one.auc, one.caught()))
    return tuple(rows)


def _auc(human: np.ndarray, machine: np.ndarray) -> float:
    return Cluster("", "", human, machine).auc


def _before(own: Own, texts: Sequence[str], level: float, seed: int) -> Interval:
    who, scores = np.array(own.detector.own.writer), own.detector.before
    library = library_of(own.general)
    evidence = Evidence(
        scores=np.asarray(own.general.score(texts), np.float64),
        human=scores[who == HUMAN],
        machine={str(name): scores[who == name] for name in set(who) - {HUMAN}},
        library=library,
        comparable=bool(library),
    )
    return estimate(evidence, level=level, seed=seed).share


def _evidence(detector: FittedDetector, texts: Sequence[str]) -> Evidence:
    names = sorted(set(detector.own.writer) - {HUMAN})
    library, trained = known_clusters(detector)
    return Evidence(
        scores=detector.score(texts),
        human=detector.own_scores(),
        machine={name: detector.own_scores(name) for name in names},
        library=library,
        trained=trained,
        comparable=False,
        adapted=True,
    )


def _control(
    own: Own, texts: Sequence[str], level: float, seed: int, progress: Progress
) -> LengthControl | None:
    """The estimate with every text cut at the length that nine in ten of either side have."""
    who = np.array(own.texts.writer)
    lengths = np.array([len(text) for text in own.texts.texts])
    at = int(min(np.quantile(side, 0.1) for side in (lengths[who == HUMAN], lengths[who != HUMAN])))
    if at < _SHORTEST_CUT:
        return None
    cut = own.texts._replace(texts=[_cut(text, at) for text in own.texts.texts])
    try:
        detector = adapt_detector(
            own.general, cut, sources=own.sources, seed=seed, progress=progress
        )
        if isinstance(own.detector, FittedTier):
            detector = with_tier(detector, own.detector.tier, seed=seed, progress=progress)
    except UnusableReference:
        return None
    evidence = _evidence(detector, [_cut(text, at) for text in texts])
    share = estimate(evidence, level=level, seed=seed).share
    machine = [detector.own_scores(name) for name in set(detector.own.writer) - {HUMAN}]
    return LengthControl(at, share, _auc(detector.own_scores(), np.concatenate(machine)))


def _cut(text: str, at: int) -> str:
    """The first `at` characters, to the last whole word."""
    return text if len(text) <= at else text[: at + 1].rpartition(" ")[0] or text[:at]


_SIGNS: dict[str, Callable[[str], float]] = {
    "length": len,
    "line breaks": lambda text: text.count("\n") / max(len(text), 1),
    "digits": lambda text: sum(map(str.isdigit, text)) / max(len(text), 1),
    "capital letters": lambda text: sum(map(str.isupper, text)) / max(len(text), 1),
    "Markdown": lambda text: len(re.findall(r"(?m)^\s*(?:[#*-]|\d+\.)\s|\*\*", text)),
    "sentence length": lambda text: len(text) / max(len(re.findall(r"[.!?。！？]+", text)), 1),
    "dashes": lambda text: len(re.findall("[–—]", text)) / max(len(text), 1),
    "curly quotation marks": lambda text: len(re.findall("[“”‘’]", text)) / max(len(text), 1),
}


def _confounds(own: OwnTexts) -> tuple[Confound, ...]:
    human = np.array([writer == HUMAN for writer in own.writer])
    found = []
    for name, sign in _SIGNS.items():
        values = np.array([sign(text) for text in own.texts], np.float64)
        auc = length_auc(values[human], values[~human])
        if auc >= _CONFOUND:
            found.append(Confound(name, auc))
    return tuple(sorted(found, key=lambda one: -one.auc))
