"""A family and a regime by name, as the chain that theory knows, and its table by generation.

The registry `FAMILIES` says which regimes of which family have a closed form; the fields of a
chain's class are its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory import (
    discrete,
    ecosystem,
    gaussian_mixes,
    gaussian_pools,
    gaussian_replace,
    kernel,
    regression,
    rounds,
    selection,
)
from wellhead.recursion.theory.chain import Chain, Record, records
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.gaussian import Multivariate
from wellhead.recursion.theory.ranges import check_whole
from wellhead.recursion.theory.regimes import REGIMES, regime_named

__all__ = ["FAMILIES", "chain_of", "theory_table"]

FAMILIES: dict[str, dict[str, type[Any]]] = {
    "gaussian": {
        "replace": gaussian_replace.Replace,
        "growing": gaussian_replace.Growing,
        "fresh-real": gaussian_mixes.FreshReal,
        "changing-share": gaussian_mixes.ChangingShare,
        "fixed-original": gaussian_mixes.FixedOriginal,
        "accumulate": gaussian_pools.Accumulate,
        "accumulate-subsample": gaussian_pools.AccumulateSubsample,
        "golden-ratio": gaussian_mixes.GoldenRatio,
        "synthetic-added": gaussian_mixes.SyntheticAdded,
        "shared-web": ecosystem.GaussianEcosystem,
    },
    "regression": {
        "replace": regression.Replace,
        "growing": regression.Growing,
        "accumulate": regression.Accumulate,
        "accumulate-subsample": regression.AccumulateSubsample,
        "fresh-real": regression.FreshReal,
    },
    "discrete": {
        "replace": discrete.Replace,
        "accumulate": discrete.Accumulate,
        "fresh-real": discrete.FreshReal,
        "shared-web": ecosystem.SymbolEcosystem,
    },
    "kde": {"replace": kernel.Replace},
    **{family: dict.fromkeys(REGIMES, rounds.KappaChain) for family in rounds.FAMILIES},
}
_RATES = ("true_positive_rate", "false_positive_rate")
_LAW = ("symbols", "exponent", "shift")


def theory_table(
    family: str, *, regime: str = "replace", generations: int, **settings: Any
) -> list[Record]:
    """One record for each generation from 1 on; generation n is the n-th fit.

    Args:
        family: one of `FAMILIES`.
        regime: how its generations are trained.
        generations: the last generation.
        settings: of `chain_of`; those that are None are left out.

    Returns:
        Records with each quantity of the family, None where it has no closed form;
        `unavailable` says why, and `approximate` names what is not exact.

    Raises:
        BadSetting: an unknown family or regime, settings that do not belong, or out of range.

    >>> table = theory_table("gaussian", regime="accumulate-subsample", samples=10, generations=40)
    >>> round(table[1]["variance"], 4), table[1]["wasserstein2_squared"] is None
    (0.8313, True)
    """
    last = check_whole("generations", generations, least=1, most=100_000)
    n = np.arange(1, last + 1)
    given = {name: value for name, value in settings.items() if value is not None}
    chain = chain_of(family, regime, **given)
    return records(n, chain.columns(n), chain.approximate)


def chain_of(family: str, regime: str, **settings: Any) -> Chain:
    """The chain of a family under a regime.

    Args:
        family: one of `FAMILIES`.
        regime: one of its regimes.
        settings: the fields of the chain's class. Instead of a detector its two rates; in
            ``gaussian`` also `dimensions`; in ``discrete`` instead of `probabilities` the
            `symbols`, `exponent` and `shift` of a Zipf-Mandelbrot law (exponent 0 is uniform). With
            one of `selection.SETTINGS`, the chain under that selection. Those of
            `rounds.FAMILIES` have the settings of their model and `real_share`.

    >>> chain_of("kde", "replace", samples=50, bandwidth=0.2)
    Replace(samples=50, bandwidth=0.2)
    """
    if family not in FAMILIES:
        raise unknown_name("family", family, FAMILIES)
    name, adapt = regime_named(regime), _ADAPTED.get(family, _as_given)
    if family not in rounds.FAMILIES and settings.keys() & set(selection.SETTINGS):
        return selection.selected(family, name, settings)
    return adapt(family, name, settings)


def _as_given(family: str, regime: str, settings: Mapping[str, Any]) -> Chain:
    if regime not in FAMILIES[family]:
        raise BadSetting(
            f"the family {family} has no closed form under '{regime}'; known: "
            f"{', '.join(FAMILIES[family])}. Simulate it with: wellhead collapse run"
        )
    found = FAMILIES[family][regime]
    known = _settings(found)
    for name in settings.keys() - known.keys():
        owners = [other for other, cls in FAMILIES[family].items() if name in _settings(cls)]
        raise BadSetting(
            f"{name} does not belong to the regime {regime}, but to {', '.join(owners)}"
            if owners
            else f"the family {family} has no setting {name}; it has: {', '.join(known)}"
        )
    for name, needed in known.items():
        if needed and name not in settings:
            raise BadSetting(f"the family {family} under {regime} needs {name}")
    made: Chain = found(**settings)
    return made


def _gaussian(family: str, regime: str, settings: Mapping[str, Any]) -> Chain:
    rest = {name: value for name, value in settings.items() if name not in (*_RATES, "dimensions")}
    detector = Detector.given(*(settings.get(name) for name in _RATES))
    if detector is not None:
        rest["detector"] = detector
    chain = _as_given(family, regime, rest)
    dimensions = settings.get("dimensions", 1)
    return chain if dimensions == 1 else Multivariate(chain, dimensions)  # type: ignore[arg-type]


def _discrete(family: str, regime: str, settings: Mapping[str, Any]) -> Chain:
    if regime == "shared-web":
        return _as_given(family, regime, settings)
    rest = {name: value for name, value in settings.items() if name not in _LAW}
    law = {name: settings[name] for name in _LAW if name in settings}
    if "probabilities" not in rest:
        rest["probabilities"] = discrete.zipf_mandelbrot(law.pop("symbols", 1000), **law)
    return _as_given(family, regime, rest)


_ADAPTED: dict[str, Callable[[str, str, Mapping[str, Any]], Chain]] = {
    "gaussian": _gaussian,
    "discrete": _discrete,
    **dict.fromkeys(rounds.FAMILIES, rounds.kappa_chain),
}


def _settings(found: type[Any]) -> dict[str, bool]:
    """The settings of a chain's class, and whether each has to be given."""
    return {one.name: one.default is MISSING for one in fields(found) if one.init}
