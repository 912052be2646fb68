"""What limits a forecast, found in what it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wellhead.recursion.forecast.course import Course
from wellhead.recursion.forecast.result import Caveat, ModelOutlook
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.vocabulary import Vocabulary
from wellhead.recursion.forecast.words import WordCounts
from wellhead.report.numbers import number, percent

__all__ = ["of"]

_LONG_WORDS = 18.0
FEW_OBSERVED = 4  # below, a trend has too few degrees of freedom
_TOKENS_PER_WORD = 100.0


def of(
    regime: str,
    assay: Mapping[str, Any] | None,
    share: Range | Course | None,
    words: WordCounts | None,
    vocabulary: Vocabulary | None,
    models: tuple[ModelOutlook, ...],
) -> tuple[Caveat, ...]:
    """Every caveat that applies, the general one first."""
    found = [
        Caveat(
            "regular_estimators_only",
            "note",
            "The inflation constants are exact for regular estimators with many samples per "
            "parameter; a neural language model that truncates its sampling is not one.",
            "For language models take them as orientation: the order of the regimes and the "
            "direction of a change carry over, the size does not.",
        )
    ]
    if isinstance(share, Course) and set(share.point.sizes) - {1.0}:
        found.append(
            Caveat(
                "sizes_change",
                "warning",
                "The training sets of this table change in size, and larger ones inflate less.",
                "Shares and regimes that would keep a limit are told for sets as large as the "
                "first.",
            )
        )
    found += _of_assay(assay, share)
    if words is not None:
        found += _of_words(words, vocabulary, regime)
    if vocabulary is not None:
        found += _of_models(vocabulary, models)
    return tuple(found)


def _of_assay(assay: Mapping[str, Any] | None, share: Range | Course | None) -> Iterator[Caveat]:
    if assay is None or share is None:
        return
    if isinstance(share, Range):
        yield Caveat(
            "share_of_today",
            "note",
            "The assay counts documents, and was made of the text of today.",
            "The forecast takes its share for every later generation; if the web fills up with "
            "machine text, the real share falls and inflation is higher than forecast.",
        )
    if assay.get("upper_bound_only"):
        yield Caveat(
            "share_bounded_above_only",
            "warning",
            "The assay could only bound the machine share from above.",
            "Only the low end of the real share, and so the high end of the inflation, informs.",
        )


def _of_models(vocabulary: Vocabulary, models: tuple[ModelOutlook, ...]) -> Iterator[Caveat]:
    effective = vocabulary.effective
    if len(models) > 1:
        yield Caveat(
            "model_class_open",
            "warning",
            "How many words are left depends on the class of models, and "
            f"{len(models)} classes are allowed for.",
            "Name the class with --model, or measure it on this corpus with --calibrate; the "
            "interval is then narrower.",
        )
    if effective.how == "calibrated":
        yield Caveat(
            "calibrated_by_ngrams",
            "note",
            "The interval spans n-gram models of the classes named, run on a sample of this "
            "corpus.",
            "A network is not among them; the text that the words made up and the table by "
            "frequency follow from the same number of draws, which was measured on distinct words.",
        )
    if effective.how == "fitted" and effective.observations < FEW_OBSERVED:
        yield Caveat(
            "few_observations",
            "warning",
            f"Only {effective.observations} of the later vocabularies were seen.",
            "They say little about generations after them: the interval is open below. Observe at "
            f"least {FEW_OBSERVED} generations.",
        )


def _of_words(words: WordCounts, vocabulary: Vocabulary | None, regime: str) -> Iterator[Caveat]:
    if vocabulary is None:
        yield Caveat(
            "no_theory_of_words",
            "note",
            f"The survival of words has no closed form under {regime}.",
            "Only inflation is forecast; the laboratory simulates the rest.",
        )
    if vocabulary is not None and regime in ("fresh-real", "changing-share"):
        yield Caveat(
            "new_text_like_the_corpus",
            "note",
            "New real text is taken to use every word as often as the corpus does.",
            "Words that the corpus has once are rarer than that in new text: fewer of them may be "
            "left than forecast.",
        )
    per_word = words.tokens / words.types
    if per_word < _TOKENS_PER_WORD:
        yield Caveat(
            "few_words_per_type",
            "note",
            f"The corpus has {number(per_word)} words of text for each distinct word, and "
            f"{percent(words.once / words.types)} of the distinct words occur once.",
            "Their frequencies are far from the regular regime: for rare words look at the "
            "vocabulary forecast, not at the inflation.",
        )
    if words.length is not None and words.length > _LONG_WORDS:
        yield Caveat(
            "script_without_spaces",
            "warning",
            f"Distinct words have {number(words.length)} characters on average.",
            "The text may be in a script without spaces, or hold much that is not text; split it "
            "into words first and read it with the rule 'spaces'.",
        )
