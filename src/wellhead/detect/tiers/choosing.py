"""Which tier pays: what each gains on texts and kinds left out, against what it costs.

``auto`` begins with the words and tries dearer tiers in turn, those that are at hand. A tier is
taken where it gains `WORTH` in AUC for every tenfold of the processor time of the one taken so far
(a tier of seven times the words .0085, one of a hundred times .02), and more than the standard
error of that gain, by resampling the groups of texts: the rule of one standard error of Breiman et
al. 1984, by which the simplest of what cannot be told apart is kept. Taking a tier in vain costs
time, not validity, since heads are fitted across. No clock decides: every tier states what it
costs, as `benchmarks/own_task_tiers.py` measured it, and the seconds of this machine are only told.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numpy as np

from wellhead._progress import Progress, quiet
from wellhead.detect.adapt import FittedDetector
from wellhead.detect.tiers.fitting import FittedTier, left_out_auc, with_tier
from wellhead.detect.tiers.tier import LENGTH, TIERS, WORDS, Tier, open_tier
from wellhead.errors import BadInput, BadSetting, MissingExtra, unknown_name

__all__ = [
    "AUTO",
    "ORDER",
    "WORTH",
    "TierTried",
    "choose_tier",
    "gained",
    "needed",
    "pays",
    "require_tier",
]

AUTO = "auto"
ORDER = ("frozen", "encoder", "likelihood")
"""The tiers that ``auto`` tries, the cheapest first."""

WORTH = 0.01
"""What a tier must gain in AUC for ten times the processor time."""

_RESAMPLED = 200
_TIMED = 20


class TierTried(NamedTuple):
    """What a tier gains and costs on the own texts.

    Attributes:
        name: of the tier.
        auc: of texts and kinds left out, the mean of both; None where it was not tried.
        gain: in AUC over the tier taken before it; None for the words, and where not tried.
        error: standard error of the gain.
        needed: the gain that its cost asks for.
        seconds: of processor time for 1,000 texts.
        fitting: seconds of processor time for reading and fitting, of the words none.
        taken: whether this one scores.
        why_not: why it was not tried.
    """

    name: str
    auc: float | None = None
    gain: float | None = None
    error: float | None = None
    needed: float | None = None
    seconds: float | None = None
    fitting: float | None = None
    taken: bool = False
    why_not: str = ""


def require_tier(wanted: str) -> None:
    """Refuse, before any work, a tier that there is not, or that cannot run here.

    Raises:
        BadSetting: there is none of the name.
        MissingExtra: what it needs is not installed.
        BadInput: its network is not on this machine.
    """
    name, _, model = wanted.partition(":")
    if name in (WORDS, AUTO):
        if model:
            raise BadSetting(f"the tier '{name}' takes no network, got '{model}'; leave it out")
        return
    if name not in TIERS:
        raise unknown_name("tier", name, [WORDS, *TIERS.names(), AUTO])
    open_tier(wanted)


def choose_tier(
    words: FittedDetector, wanted: str, *, seed: int = 0, progress: Progress = quiet
) -> tuple[FittedDetector, tuple[TierTried, ...]]:
    """The detector with the tier that is wanted, or pays, and what was tried.

    Args:
        words: adapted to own texts.
        wanted: "words", a tier as `open_tier` takes it, or "auto".
        seed: of heads and of resampling.
        progress: told before a tier is tried what it will take.

    Raises:
        BadSetting: there is no such tier.
        MissingExtra: what it needs is not installed.
        BadInput: its network is not on this machine.
    """
    require_tier(wanted)
    if wanted == WORDS:
        return words, ()
    tried = [TierTried(WORDS, left_out_auc(words), seconds=_seconds(words))]
    taken, at, cost = words, 0, 1.0
    for name in _names(wanted):
        row, found = _tried(words, name, (taken, cost), seed, progress, must=wanted != AUTO)
        if found is not None and (wanted != AUTO or pays(row)):
            taken, at, cost = found, len(tried), found.tier.cost
        tried.append(row)
    return taken, tuple(one._replace(taken=place == at) for place, one in enumerate(tried))


def pays(row: TierTried) -> bool:
    """Whether the gain is worth what the tier costs, and more than chance."""
    if row.gain is None or row.error is None or row.needed is None:
        return False
    return row.gain >= row.needed and row.gain > row.error


def needed(tier: Tier, cost: float = 1.0) -> float:
    """The gain in AUC over a tier of that cost, by default the words, at which `tier` pays.

    >>> from wellhead.detect.tiers.length import length
    >>> needed(length())
    0.0
    """
    return WORTH * max(0.0, math.log10(tier.cost / cost))


def _names(wanted: str) -> list[str]:
    """The tiers to try; those of other packages come last."""
    if wanted != AUTO:
        return [wanted]
    return [*ORDER, *(name for name in TIERS.names() if name not in (*ORDER, LENGTH))]


def _tried(
    words: FittedDetector,
    name: str,
    against: tuple[FittedDetector, float],
    seed: int,
    progress: Progress,
    *,
    must: bool,
) -> tuple[TierTried, FittedTier | None]:
    """One tier fitted, measured against the one taken so far at its cost; or why it was not."""
    taken, cost = against
    if not must and left_out_auc(taken) > 1 - WORTH:
        return TierTried(name, why_not=f"less than {WORTH} of AUC is left to gain"), None
    try:
        tier = open_tier(name)
    except (MissingExtra, BadInput) as error:
        if must:
            raise
        return TierTried(name, why_not=str(error)), None
    found = with_tier(words, tier, seed=seed, progress=progress)
    auc, seconds = left_out_auc(found), _seconds(words, found)
    gain, spread = gained(taken, found, seed)
    row = TierTried(name, auc, gain, spread, needed(tier, cost), seconds, found.fitting)
    return row, found


def gained(one: FittedDetector, other: FittedDetector, seed: int) -> tuple[float, float]:
    """What the other gains in AUC, and its standard error by drawing groups of own texts anew."""
    rng = np.random.default_rng(seed)
    group = np.unique(np.array(one.own.group), return_inverse=True)[1]
    members = [np.flatnonzero(group == at) for at in range(group.max() + 1)]
    gains = []
    for _ in range(_RESAMPLED):
        drawn = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[at] for at in drawn])
        gains.append(left_out_auc(other, rows) - left_out_auc(one, rows))
    return left_out_auc(other) - left_out_auc(one), float(np.std(gains))


def _seconds(words: FittedDetector, found: FittedTier | None = None) -> float:
    """Processor time for 1,000 texts, from some of the own ones; a tier's as if it counted."""
    some = list(words.own.texts[:_TIMED])
    words.score(some[:1])
    begun = time.process_time()
    words.score(some)
    if found is not None:
        found.tier.score(found.heads[0], found.tier.read(some))
    return 1000 * (time.process_time() - begun) / len(some)
