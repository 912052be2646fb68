"""Checks of what the estimate assumes, each in plain words with its consequence.

In: the scores and lengths of corpus and references. Out: `Diagnostic`s. A check never changes the
numbers; it tells the reader what they are worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from wellhead._stats import Interval
from wellhead.corpus.language import Languages, named
from wellhead.detect.choice import seldom_read
from wellhead.prevalence.reference_fit import ReferenceFit
from wellhead.prevalence.result import Diagnostic, Severity
from wellhead.prevalence.withholding import FEW_DOCUMENTS, Doubt
from wellhead.report.numbers import interval

__all__ = [
    "FAINT",
    "check_detectability",
    "check_documents",
    "check_human_reference",
    "check_known_languages",
    "check_languages",
    "check_length_confound",
    "check_lengths",
    "check_reference_fit",
    "length_auc",
]

# Below this part of the machine documents that stands out clearly, a generator counts as faint.
FAINT = 0.4
_ALPHA = 0.01
_SHORT_WORDS = 50
_FEW_DOCUMENTS = 50


def check_human_reference(scores: np.ndarray, human: np.ndarray) -> Diagnostic:
    """Whether the low scores of the corpus look like the low scores of the human reference.

    Machine documents score high, so the lower half of the reference's range is where the human
    documents of the corpus should look like the reference. Two tests, each at 1 %: too many
    documents lie below what any human share could put there (beta-binomial, exact), or the
    scores below the reference's median are spread differently (Kolmogorov-Smirnov).
    """
    from scipy.stats import betabinom, ks_2samp

    anchors = np.sort(human)
    m, n = anchors.size, scores.size
    k = max(1, m // 5)
    lower = int(np.count_nonzero(scores <= anchors[k - 1]))
    too_human = float(betabinom.sf(lower - 1, n, k, m + 1 - k))
    half = anchors[: max(2, m // 2)]
    below = scores[scores <= half[-1]]
    shape = float(ks_2samp(below, half).pvalue) if below.size >= 20 else 1.0
    name = "Does the human reference describe this corpus?"
    if too_human < _ALPHA:
        return Diagnostic(
            name,
            "warning",
            f"{100 * lower / n:.0f} % of the documents score as low as the lowest "
            f"{100 * k / m:.0f} % of the human reference: the corpus holds text "
            "that looks more human than the reference does.",
            "The two are of different kinds. Flags stay cautious, but the share is likely too low; "
            "bring known-human texts of the same kind, length and period.",
            code="reference-scores",
        )
    if shape < _ALPHA:
        return Diagnostic(
            name,
            "warning",
            "The low scores of the corpus, which should be its human documents, are spread "
            f"differently from the human reference (p = {shape:.1g}).",
            "Reference and corpus may be of different kinds, and then neither the interval nor the "
            "flags keep their promise. Compare topics, length, period and language.",
            code="reference-scores",
        )
    return Diagnostic(
        name,
        "ok",
        "The low scores of the corpus are spread like those of the human reference.",
        "The scores say nothing against the reference; a difference too small for this many "
        "documents could still hide.",
        code="reference-scores",
    )


def check_reference_fit(against: Doubt | None, *, labelled: bool) -> Diagnostic | None:
    """Whether words and layout, which the score does not need, tell reference and corpus apart.

    Args:
        against: the comparison; None where there were too few texts.
        labelled: the share rests on audited labels.
    """
    if against is None:
        return None
    fit = against.fit
    name = "Is the human reference the same kind of text?"
    share = " The share rests on the audited labels and stands." if labelled else ""
    severity: Severity = "note" if labelled else "warning"
    if fit.gross:
        return Diagnostic(
            name,
            "warning" if against.in_vain else severity,
            f"{100 * fit.other_kind:.0f} % or more of the documents do not look like the human "
            f"reference, by their words{_seen(fit)}.",
            (
                "Nothing is claimed by comparison with it: no bound, no p-value, no flag."
                if against.in_vain
                else _BEYOND
            )
            + share,
            code="reference-kind",
        )
    if fit.different:
        return Diagnostic(
            name,
            severity,
            f"{100 * fit.unlike.mean():.0f} % of the documents are, each by itself, plainly unlike "
            f"{'either' if fit.either else 'the human'} reference in words and layout{_seen(fit)}.",
            "They may be machine text, or people of another kind. The at-least bound, the lower "
            "end and the flags allow for such people; the upper end leaves room for machine text "
            "that the scores do not show." + share,
            code="reference-kind",
        )
    return Diagnostic(
        name,
        "ok",
        "Words and layout set no more texts apart from the human and machine references than "
        "chance does."
        if fit.either
        else "Words and layout do not tell the two apart.",
        "Words and layout say nothing against the reference.",
        code="reference-kind",
    )


_BEYOND = (
    "Their scores lie above those of people of any kind that the detector was tried on, so that "
    "much is by machines; the bound, the lower end and the flags count only what lies above. "
    "Human texts of the same kind would make the answer sharper."
)


def _seen(fit: ReferenceFit) -> str:
    """What a reader can see of the difference."""
    seen = [*fit.layout, *(f"words such as “{word}”" for word in fit.words[0][:1])]
    return f" ({'; '.join(seen)})" if seen else ""


def check_detectability(
    evidence_of_machine: bool,
    clear: float | None,
    auc: Mapping[str, float],
    if_seen: Interval | None = None,
) -> Diagnostic:
    """Whether anything machine-like can be told from human text here.

    Args:
        evidence_of_machine: the generator-free test rejects a share of zero.
        clear: the part of the machine documents that scores above 95 % of people.
        auc: for each machine reference of the user, the probability that one of its texts
            scores above a human text.
        if_seen: the narrower interval, where the one shown allows for a generator that the
            detector cannot see.
    """
    name = "Can the generator be detected at all?"
    blind = [f"{who} ({value:.2f})" for who, value in auc.items() if value < 0.6]
    if blind:
        return Diagnostic(
            name,
            "warning",
            "The detector cannot tell these machine references from human text (probability of a "
            f"machine text scoring higher, 0.5 = blind): {', '.join(blind)}.",
            "If such a generator wrote part of the corpus, it is not counted. Train a detector on "
            "these texts (wellhead detector train) or have a random subset audited (--labels).",
            code="detectability",
        )
    if not evidence_of_machine:
        return Diagnostic(
            name,
            "note",
            "No group of documents stands out from the human reference.",
            "Only the upper end of the interval is informative. Text of a base model, or "
            "rewritten to evade, can score as people's does"
            + (
                "."
                if if_seen is None
                else "; the interval leaves room for it up to where words and layout would tell."
            ),
            code="detectability",
        )
    if clear is not None and clear < FAINT:
        return Diagnostic(
            name,
            "warning",
            f"Only {100 * clear:.0f} % of what is estimated to be machine-written scores above 95 "
            "% of people.",
            f"{_resting(if_seen)} can be too low: it rests on the shape of all scores, and a "
            "generator that is hard to see and wrote a lot looks like one that is easy to see "
            "and wrote less. Bring texts of the suspected generator (--machine), or labels of a "
            "random subset (--labels), which do not depend on it.",
            code="detectability",
        )
    return Diagnostic(
        name,
        "ok",
        "More documents score high than the human reference explains.",
        "Some machine text is certainly visible; a second, invisible generator is not excluded.",
        code="detectability",
    )


def _resting(if_seen: Interval | None) -> str:
    """The interval that the shape of the scores alone carries."""
    if if_seen is None:
        return "The interval"
    ends = interval(if_seen.low, if_seen.high, share=True)
    return f"The range if the detector can recognise the program ({ends})"


def beside_labels(check: Diagnostic) -> Diagnostic:
    """The same check where the share rests on labels, which see what no detector does."""
    if check.severity == "ok":
        return check
    return check._replace(
        severity="note",
        consequence="The share rests on the audited labels, which do not depend on it, but few "
        "such texts or none can be flagged. A detector trained on texts of the suspected "
        "generator may see them (wellhead detector train).",
    )


def check_lengths(corpus: np.ndarray, human: np.ndarray) -> Diagnostic:
    """Whether corpus and human reference are of similar length (in characters)."""
    from scipy.stats import ks_2samp

    name = "Are reference and corpus of similar length?"
    ours, theirs = float(np.median(corpus)), float(np.median(human))
    finding = (
        f"Median length {ours:,.0f} characters in the corpus, {theirs:,.0f} in the human reference."
    )
    ratio = max(ours, theirs) / max(min(ours, theirs), 1.0)
    p = float(ks_2samp(corpus, human).pvalue)
    if p < _ALPHA and ratio > 1.25:
        return Diagnostic(
            name,
            "warning",
            finding,
            "Scores of long texts are steadier than those of short ones, so a reference of another "
            "length shifts p-values and share. Match the lengths, or cut both to the same number "
            "of words.",
            code="length",
        )
    return Diagnostic(
        name,
        "ok",
        finding,
        "Length does not distort the comparison much.",
        code="length",
    )


def length_auc(human: np.ndarray, machine: np.ndarray) -> float:
    """How well length alone tells the references apart: 0.5 not at all, 1 perfectly."""
    ordered = np.sort(human)
    position = np.searchsorted(ordered, machine, "left") + np.searchsorted(
        ordered, machine, "right"
    )
    auc = float(position.mean() / (2 * ordered.size))
    return max(auc, 1 - auc)


def check_length_confound(human: np.ndarray, machine: np.ndarray) -> Diagnostic | None:
    """Whether length alone would do as a detector on the user's references."""
    auc = length_auc(human, machine)
    if auc < 0.75:
        return None
    return Diagnostic(
        "Does length give the references away?",
        "warning",
        f"Length alone tells your human from your machine references with probability {auc:.2f} "
        f"(medians {np.median(human):,.0f} and {np.median(machine):,.0f} characters).",
        "A detector trained on them can learn length instead of writing, and flags the short or "
        "the long answers of the corpus for their length. Compare the estimate on texts of equal "
        "length before trusting it.",
        code="length-confound",
    )


def check_documents(n: int, words: np.ndarray, duplicates: int, rows: int) -> list[Diagnostic]:
    """Too few documents, too short ones, and repeats."""
    found = []
    if n < _FEW_DOCUMENTS:
        found.append(
            Diagnostic(
                "Are there enough documents?",
                "warning",
                f"{n} distinct {'document' if n == 1 else 'documents'}.",
                "The interval is wide because there are few documents, not because of the method."
                if n >= FEW_DOCUMENTS
                else "Too few for a share.",
                code="few-documents",
            )
        )
    short = float(np.mean(words < _SHORT_WORDS)) if words.size else 0.0
    if short > 0.2:
        found.append(
            Diagnostic(
                "Are the documents long enough?",
                "warning" if short > 0.5 else "note",
                f"{100 * short:.0f} % of the documents have fewer than {_SHORT_WORDS} words.",
                "Short texts carry little evidence: guarantees hold, but the interval widens and "
                "few machine texts are flagged.",
                code="short-documents",
            )
        )
    if duplicates:
        found.append(
            Diagnostic(
                "Are there repeated texts?",
                "note" if duplicates < 0.1 * rows else "warning",
                f"{duplicates:,} of {rows:,} documents repeat another, in full or nearly.",
                "Copies count once as evidence. Identical answers from different "
                "people are worth a look of their own.",
                code="repeats",
            )
        )
    return found


def check_known_languages(
    found: Sequence[Languages], detector: str, known: Sequence[str]
) -> Diagnostic | None:
    """Whether documents are in languages that the detector was not made for, or in several.

    Args:
        found: what sampled documents are written in.
        detector: its name.
        known: the languages that it was made for; none where that is not known.
    """
    notes = seldom_read(found, detector, known) if known else []
    if not notes:
        return None
    return Diagnostic(
        "Does the detector know the languages?",
        "note",
        " ".join(f"Of a sample of the documents {note}" for note in notes),
        "Assay each language by itself, with human texts of that language.",
        code="languages-unknown",
    )


def check_languages(corpus: Sequence[str], human: Sequence[str]) -> Diagnostic | None:
    """Whether the languages of the reference cover those of the corpus.

    Args:
        corpus: a language code for each sampled document.
        human: the same for the human reference.
    """
    if not corpus or not human:
        return None
    ours, theirs = Counter(corpus), Counter(human)
    missing = {
        code: count / len(corpus)
        for code, count in ours.items()
        if count / len(corpus) >= 0.1 and theirs[code] / len(human) < 0.02
    }
    if not missing:
        return None
    listed = ", ".join(
        f"{named(code)} ({100 * share:.0f} %)" for code, share in sorted(missing.items())
    )
    return Diagnostic(
        "Are reference and corpus in the same languages?",
        "warning",
        f"The corpus holds languages that the human reference lacks: {listed}.",
        "Documents in these languages are judged against human texts of another language. Assay "
        "each language by itself, with its own reference.",
        code="language",
    )
