"""What becomes of a corpus's words, from everything that a forecast was told about them.

In: the text or its counts, how generations are trained, what is known of the models. Out: the
words, their survival, and the same by class of models and by regime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from wellhead.errors import BadSetting
from wellhead.recursion.forecast.calibration import calibrated
from wellhead.recursion.forecast.course import REGIME as CHANGING
from wellhead.recursion.forecast.course import Course
from wellhead.recursion.forecast.effective import EffectiveSize, fitted_size, given_size, sized
from wellhead.recursion.forecast.models import MODELS, classes_named
from wellhead.recursion.forecast.result import ModelOutlook, RegimeOutlook
from wellhead.recursion.forecast.risk import inflation_of
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.vocabulary import Vocabulary, vocabulary_of
from wellhead.recursion.forecast.web import REGIME as WEB
from wellhead.recursion.forecast.web import Web
from wellhead.recursion.forecast.words import WordCounts, count_words, documents_of, of_counts
from wellhead.recursion.theory import branching
from wellhead.recursion.theory.regimes import MIXES, REGIMES

__all__ = ["Loop", "ModelsTold", "Outlook", "Text", "outlook_of"]


@dataclass(frozen=True)
class Text:
    """The text of generation 0: a corpus, or how often its words occur."""

    corpus: Any = None
    counts: Mapping[Any, int] | Iterable[int] | WordCounts | None = None
    rule: str = "letters"
    show: bool = False

    def opened(self) -> Text:
        """With the corpus opened once; every corpus can be read again."""
        if self.corpus is None:
            return self
        if self.counts is not None:
            raise BadSetting("give a corpus or counts, not both")
        from wellhead.corpus import open_corpus

        return Text(open_corpus(self.corpus), None, self.rule, self.show)

    def words(self) -> WordCounts | None:
        """The counts of its words."""
        if self.corpus is not None:
            return count_words(self.corpus, rule=self.rule, show_progress=self.show)
        if self.counts is None or isinstance(self.counts, WordCounts):
            return self.counts
        return of_counts(self.counts)

    def documents(self, words: WordCounts) -> Iterator[list[str]]:
        """The words of each document."""
        if self.corpus is None:
            raise BadSetting("a calibration reads the text itself: give a corpus, not counts")
        return documents_of(self.corpus, words.rule)


class Loop(NamedTuple):
    """How generations are trained: the regime, the last one, and the share that is real."""

    regime: str
    last: int
    share: Range | Course | Web | None


@dataclass(frozen=True)
class ModelsTold:
    """What is known of the models: their classes, or what a generation of theirs is worth."""

    models: str | Iterable[str] | None = None
    calibrate: bool = False
    effective_samples: float | None = None
    observed: Mapping[int, float] | None = None
    seed: int = 0

    def measured(self, words: WordCounts | None, loop: Loop) -> EffectiveSize | None:
        """The effective size that was given or follows from what was observed."""
        if self.effective_samples is not None and self.observed is not None:
            raise BadSetting("give effective_samples or observed, not both")
        given = self.effective_samples is not None or self.observed is not None
        if given and words is None:
            raise BadSetting("an effective size belongs to a corpus: give corpus or counts")
        if self.calibrate and (given or words is None):
            raise BadSetting("give a corpus, and one of calibrate, effective_samples and observed")
        if words is None or not given:
            return None
        if self.effective_samples is not None:
            return given_size(self.effective_samples, words)
        return fitted_size(
            self.observed or {},
            words,
            regime=loop.regime,
            real_share=loop.share.point if loop.share else None,
            generations=loop.last,
        )

    def courses(self, text: Text, words: WordCounts, loop: Loop) -> dict[str, list[Range]]:
        """Effective draws per word by generation, of each class."""
        classes = classes_named(self.models)
        runs = self.calibrate and loop.regime in branching.REGIMES
        if not runs or isinstance(loop.share, Course | Web):
            return {one: [MODELS[one].ratio] for one in classes}
        return calibrated(
            text.documents(words),
            words,
            classes,
            regime=loop.regime,
            generations=loop.last,
            real_share=loop.share,
            seed=self.seed,
            show=text.show,
        )


class Outlook(NamedTuple):
    """What is known of the words: their counts, their survival, the same by class of models."""

    words: WordCounts | None
    size: EffectiveSize | None
    vocabulary: Vocabulary | None
    models: tuple[ModelOutlook, ...]

    def regimes(self, loop: Loop) -> tuple[RegimeOutlook, ...]:
        """Every regime for which the given numbers suffice.

        What was measured under the regime asked for says nothing of words under another.
        """
        measured = self.size is not None and self.size.how in ("calibrated", "fitted")
        own = [loop.regime] if loop.regime in (CHANGING, WEB) else []
        plain = loop.share.share if isinstance(loop.share, Web) else loop.share
        found = []
        for name in (*REGIMES, *own):
            mixed = loop.share if name in own else plain if name in MIXES else None
            if name in MIXES and not isinstance(mixed, Range):
                continue
            other = Loop(name, loop.last, mixed)
            known = None if measured and name != loop.regime else self.size
            course, words = inflation_of(*other), _vocabulary(self.words, other, known)
            left = None if words is None else words.generations[-1].words
            found.append(RegimeOutlook(name, course.last, course.limit, left))
        return tuple(found)


def outlook_of(text: Text, loop: Loop, told: ModelsTold) -> Outlook:
    """The outlook; without any text it is empty."""
    text = text.opened()
    words = text.words()
    classes_named(told.models)
    size = told.measured(words, loop)
    if words is None:
        return Outlook(None, None, None, ())
    models = []
    if size is None:
        courses = told.courses(text, words, loop)
        how = "calibrated" if told.calibrate else "model class"
        size = sized(words, how, courses.values())
        for name, ratios in courses.items():
            own = _vocabulary(words, loop, sized(words, "model class", [ratios]))
            if own is not None:
                models.append(ModelOutlook(name, own.generations[-1].words))
    return Outlook(words, size, _vocabulary(words, loop, size), tuple(models))


def _vocabulary(
    words: WordCounts | None, loop: Loop, size: EffectiveSize | None
) -> Vocabulary | None:
    known = loop.regime in (*branching.REGIMES, CHANGING, WEB)
    if words is None or size is None or not known:
        return None
    regime, last, share = loop
    return vocabulary_of(words, regime=regime, generations=last, share=share, effective=size)
