"""Expectation-maximisation for Gaussian mixtures, over many samples at once.

A Gaussian log-density is linear in the products of the coordinates, so that one matrix product
of features (1, x, x x') with coefficients gives all log-densities, and one product of
responsibilities with the same features gives all sums of the next step. Every sample of every
chain goes through the same two products. Covariances get `RIDGE` on the diagonal, as in
scikit-learn, with whose result one fit agrees when both start alike. Where numba is installed
(the extra `collapse`) `mixture_kernels` does the same arithmetic without the large arrays.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np

from wellhead.recursion.data import Array

__all__ = ["Mixture", "densities", "expectation_maximisation", "kernels"]

RIDGE = 1e-6


class Mixture(NamedTuple):
    """Weights (chains, k), means (chains, k, d), covariances (chains, k, d, d)."""

    weights: Array
    means: Array
    covariances: Array


def kernels() -> ModuleType | None:
    """The compiled versions, where numba is installed."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return None
    from wellhead.recursion.families import mixture_kernels

    return mixture_kernels


def densities(model: Mixture, values: Array) -> Array:
    """Log-densities of values (chains, items, d) by component, weights included
    (chains, items, k)."""
    return _features(values) @ _coefficients(model)


def expectation_maximisation(
    values: Array,
    mass: Array,
    start: Mixture,
    *,
    steps: int = 200,
    tolerance: float = 1e-4,
    literal: bool = False,
) -> tuple[Mixture, Array]:
    """The mixtures that maximise the likelihood, from `start`.

    Args:
        values: (chains, items, d).
        mass: the weight of each item (chains, items).
        start: where to begin.
        steps: at most so many.
        tolerance: stop a chain when its mean log-likelihood grows by less.
        literal: in numpy even where numba is installed.

    Returns:
        The mixtures, and the mean log-likelihood of each (chains,).
    """
    model = Mixture(*(array.astype(float) for array in start))
    likelihood = np.full(len(values), -np.inf)
    compiled = None if literal else kernels()
    if compiled is not None:
        values, mass = (np.ascontiguousarray(array, dtype=float) for array in (values, mass))
        compiled.fit_all(values, mass, *model, likelihood, steps, tolerance, RIDGE)
        return model, likelihood
    # Centred, so that second moments minus squared means lose no digits.
    centre = (np.einsum("rm,rmi->ri", mass, values) / mass.sum(axis=1)[:, None])[:, None, :]
    model.means[:] -= centre
    _fit_in_steps(values - centre, mass, model, likelihood, steps, tolerance)
    model.means[:] += centre
    return model, likelihood


def _fit_in_steps(
    centred: Array, mass: Array, model: Mixture, likelihood: Array, steps: int, tolerance: float
) -> None:
    """Fits all chains side by side, writing into `model` and `likelihood`."""
    features = _features(centred)
    active = np.arange(len(centred))
    for _ in range(steps):
        part = Mixture(*(array[active] for array in model))
        part, reached = _step(features[active], mass[active], part)
        for whole, new in zip(model, part, strict=True):
            whole[active] = new
        gain = reached - likelihood[active]
        likelihood[active] = reached
        active = active[np.abs(gain) >= tolerance]
        if len(active) == 0:
            break


def _step(features: Array, mass: Array, model: Mixture) -> tuple[Mixture, Array]:
    logs = features @ _coefficients(model)
    top = logs.max(axis=2, keepdims=True)
    shares = np.exp(logs - top)
    total = shares.sum(axis=2, keepdims=True)
    reached = ((top + np.log(total))[..., 0] * mass).sum(axis=1) / mass.sum(axis=1)
    shares *= (mass / total[..., 0])[..., None]
    return _maximised(shares.swapaxes(1, 2) @ features, model.means.shape[2]), reached


def _maximised(sums: Array, dimension: int) -> Mixture:
    """The mixture of the responsibility-weighted sums of features (chains, k, features)."""
    weight = sums[..., 0] + 10 * np.finfo(float).eps
    means = sums[..., 1 : 1 + dimension] / weight[..., None]
    rows, columns = np.tril_indices(dimension)
    second = np.empty((*weight.shape, dimension, dimension))
    second[..., rows, columns] = sums[..., 1 + dimension :] / weight[..., None]
    second[..., columns, rows] = second[..., rows, columns]
    covariances = second - means[..., :, None] * means[..., None, :]
    covariances[..., np.arange(dimension), np.arange(dimension)] += RIDGE
    return Mixture(weight / weight.sum(axis=1, keepdims=True), means, covariances)


def _features(values: Array) -> Array:
    """1, x, and the products of coordinates (chains, items, 1 + d + d(d+1)/2)."""
    rows, columns = np.tril_indices(values.shape[2])
    ones = np.ones((*values.shape[:2], 1))
    return np.concatenate([ones, values, values[..., rows] * values[..., columns]], axis=2)


def _coefficients(model: Mixture) -> Array:
    """What the features are multiplied with to give log-densities (chains, features, k)."""
    dimension = model.means.shape[2]
    precision = np.linalg.inv(model.covariances)
    linear = np.einsum("rkij,rkj->rki", precision, model.means)
    constant = (
        np.log(model.weights)
        - 0.5 * (linear * model.means).sum(axis=2)
        - 0.5 * np.linalg.slogdet(model.covariances)[1]
        - 0.5 * dimension * np.log(2 * np.pi)
    )
    rows, columns = np.tril_indices(dimension)
    # Off the diagonal a product stands for two entries of the precision.
    quadratic = -precision[..., rows, columns] * np.where(rows == columns, 0.5, 1.0)
    return np.concatenate([constant[..., None], linear, quadratic], axis=2).swapaxes(1, 2)
