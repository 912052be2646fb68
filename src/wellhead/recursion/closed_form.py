"""The exact curve of a setting, where a closed form exists.

Settings are translated into the terms of `wellhead.recursion.theory`; whatever has no closed form
there gives an empty answer, never a leading order. The exception is κ, which theory knows to
leading order only (`LEADING`). Curves of means belong beside means; for a variance whose mean
misleads, the curve of the median is what belongs beside medians.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.data import Array
from wellhead.recursion.family import HasClosedForm
from wellhead.recursion.regimes import (
    ChangingShare,
    FixedOriginal,
    FreshReal,
    GoldenRatio,
    SyntheticAdded,
)
from wellhead.recursion.samplers import Bias, Unbiased
from wellhead.recursion.schedules import Constant, Geometric, Linear
from wellhead.recursion.selectors import Everything, Oracle
from wellhead.recursion.setting import Setting
from wellhead.recursion.shared_web import SharedWeb
from wellhead.recursion.theory.rounds import FAMILIES as KAPPA

__all__ = ["LEADING", "closed_form_curves"]

LEADING = ("kappa",)  # measures whose curve is a leading order in 1/M
# The names of the theory, and ours where they differ.
OURS = {"surviving_symbols": "survivors", "squared_distance": "square_error"}


def closed_form_curves(setting: Setting) -> dict[str, Array]:
    """Expected values by measure, each of shape (generations + 1,), generation 0 first.

    Empty where the setting has no closed form. Quantities without one in an otherwise known
    setting are left out.
    """
    from wellhead.recursion.theory import theory_table

    asked = _in_terms_of_theory(setting)
    if asked is None or setting.size is None:
        return {}
    try:
        rows = theory_table(**asked, samples=setting.size, generations=setting.generations)
    except BadSetting:
        return {}
    truth = {name: float(v[0]) for name, v in setting.family.truth(1).items()}
    curves = {}
    for name in rows[0]:
        mine = OURS.get(name, name)
        values = [row[name] for row in rows]
        shown = (*LEADING, "median_variance")
        exact = name not in rows[0].get("approximate", {}) or name in shown
        if exact and mine in truth and all(isinstance(value, float | int) for value in values):
            curves[mine] = np.array([truth[mine], *values], dtype=float)
    return curves


def _in_terms_of_theory(setting: Setting) -> dict[str, Any] | None:
    regime = setting.regime
    named = setting.family.closed_form() if isinstance(setting.family, HasClosedForm) else None
    known = isinstance(setting.sampler, Unbiased | Bias) and isinstance(
        setting.schedule, Constant | Linear | Geometric
    )
    name = setting.name_of("regime")
    growing = not isinstance(setting.schedule, Constant)
    if named is None or not known or (growing and name not in ("replace", "growing")):
        return None
    gaussian, counted = named["family"] == "gaussian", named["family"] in (*KAPPA, "gaussian")
    asked: dict[str, Any] = {"regime": "growing" if growing else name}
    if isinstance(setting.schedule, Geometric):
        asked["growth"] = setting.schedule.factor
    if isinstance(regime, FixedOriginal) and (regime.redraw or regime.share == 0):
        return None
    if isinstance(setting.sampler, Bias) and not gaussian:
        return None
    if isinstance(setting.sampler, Bias) and setting.sampler.strength < 1:
        # The first fit is one of real data, which no sampler narrows.
        asked["sampling_bias"] = [1.0, *[setting.sampler.strength] * (setting.generations - 1)]
    if isinstance(regime, SyntheticAdded) and setting.size is not None:
        added = max(1, round(regime.ratio * setting.size))
        asked["real_share"] = setting.size / (setting.size + added)
    if isinstance(regime, FreshReal) and counted != (regime.split == "exact"):
        return None
    if isinstance(regime, FreshReal | FixedOriginal | SharedWeb):
        asked["real_share"] = regime.share
    if isinstance(regime, SharedWeb):
        asked |= {"models": regime.models, "mixing": regime.mixing}
    if isinstance(regime, ChangingShare):
        if regime.redraw:
            return None
        asked |= {"shares": regime.shares, "machine_growth": regime.machine_growth}
    if isinstance(regime, GoldenRatio):
        asked["real_weight"] = regime.weight
    if isinstance(setting.selector, Oracle):
        if not setting.selector.refill or name != "fresh-real":
            return None
        asked |= {
            "true_positive_rate": setting.selector.tpr,
            "false_positive_rate": setting.selector.fpr,
        }
    elif not isinstance(setting.selector, Everything):
        return None
    return {**named, **asked}
