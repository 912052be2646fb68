"""The same model with prior knowledge, for data that cannot determine it alone.

In: tables and Beta priors that the user states. Out: posterior draws of share and rates, and how
much of the answer is the prior. Gibbs sampling with the origins as missing data. Two methods and
one group leave five unknowns and three equations: there the posterior is, in part, the prior
however many documents there are, and the result says which part.

Source: Joseph, Gyorkos & Coupal (1995), American Journal of Epidemiology 141, 263-272.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval, clamp
from wellhead.consensus.likelihood import likelihoods, model_of, posterior_of
from wellhead.consensus.tables import Tables
from wellhead.errors import BadSetting

__all__ = ["Beta", "Posterior", "Priors", "posterior"]

_CHAINS = 8
_REDRAWS = 50


class Beta(NamedTuple):
    """A Beta(a, b) prior: as if a - 1 successes and b - 1 failures had been seen."""

    a: float = 1.0
    b: float = 1.0


_FLAT = Beta()


@dataclass(frozen=True)
class Priors:
    """What is believed before the data; flat where nothing is stated.

    Attributes:
        share: machine share of each group.
        sensitivity: by method, how often it says machine of machine text.
        specificity: by method, how often it says human of people's text.
    """

    share: Beta = _FLAT
    sensitivity: Mapping[str, Beta] = field(default_factory=dict)
    specificity: Mapping[str, Beta] = field(default_factory=dict)

    def check(self, methods: tuple[str, ...]) -> None:
        """Refuse priors that are no Beta distribution or belong to no method."""
        stated = [("share", self.share), *self.sensitivity.items(), *self.specificity.items()]
        for name, prior in stated:
            if name != "share" and name not in methods:
                raise BadSetting(f"a prior for '{name}', but the methods are {', '.join(methods)}.")
            if not (len(prior) == 2 and min(prior) > 0 and np.isfinite(prior).all()):
                raise BadSetting(f"a Beta prior has two positive numbers; '{name}' has {prior}.")


class Posterior(NamedTuple):
    """What data and priors say together.

    Attributes:
        share: the collection's share.
        sensitivity, specificity: by method, in the order of the tables.
        documents: shape (g, p), mean probability of machine.
        learned: shares of the prior's spread that the data took away (1 all, 0 none), for the
            share and each rate; near 0 the answer is the prior.
        mixing: largest ratio of between- to within-chain spread (1 is good, above 1.05 poor).
    """

    share: Interval
    sensitivity: tuple[Interval, ...]
    specificity: tuple[Interval, ...]
    documents: np.ndarray
    learned: dict[str, float]
    mixing: float


def posterior(
    tables: Tables,
    names: tuple[str, ...],
    priors: Priors,
    *,
    level: float = 0.95,
    draws: int = 1500,
    seed: int = 0,
) -> Posterior:
    """Posterior of the model in which the methods err independently.

    Each method is held to be no worse than a coin, as in the likelihood.

    Args:
        tables: one set of tables.
        names: of the methods.
        priors: stated by the user.
        level: of the intervals (equal tails).
        draws: kept per chain, after half as many are thrown away.
        seed: of the sampler.

    Raises:
        BadSetting: a prior is not a Beta distribution or belongs to no method.
    """
    priors.check(names)
    a, b = _hyper(priors, names)
    rng = np.random.default_rng(seed)
    shares, says, documents = _gibbs(tables, priors.share, a, b, rng, draws)
    groups = shares @ tables.weights
    prior_share = rng.beta(*priors.share, size=(4000, tables.weights.size)) @ tables.weights
    prior_says = _ordered(rng, np.broadcast_to(a, (4000, *a.shape)), b, None)
    learned = {"share": _learned(groups, prior_share)}
    for m, name in enumerate(names):
        learned[f"sensitivity of {name}"] = _learned(says[..., 1, m], prior_says[:, 1, m])
        learned[f"specificity of {name}"] = _learned(says[..., 0, m], prior_says[:, 0, m])
    return Posterior(
        share=_tails(groups, level),
        sensitivity=tuple(_tails(says[..., 1, m], level) for m in range(len(names))),
        specificity=tuple(_tails(1 - says[..., 0, m], level) for m in range(len(names))),
        documents=documents,
        learned=learned,
        mixing=max(
            _mixing(x) for x in (groups, *np.moveaxis(says.reshape(*groups.shape, -1), -1, 0))
        ),
    )


def _hyper(priors: Priors, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Shape (2, methods): Beta parameters of "says machine" for people's and machines' texts."""
    se = np.array([priors.sensitivity.get(name, Beta()) for name in names])
    sp = np.array([priors.specificity.get(name, Beta()) for name in names])
    return np.stack([sp[:, 1], se[:, 0]]), np.stack([sp[:, 0], se[:, 1]])


def _gibbs(
    tables: Tables,
    share: Beta,
    a: np.ndarray,
    b: np.ndarray,
    rng: np.random.Generator,
    draws: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    model = model_of(tables)
    ones = (tables.patterns == 1).astype(float)
    seen = (tables.patterns >= 0).astype(float)
    counts = tables.counts.astype(np.int64)
    shares = rng.uniform(0.2, 0.8, (_CHAINS, tables.weights.size))
    says = _ordered(rng, np.broadcast_to(a, (_CHAINS, *a.shape)), b, None)
    kept_shares, kept_says = [], []
    documents = np.zeros(counts.shape)
    for step in range(draws + draws // 2):
        rates = [np.stack([1 - says[..., m], says[..., m]], axis=2) for m in range(tables.methods)]
        p = posterior_of(shares, likelihoods(model, rates))
        machine = rng.binomial(counts, p) + tables.known[1]
        human = counts + tables.known.sum(axis=0) - machine
        shares = rng.beta(share.a + machine.sum(axis=2), share.b + human.sum(axis=2))
        split = np.stack([human.sum(axis=1), machine.sum(axis=1)], axis=1)
        says = _ordered(rng, a + split @ ones, b + split @ (seen - ones), says)
        if step >= draws // 2:
            kept_shares.append(shares)
            kept_says.append(says)
            documents += p.mean(axis=0) / draws
    return np.stack(kept_shares), np.stack(kept_says), documents


def _ordered(
    rng: np.random.Generator, a: np.ndarray, b: np.ndarray, last: np.ndarray | None
) -> np.ndarray:
    """Draws of shape (..., 2, methods) in which machines' texts are flagged at least as often."""
    b = np.broadcast_to(b, a.shape)
    says = rng.beta(a, b)
    for _ in range(_REDRAWS):
        wrong = says[..., 1, :] < says[..., 0, :]
        if not wrong.any():
            return says
        says = np.where(wrong[..., None, :], rng.beta(a, b), says)
    wrong = (says[..., 1, :] < says[..., 0, :])[..., None, :]
    return np.where(wrong, says[..., ::-1, :] if last is None else last, says)


def _tails(draws: np.ndarray, level: float) -> Interval:
    low, point, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return clamp(float(low), float(point), float(high), level)


def _learned(draws: np.ndarray, prior: np.ndarray) -> float:
    return float(np.clip(1 - draws.std() / max(prior.std(), 1e-12), 0.0, 1.0))


def _mixing(draws: np.ndarray) -> float:
    """Gelman & Rubin's ratio over chains in the second axis."""
    n = draws.shape[0]
    within = draws.var(axis=0, ddof=1).mean()
    between = draws.mean(axis=0).var(ddof=1)
    return float(np.sqrt((n - 1) / n + between / max(within, 1e-300)))
