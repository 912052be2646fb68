"""The constants of inflation by the name of their regime."""

from __future__ import annotations

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory.inflation import (
    Accumulate,
    AccumulateSubsample,
    ChangingShare,
    FixedOriginal,
    FreshReal,
    GoldenRatio,
    Growing,
    Inflation,
    Replace,
    SyntheticAdded,
)
from wellhead.recursion.theory.shared_web import SharedWeb
from wellhead.recursion.theory.shares import Shares

__all__ = ["MIXES", "REGIMES", "inflation_under", "regime_named"]

#: By the name that the laboratory and the command line give them.
REGIMES: dict[str, type[Inflation]] = {
    "replace": Replace,
    "growing": Growing,
    "fresh-real": FreshReal,
    "fixed-original": FixedOriginal,
    "accumulate": Accumulate,
    "accumulate-subsample": AccumulateSubsample,
    "golden-ratio": GoldenRatio,
    "synthetic-added": SyntheticAdded,
}
#: Regimes that depend on the share of real data.
MIXES = ("fresh-real", "fixed-original", "synthetic-added")
_ALIASES = {"fresh": "fresh-real", "fixed": "fixed-original", "augment": "synthetic-added"}


def regime_named(name: str) -> str:
    """The full name of a regime.

    Raises:
        BadSetting: no regime is called so; the message names the nearest.

    >>> regime_named("fresh")
    'fresh-real'
    """
    full = _ALIASES.get(name, name)
    if full in ("changing-share", "shared-web"):
        return full  # what they depend on is no single share
    if full not in REGIMES:
        raise unknown_name("regime", name, {*REGIMES, "changing-share", *_ALIASES})
    return full


def inflation_under(regime: str, real_share: float | Shares | SharedWeb | None) -> Inflation:
    """The constant of a regime by name, with a real share (or its course, or the whole web) where
    it depends on one.

    >>> round(inflation_under("fresh-real", 0.1).limit, 2)
    5.26
    """
    if isinstance(real_share, Shares):
        return ChangingShare(real_share)
    if isinstance(real_share, SharedWeb):
        return real_share
    if (regime in MIXES) != (real_share is not None):
        verb = "needs a" if regime in MIXES else "takes no"
        raise BadSetting(f"the regime {regime} {verb} real share")
    found = REGIMES[regime]
    return found() if real_share is None else found(real_share)  # type: ignore[call-arg]
