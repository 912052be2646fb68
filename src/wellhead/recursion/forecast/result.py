"""What a forecast says: one frozen object, the same names in Python and in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from wellhead._result import Result
from wellhead.recursion.forecast.course import FirstBeyond, ShareAt
from wellhead.recursion.forecast.prices import CheapestMix
from wellhead.recursion.forecast.remedies import Remedy
from wellhead.recursion.forecast.risk import Inflation
from wellhead.recursion.forecast.scaling import Scaling
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.verifier import Verified
from wellhead.recursion.forecast.vocabulary import Vocabulary
from wellhead.recursion.theory.detector import Detector

__all__ = ["Caveat", "Forecast", "ModelOutlook", "RegimeOutlook"]


class Caveat(NamedTuple):
    """Something that changes how far the numbers can be trusted.

    Attributes:
        code: a fixed key.
        severity: ``warning`` where a conclusion may be wrong, else ``note``.
        finding: what is so.
        consequence: what follows from it.
    """

    code: str
    severity: str
    finding: str
    consequence: str


class RegimeOutlook(NamedTuple):
    """One regime at the last generation: inflation, its limit, and words left."""

    regime: str
    inflation: Range
    limit: Range
    words: Range | None


class ModelOutlook(NamedTuple):
    """One class of models at the last generation: the words left."""

    model: str
    words: Range


@dataclass(frozen=True, kw_only=True, repr=False)
class Forecast(Result):
    """What recursive training would do to estimates and to a vocabulary.

    Attributes:
        inflation: excess error as a multiple of one round on real data: at the last generation,
            in the limit, and at each generation, with intervals.
        real_share: the share of real text before any detector, in the last training set where it
            changes; None where the regime needs none.
        effective_share: the same after the detector.
        detector: the detector's rates, or None.
        regime: how generations are trained.
        generations: the last generation.
        max_inflation: the limit that the user set, or None.
        exceeds: whether even the low end of the interval lies above that limit.
        first_beyond: the first generation beyond that limit, with its interval.
        schedule: the training sets after the first, where their share changes.
        remedies: what would keep inflation below the limit; empty without one.
        cheapest_mix: the cheapest training set that keeps it; None without prices.
        verifier: what it makes of the texts that it lets through; None without one.
        vocabulary: what becomes of the corpus's words; None without a corpus.
        scaling: what more text would teach, and what a cut tail takes away; None without a corpus,
            or where too few of its words occur once and twice.
        regimes: the same numbers under every regime that the given settings allow.
        models: the words left by each class of models that was allowed for; empty where the
            effective size was measured or given.
        caveats: what limits the forecast.
        version: of wellhead.
    """

    schema_version: ClassVar[int] = 1

    inflation: Inflation
    real_share: Range | None
    effective_share: Range | None
    detector: Detector | None
    regime: str
    generations: int
    max_inflation: float | None
    exceeds: bool
    first_beyond: FirstBeyond | None
    schedule: tuple[ShareAt, ...]
    remedies: tuple[Remedy, ...]
    cheapest_mix: CheapestMix | None
    verifier: Verified | None
    vocabulary: Vocabulary | None
    scaling: Scaling | None
    regimes: tuple[RegimeOutlook, ...]
    models: tuple[ModelOutlook, ...]
    caveats: tuple[Caveat, ...]
    version: str
