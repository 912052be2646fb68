"""What was found in the answers of a model: rates by version and by group, and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from wellhead._result import Result
from wellhead._stats import Interval

if TYPE_CHECKING:
    from wellhead.audit.result import Agreement

__all__ = [
    "Canaries",
    "Consensus",
    "Contrast",
    "Exceeding",
    "JudgeErrors",
    "Labelled",
    "Measure",
    "Moment",
    "Rate",
    "Reviewed",
    "Watched",
]


class Moment(NamedTuple):
    """The interval as it stood after `n` responses."""

    n: int
    low: float
    point: float
    high: float


class Labelled(NamedTuple):
    """The rate of violations by people's labels of a random sample.

    Attributes:
        labels, open: exchanges with a label that counts, and drawn ones still without.
        interval: of the average rate so far; holds at every answer and every label at once.
        once: the narrower interval for one look at a date that was fixed beforehand; None with
            fewer than ten labels, or while some are open.
        over: whether the labels refute "never above the limit".
    """

    labels: int
    open: int
    interval: Interval
    once: Interval | None
    over: bool


class Reviewed(NamedTuple):
    """What people's labels say of the judge.

    Attributes:
        drawn, labels, open: exchanges drawn, with a label that counts, and without.
        precision: part of what the judge flags that people call a violation.
        missed: part of what the judge lets pass that people call one.
        recall: part of all violations that the judge flags.
        agreement: of each pair of raters.
    """

    drawn: int
    labels: int
    open: int
    precision: Interval
    missed: Interval
    recall: Interval
    agreement: tuple[Agreement, ...] = ()


class Canaries(NamedTuple):
    """Answers of known kind among the others, and what the judge made of them.

    Attributes:
        bad, good: how many of either kind.
        recall: part of the bad ones that the judge flags, at all times.
        false_alarms: part of the good ones that it flags.
    """

    bad: int
    good: int
    recall: Interval
    false_alarms: Interval


class Rate(NamedTuple):
    """The rate of violations as the verdict sees them.

    Attributes:
        name: of the version, the group or the category.
        n, hits: responses and violations.
        interval: of the average rate so far; holds at all times at once.
        over: after how many responses "never above the limit" was refuted; None if it was not.
        changed: after how many responses a rise was first seen; None if none was.
        course: the interval at moments on the way.
        labelled: the rate by people's labels; None without a review.
        corrected: without the judge's errors as canaries show them; None without canaries.
        corrected_once: the narrower interval for one look at a date that was fixed beforehand.
    """

    name: str
    n: int
    hits: int
    interval: Interval
    over: int | None = None
    changed: int | None = None
    course: tuple[Moment, ...] = ()
    labelled: Labelled | None = None
    corrected: Interval | None = None
    corrected_once: Interval | None = None

    @property
    def alarmed(self) -> bool:
        by_labels = self.labelled is not None and self.labelled.over
        return self.over is not None or self.changed is not None or by_labels

    @property
    def best(self) -> Interval:
        """By people's labels where there are any, else by canaries, else by the judge."""
        labelled = self.labelled
        if labelled and labelled.labels:
            return labelled.interval
        return self.corrected or self.interval


class JudgeErrors(NamedTuple):
    """One judge of several: what it flagged, and how often it is right, if that can be told.

    Attributes:
        sensitivity: part of the violations that it flags.
        specificity: part of the clean answers that it lets pass.
    """

    name: str
    flagged: int
    sensitivity: Interval | None
    specificity: Interval | None


class Consensus(NamedTuple):
    """What several judges of different families say together.

    Attributes:
        rate: of all answers, at this one look; the mere range of what is possible where not
            `identified`; None where the judges could not be joined.
        model: what the interval rests on.
        identified: whether the votes determine the rate.
        judges: each with its errors.
        rests_on: what must be true for the interval to hold.
        why_not: the reason where the judges could not be joined.
    """

    rate: Interval | None
    model: str
    identified: bool
    judges: tuple[JudgeErrors, ...]
    rests_on: tuple[str, ...]
    why_not: str = ""


class Exceeding(NamedTuple):
    """One of many rates, of which it is said that it exceeds the limit.

    Attributes:
        version: of which version.
        of: "all" its answers, those of a "group", or a "category" of violations.
        name: of the group or category.
        n, hits: answers and violations.
        interval: allows for the choice among many.
        log_e: logarithm of the e-value against "never above the limit".
    """

    version: str
    of: str
    name: str
    n: int
    hits: int
    interval: Interval
    log_e: float


class Contrast(NamedTuple):
    """One version beside the one with the most answers.

    Attributes:
        difference: of the two rates, at all times.
        ratio: of the two rates, at all times, where versions were drawn at random.
        log_e: logarithm of the e-value against "the version does not predict the rate".
        differs: chosen among all contrasts with a bounded part of false ones; at random only.
    """

    version: str
    other: str
    difference: Interval
    ratio: tuple[float, float] | None
    log_e: float | None
    differs: bool


class Measure(NamedTuple):
    """Something that was measured beside each answer, such as minutes in conversation.

    Attributes:
        n: answers with a value.
        clean, violating: mean of the answers that keep the rules, and of those that do not.
        rank: mean rank of the violations among the clean answers just before; 0.5 where violations
            have no regard to the measure.
        log_e: logarithm of the e-value against that.
        associated: chosen among all measures with a bounded part of false ones.
        course: (after how many answers, mean of those since the last point).
    """

    name: str
    n: int
    clean: float | None
    violating: float | None
    rank: Interval
    log_e: float
    associated: bool
    course: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class Watched(Result):
    """Rates of violation in the responses of a model.

    Attributes:
        verdict: name and revision of the judge.
        n, hits: responses, and violations among them.
        limit: the rate that no version may exceed; None without one.
        versions, groups, categories: rates, each in the order of first appearance.
        error: probability of ever alarming for a version that keeps the limit.
        consensus: of several judges together; None with one alone.
        review: what people's labels say of the judge; None without any.
        canaries: what the judge made of answers of known kind; None without any.
        looked_at: how many rates were compared with the limit, by version, group and category.
        exceeding: those of them that exceed it; of these a part of `error` at the most is wrong.
        contrasts: each version beside the one with the most answers.
        measures: what was measured beside the answers.
        unusable: by reason, how many rows could not be judged.
    """

    schema_version: ClassVar[int | None] = 1
    stem: ClassVar[str] = "watch"

    verdict: str
    n: int
    hits: int
    limit: float | None
    versions: tuple[Rate, ...]
    groups: tuple[Rate, ...] = ()
    categories: tuple[Rate, ...] = ()
    error: float = 0.05
    consensus: Consensus | None = None
    review: Reviewed | None = None
    canaries: Canaries | None = None
    looked_at: int = 0
    exceeding: tuple[Exceeding, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    measures: tuple[Measure, ...] = ()
    unusable: tuple[tuple[str, int], ...] = ()
    version: str = ""

    @property
    def alarmed(self) -> tuple[Rate, ...]:
        """The versions that raised an alarm."""
        return tuple(rate for rate in self.versions if rate.alarmed)
