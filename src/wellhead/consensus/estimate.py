"""From votes to one estimate: choose the model, fit it, test it, relax it where it fails.

In: `Votes`. Out: `Estimate`. The order is: is the share determined at all (`identify`); is there
anything against independent errors (`independence`); if so, and three or more methods leave
room, the pair that disagrees most with the model may err together; if there is no room, the
interval is widened over a range of dependence that is set, not estimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval, clamp
from wellhead.consensus.em import Fit, fit, rate_of
from wellhead.consensus.identify import Identifiability, identify
from wellhead.consensus.independence import Independence, independence, simulate
from wellhead.consensus.likelihood import Model, model_of
from wellhead.consensus.profile import rate_interval, share_interval
from wellhead.consensus.result import Model as Name
from wellhead.consensus.tables import MISSING, Tables
from wellhead.consensus.votes import Votes

__all__ = ["ALPHA", "ECHOES", "Estimate", "echoed", "estimate"]

ECHOES = (0.1, 0.2, 0.3)
ALPHA = 0.05


class Estimate(NamedTuple):
    """One estimate of the share.

    Attributes:
        share: with interval; a mere range where not `identifiability.identified`.
        name: of the model.
        identifiability: whether the data determine the share.
        independence: the test of the model with independent errors; None when not asked for.
        widened: the interval is an envelope over dependence that could not be estimated.
        dependent: names of the methods that may err together in the model used.
        sensitivity, specificity: by method; empty when not asked for.
        tables, model, best: the fit itself.
        posterior: shape (n,), probability of machine; NaN where nothing can be said.
    """

    share: Interval
    name: Name
    identifiability: Identifiability
    independence: Independence | None
    widened: bool
    dependent: tuple[str, ...]
    sensitivity: tuple[Interval, ...]
    specificity: tuple[Interval, ...]
    tables: Tables
    model: Model
    best: Fit
    posterior: np.ndarray


def estimate(
    votes: Votes,
    *,
    level: float = 0.95,
    seed: int = 0,
    dependent: Sequence[str] = (),
    inflation: float = 1.0,
    rates: bool = True,
    repeats: int = 199,
) -> Estimate:
    """The share of the collection by all methods together.

    Args:
        votes: of the collection and of documents known beforehand.
        level: of the intervals.
        seed: of the simulations.
        dependent: methods that are known to err together.
        inflation: of the variance, for documents that are not independent.
        rates: whether to find each method's error rates with intervals.
        repeats: simulated tables of the test of independence; 0 for no test.
    """
    tables = votes.tables()
    together = [tuple(votes.methods.index(name) for name in dependent)] if dependent else []
    model = model_of(tables, together)
    identifiability, best = identify(tables, model), fit(tables, model)
    test = None
    if repeats and len(votes.methods) > 1:
        test = independence(
            tables,
            model,
            best,
            degrees_of_freedom=identifiability.degrees_of_freedom,
            testable=identifiability.testable,
            repeats=repeats,
            seed=seed,
        )
    rejected = test is not None and test.degrees_of_freedom > 0 and test.p_value < ALPHA
    relaxed = _relaxed(tables, test) if test and rejected and not dependent else None
    widened = rejected and not dependent and relaxed is None
    if relaxed is not None:
        model, identifiability, best = relaxed
    share = _interval(tables, model, best, identifiability, level, inflation)
    if widened:
        share = _envelope(share, echoed(tables, level=level, inflation=inflation))
    sensitivity, specificity = (
        _rates(tables, model, best, level, seed)
        if rates and identifiability.identified
        else ((), ())
    )
    return Estimate(
        share=share,
        name=_name(tables, model, identifiability),
        identifiability=identifiability,
        independence=test,
        widened=widened,
        dependent=tuple(votes.methods[m] for b in model.blocks if len(b) > 1 for m in b),
        sensitivity=sensitivity,
        specificity=specificity,
        tables=tables,
        model=model,
        best=best,
        posterior=_documents(votes, tables, best, identifiability),
    )


def echoed(tables: Tables, *, level: float, inflation: float) -> dict[float, Interval]:
    """The share if in a part of the documents the second method repeated the first one's answer."""
    shares = {}
    for part in ECHOES:
        model = replace(model_of(tables), echo=(0, 1, part))
        best = fit(tables, model)
        shares[part] = share_interval(tables, model, best, level=level, inflation=inflation)
    return shares


def _relaxed(tables: Tables, test: Independence) -> tuple[Model, Identifiability, Fit] | None:
    """The best model in which two methods may err together, of those the data determine."""
    if not test.testable:
        return None
    found = []
    for pair in combinations(range(tables.methods), 2):
        model = model_of(tables, [pair])
        identifiability = identify(tables, model)
        if identifiability.identified:
            found.append((model, identifiability, fit(tables, model)))
    return max(found, key=lambda each: float(each[2].loglik[0]), default=None)


def _interval(
    tables: Tables,
    model: Model,
    best: Fit,
    identifiability: Identifiability,
    level: float,
    inflation: float,
) -> Interval:
    share = share_interval(tables, model, best, level=level, inflation=inflation)
    if identifiability.identified:
        return share
    # The values inside fit as well as each other; the middle is no estimate, only a middle.
    return share._replace(point=(share.low + share.high) / 2)


def _envelope(share: Interval, others: Mapping[float, Interval]) -> Interval:
    low = min([share.low, *(other.low for other in others.values())])
    high = max([share.high, *(other.high for other in others.values())])
    return share._replace(low=low, high=high)


def _rates(
    tables: Tables, model: Model, best: Fit, level: float, seed: int
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Sensitivity and specificity of each method; for dependent methods by bootstrap."""
    drawn = None
    sensitivity, specificity = [], []
    for method in range(tables.methods):
        if (method,) in model.blocks:
            machine = rate_interval(tables, model, best, method, 1, level=level)
            human = rate_interval(tables, model, best, method, 0, level=level)
        else:
            if drawn is None:
                simulated = simulate(tables, model, best, repeats=199, seed=seed)
                drawn = fit(simulated, model, tolerance=1e-6, iterations=1500)
            point, spread = rate_of(model, best, method)[0], rate_of(model, drawn, method)
            human, machine = (_percentiles(point[i], spread[:, i], level) for i in (0, 1))
        sensitivity.append(machine)
        specificity.append(Interval(1 - human.high, 1 - human.point, 1 - human.low, level))
    return tuple(sensitivity), tuple(specificity)


def _percentiles(point: float, draws: np.ndarray, level: float) -> Interval:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return clamp(float(low), float(point), float(high), level)


def _name(tables: Tables, model: Model, identifiability: Identifiability) -> Name:
    if not identifiability.identified:
        return "bounds"
    if any(len(block) > 1 for block in model.blocks):
        return "dependent methods"
    groups, known = int((tables.weights > 0).sum()), bool(tables.known.any())
    if known or groups > 1:
        return "hui-walter" if tables.methods == 2 and not known else "latent class"
    return "dawid-skene" if tables.methods > 2 else "latent class"


def _documents(
    votes: Votes, tables: Tables, best: Fit, identifiability: Identifiability
) -> np.ndarray:
    """The probability of machine for each document; the truth where it is known."""
    known = np.where(votes.truth == MISSING, np.nan, votes.truth).astype(float)
    if not identifiability.identified:
        return known
    fitted = best.posterior[0][tables.group, tables.row]
    return np.where(np.isnan(known), fitted, known)
