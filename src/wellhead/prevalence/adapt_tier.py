"""The tier of an assay's adapted detector: the one that is wanted, or that pays."""

from __future__ import annotations

from wellhead._progress import Progress, quiet
from wellhead.detect.tiers.choosing import AUTO, choose_tier
from wellhead.detect.tiers.tier import WORDS
from wellhead.errors import BadSetting
from wellhead.prevalence.adapt import ENOUGH, Own

__all__ = ["tiered"]


def tiered(own: Own | None, tier: str, *, seed: int, progress: Progress = quiet) -> Own | None:
    """The adapted detector with a tier beside its words, and what was tried.

    Args:
        own: the references and the detector adapted to them, where it was.
        tier: as `choose_tier` takes it.
        seed: of heads.
        progress: told before a tier is tried what it will take.

    Raises:
        BadSetting: a tier is asked for, and no detector was adapted.
    """
    if own is None:
        if tier not in (WORDS, AUTO):
            raise BadSetting(
                f"the tier '{tier}' goes with a detector that is adapted to --human and --machine, "
                f"and here none was: bring {ENOUGH} texts of both, or 20 with --adapt always"
            )
        return None
    detector, tried = choose_tier(own.detector, tier, seed=seed, progress=progress)
    return own._replace(detector=detector, tiers=tried)
