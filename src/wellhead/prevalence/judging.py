"""What the evidence says, and what is taken back of it.

In: scored documents, known texts and labels. Out: one score for each cluster of copies, the
estimate, and the doubts about it: texts of another kind than the reference, another language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wellhead._progress import Progress
from wellhead.corpus.language import foreign
from wellhead.detect import Scorer
from wellhead.detect.adapted import AdaptedDetector
from wellhead.errors import UnusableReference
from wellhead.prevalence.adapt import explained_by_either
from wellhead.prevalence.documents import ScoredDocuments
from wellhead.prevalence.estimate import Estimate, Evidence, estimate
from wellhead.prevalence.inputs import KnownTexts
from wellhead.prevalence.labels import Labels, match_labels, read_labels
from wellhead.prevalence.library import known_clusters, library_of
from wellhead.prevalence.reference_fit import ReferenceFit, reference_fit
from wellhead.prevalence.result import Withheld
from wellhead.prevalence.withholding import Doubt, doubt, hedged, withheld

__all__ = ["Judged", "gathered", "judge"]


def gathered(docs: ScoredDocuments, known: KnownTexts, labels: Any, scorer: Scorer) -> Evidence:
    """One score for each cluster of copies, of the corpus and of the references."""
    library, trained = known_clusters(scorer)
    human = known.human
    return Evidence(
        scores=docs.scores[docs.evidence],
        human=None if human is None else human.scores[human.evidence],
        machine={name: part.scores[part.evidence] for name, part in known.machine.items()},
        labels=_audited(labels, docs),
        library=library,
        trained=trained,
        comparable=not (trained or _adapted(scorer)) and bool(library_of(scorer)),
        adapted=_adapted(scorer),
        sampled=known.of_sample,
    )


def _audited(labels: Any, docs: ScoredDocuments) -> Labels | None:
    """The audited documents as indices into the evidence, each distinct text once."""
    if labels is None:
        return None
    matched = match_labels(read_labels(labels), docs.ids.to_pylist())
    place = {docs.cluster[row]: index for index, row in enumerate(docs.evidence)}
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


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the evidence says, and what is taken back of it.

    Attributes:
        evidence: what was judged.
        against: the evidence as it counts where people of another kind wrote some texts.
        why: the share cannot be said.
        found: what is claimed.
        unexplained: the part unlike the reference that the scores do not count as machine.
    """

    evidence: Evidence
    against: Doubt | None
    why: Withheld | None
    found: Estimate
    unexplained: float

    @property
    def upper_bound_only(self) -> bool:
        """Whether nothing machine-like stands out, and nothing unexplained either."""
        found = self.found
        faint = found.method == "anchored" and not found.stands_out and self.why is None
        return faint and self.unexplained <= found.share.point


def judge(
    evidence: Evidence,
    docs: ScoredDocuments,
    known: KnownTexts,
    scorer: Scorer,
    *,
    level: float,
    seed: int,
    progress: Progress,
) -> Judged:
    compared = np.searchsorted(docs.evidence, list(docs.sample))
    plain = estimate(evidence, level=level, seed=seed)
    progress.advance()
    fit = _fit(known, docs, _adapted(scorer), seed)
    progress.advance()
    against = doubt(evidence, fit, compared, plain=plain, level=level, seed=seed)
    languages = _languages_of(scorer)
    why = withheld(evidence, against, foreign(docs.sample.values(), languages), languages)
    return Judged(
        evidence=evidence,
        against=against,
        why=why,
        found=hedged(plain, evidence, against, why),
        unexplained=0.0 if against is None else against.unseen(plain.posterior, evidence.scores),
    )


def _fit(known: KnownTexts, docs: ScoredDocuments, adapted: bool, seed: int) -> ReferenceFit | None:
    """How the references fit, from the distinct texts that were kept."""
    if known.human is None:
        return None
    texts = [*docs.sample.values()]
    fit = reference_fit([*known.human.sample.values()], texts, seed=seed)
    machine = [text for part in known.machine.values() for text in part.sample.values()]
    if not (adapted and machine):
        return fit
    return explained_by_either(fit, reference_fit(machine, texts, seed=seed))


def _adapted(scorer: Scorer) -> bool:
    return isinstance(scorer, AdaptedDetector)


def _languages_of(scorer: Scorer) -> tuple[str, ...]:
    """The languages that a detector was made for; none where it does not say."""
    known: tuple[str, ...] = getattr(scorer, "languages", ())
    return known
