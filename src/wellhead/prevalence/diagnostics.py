"""Every check of an assay that applies, as diagnostics, warnings first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wellhead.corpus.language import identified
from wellhead.corpus.words import has_unspaced, reckons
from wellhead.detect import Cluster, Scorer
from wellhead.prevalence.adapt_diagnostics import adapt_checks
from wellhead.prevalence.adapt_result import Adaptation
from wellhead.prevalence.checks import (
    beside_labels,
    check_detectability,
    check_documents,
    check_human_reference,
    check_languages,
    check_length_confound,
    check_lengths,
    check_reference_fit,
)
from wellhead.prevalence.documents import ScoredDocuments
from wellhead.prevalence.estimate import Estimate, Evidence
from wellhead.prevalence.reference import MINIMUM_ANCHOR
from wellhead.prevalence.result import Diagnostic
from wellhead.prevalence.withholding import Doubt
from wellhead.report.numbers import percent

__all__ = ["diagnostics", "judged_in"]


def diagnostics(
    docs: ScoredDocuments,
    human: ScoredDocuments | None,
    machine: Mapping[str, ScoredDocuments],
    evidence: Evidence,
    found: Estimate,
    labels_drawn: str,
    against: Doubt | None = None,
    adapted: Adaptation | None = None,
    also: Sequence[Diagnostic] = (),
) -> tuple[Diagnostic, ...]:
    """Every check that applies, those made elsewhere (`also`) among them, warnings first."""
    rows = docs.evidence
    checks: list[Diagnostic | None] = [*_of_labels(evidence, labels_drawn), _agreement(found)]
    often, seldom = _prepared(docs)
    # Evasion comes early where it is common: a terminal shows two warnings.
    checks += often
    if adapted is not None:
        checks += adapt_checks(adapted)
    if human is not None and evidence.human is not None:
        auc = {
            name: Cluster("", name, evidence.human, scores).auc
            for name, scores in evidence.machine.items()
        }
        visible = check_detectability(found.stands_out, found.clear_part, auc, found.if_seen)
        checks += [
            _enough_humans(evidence.human.size),
            _trained_on(docs, human) if adapted is None else None,
            check_human_reference(evidence.scores, evidence.human),
            _of_share(evidence, found, visible),
            check_lengths(docs.characters[rows], human.characters[human.evidence]),
            check_languages(identified(docs.sample.values()), identified(human.sample.values())),
            check_reference_fit(against, labelled=evidence.labels is not None),
        ]
        if machine and adapted is None:
            lengths = np.concatenate([part.characters[part.evidence] for part in machine.values()])
            checks.append(check_length_confound(human.characters[human.evidence], lengths))
    repeats = int((~docs.first).sum())
    checks += check_documents(rows.size, docs.words[rows], repeats, docs.census.documents)
    checks += [*also, *seldom, _reckoned(docs), _unusable(docs), _guesses(docs, human, machine)]
    order = {"warning": 0, "note": 1, "ok": 2}
    return tuple(sorted((c for c in checks if c is not None), key=lambda c: order[c.severity]))


def judged_in(scorer: Scorer) -> Diagnostic:
    """That the detector was chosen by the language of the corpus."""
    return Diagnostic(
        "Which detector judged?",
        "note",
        f"Most documents are in one language ({', '.join(getattr(scorer, 'languages', ()))}), so "
        f"{scorer.name} judged them.",
        f"It learned from fewer texts than the English detector: wellhead detector show "
        f"{scorer.name} says from which, and how wrong it is. Another is used with --detector.",
        code="detector-language",
    )


def _of_labels(evidence: Evidence, drawn: str) -> list[Diagnostic]:
    if evidence.labels is None or drawn == "random":
        return []
    return [
        Diagnostic(
            "How were the audited documents chosen?",
            "warning",
            "Nobody stated that they were drawn at random.",
            "If they were chosen because they looked suspicious, or because their authors "
            "answered, the estimate is wrong by an unknown amount. Say --labels-drawn random only "
            "if it is true.",
            code="label-sampling",
        )
    ]


def _of_share(evidence: Evidence, found: Estimate, visible: Diagnostic) -> Diagnostic | None:
    """Whether the generator shows, where there is a share for it to bear on."""
    if evidence.labels is not None:
        return beside_labels(visible)
    return None if np.isnan(found.share.point) else visible


def _agreement(found: Estimate) -> Diagnostic | None:
    """Labels put the share below what the human reference allows: both cannot be right."""
    if found.contradicted is None:
        return None
    return Diagnostic(
        "Do the audited labels and the human reference agree?",
        "warning",
        f"No. By the labels at most {percent(found.share.high, up=True)} are machine-written, by "
        f"the human reference {percent(found.contradicted, down=True)} or more.",
        "One of the two is not what it is taken for: the audited documents were not drawn at "
        "random, or some labels are wrong, or the known-human texts are not of the same kind. "
        "Believe neither, nor the flags, until you know which.",
        code="labels-against-reference",
    )


def _enough_humans(count: int) -> Diagnostic | None:
    if count >= MINIMUM_ANCHOR:
        return None
    return Diagnostic(
        "Is the human reference large enough?",
        "warning",
        f"{count} distinct known-human texts; {MINIMUM_ANCHOR} to 100 are wanted.",
        "The guarantee of the flags still holds on average, but this one reference may be far off, "
        "and few documents can be flagged.",
        code="reference-size",
    )


def _trained_on(docs: ScoredDocuments, human: ScoredDocuments) -> Diagnostic | None:
    reference, corpus = int(human.trained_on.sum()), int(docs.trained_on.sum())
    if not (reference or corpus):
        return None
    return Diagnostic(
        "Was the detector trained on these texts?",
        "warning",
        f"It was fitted on {reference:,} of the {human.scores.size:,} reference texts and "
        f"{corpus:,} of the {docs.scores.size:,} documents.",
        "They count with the score of a model that had not seen them. That model differs a little "
        "from the one that scores the rest, so that p-values, flags and the at-least bound hold "
        "approximately, not exactly. Known-human texts kept out of the training make them exact.",
        code="trained-on",
    )


_COMMON = 0.05  # of the documents
_PREPARED = {
    "passages": (
        "shared-passages",
        "Do many documents share a passage?",
        "hold a passage that many others hold, too",
        "Such passages were set apart before scoring, here and in the references: they say nothing "
        "about who wrote the rest.",
    ),
    "invisible": (
        "hidden-characters",
        "Are there invisible characters?",
        "hold invisible characters between letters (shown as ·)",
        "They were removed before scoring. They come with copying from some programs and pages, "
        "and are also a known way to mislead detectors.",
    ),
    "look-alikes": (
        "look-alikes",
        "Are there letters of other scripts that look like Latin ones?",
        "hold words in which letters of another script pass for Latin ones",
        "They were read as the letters they look like. People hardly ever type such words; it is a "
        "known way to mislead detectors.",
    ),
    "tells": (
        "tells",
        "Does a program name itself?",
        "hold a phrase that chat programs leave behind",
        "Read these documents: the phrase can also be a quotation. It does not change the share.",
    ),
}


def _prepared(docs: ScoredDocuments) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """What was folded, set apart or found literally while reading: in many texts, and in few."""
    found = docs.found
    often: list[Diagnostic] = []
    seldom: list[Diagnostic] = []
    for what, (code, name, finding, consequence) in _PREPARED.items():
        if not (count := found.counts[what]):
            continue
        told = Diagnostic(
            name,
            "note" if what == "passages" else "warning",
            f"{count:,} of {docs.scores.size:,} documents {_verb(count, finding)}, for example "
            f"“{found.examples[what][:120]}”.",
            consequence,
            code=code,
        )
        (often if count >= _COMMON * docs.scores.size else seldom).append(told)
    return often, seldom


def _verb(count: int, finding: str) -> str:
    return finding.replace("hold", "holds", 1) if count == 1 else finding


def _reckoned(docs: ScoredDocuments) -> Diagnostic | None:
    """Words that nothing separates were not counted but reckoned."""
    texts = docs.sample.values()
    if not reckons() or sum(map(has_unspaced, texts)) < 0.1 * len(texts) or not texts:
        return None
    return Diagnostic(
        "How were words counted?",
        "note",
        "Some texts are in a script without spaces between words; their words were estimated from "
        "the letters, which is right within a fifth.",
        "Numbers of words, as in a sentence, are estimates; the share hardly depends on them. With "
        "pip install 'wellhead[languages]' a dictionary counts them.",
        code="words-reckoned",
    )


def _unusable(docs: ScoredDocuments) -> Diagnostic | None:
    if not docs.census.unusable:
        return None
    listed = ", ".join(f"{count:,} {reason}" for reason, count in docs.census.unusable.items())
    share = sum(docs.census.unusable.values()) / max(docs.census.rows, 1)
    return Diagnostic(
        "Could every row be used?",
        "warning" if share > 0.05 else "note",
        f"{100 * share:.1f} % of the rows could not be used: {listed}.",
        "The share is that of the usable documents; if the others differ, it is not that of all.",
        code="unusable-rows",
    )


def _guesses(
    docs: ScoredDocuments, human: ScoredDocuments | None, machine: Mapping[str, ScoredDocuments]
) -> Diagnostic | None:
    """What was decided unasked about the corpus; and about the references, with what they lost."""
    notes = list(docs.notes)
    known = {} if human is None else {"human reference": human}
    for what, part in (
        known | {f"machine texts '{name}'": p for name, p in machine.items()}
    ).items():
        notes += [f"{what}: {note}" for note in part.notes]
        lost = [f"{count:,} {reason}" for reason, count in part.census.unusable.items()]
        notes += [f"{what}: rows that could not be used: {', '.join(lost)}"] if lost else []
    if not notes:
        return None
    return Diagnostic(
        "What was guessed?",
        "note",
        " ".join(f"{note[0].upper()}{note[1:]}." for note in dict.fromkeys(notes)),
        "Say it yourself (--text-column) if a guess is wrong.",
        code="guesses",
    )
