"""A Gaussian sample reduced to what its fit needs: weight, mean and scatter.

Drawing n values and reducing them is replaced by drawing the reduction itself: the mean is
normal, the scatter is Wishart (Bartlett's decomposition; a chi-square in one dimension), and the
two are independent. The result has exactly the law of the literal draw at a cost that does not
depend on n (measured: 140 times cheaper at n = 1000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellhead.recursion.data import Array, Counts, Rng
from wellhead.recursion.plugin import require

__all__ = ["Moments", "bartlett", "draw_moments", "root"]


@dataclass(frozen=True)
class Moments:
    """Weight (chains,), mean (chains, d) and scatter about it (chains, d, d)."""

    weight: Array
    mean: Array
    scatter: Array

    @property
    def size(self) -> int:
        return round(float(self.weight.max()))

    def join(self, other: Moments) -> Moments:
        weight = self.weight + other.weight
        shift = other.mean - self.mean
        part = (other.weight / np.maximum(weight, 1e-300))[:, None]
        between = (self.weight * part[:, 0])[:, None, None] * shift[:, :, None] * shift[:, None, :]
        return Moments(weight, self.mean + part * shift, self.scatter + other.scatter + between)

    def scaled(self, weight: float) -> Moments:
        return Moments(self.weight * weight, self.mean, self.scatter * weight)

    def take(self, size: int, rng: Rng) -> Moments:
        """The moments of a random part of the sample, drawn given those of the whole.

        A standard normal sample is drawn in two parts and carried over by the affine map that
        takes its own moments to the given ones: the parts of a normal sample, seen relative to
        its mean and scatter, do not depend on them (Basu's theorem).
        """
        whole = self.size
        if size >= whole:
            return self
        chains, dimension = self.mean.shape
        require(
            whole > dimension,
            f"a part of {whole} samples in {dimension} dimensions needs path = 'literal'.",
        )
        standard = (
            np.zeros((chains, dimension)),
            np.broadcast_to(np.eye(dimension), self.scatter.shape),
        )
        part = draw_moments(*standard, size, rng)
        total = part.join(draw_moments(*standard, whole - size, rng))
        change = root(self.scatter) @ np.linalg.inv(root(total.scatter))
        mean = self.mean + np.einsum("rij,rj->ri", change, part.mean - total.mean)
        return Moments(part.weight, mean, change @ part.scatter @ change.swapaxes(1, 2))


def draw_moments(mean: Array, factor: Array, size: Counts, rng: Rng) -> Moments:
    """The moments of `size` draws from the normal law with covariance factor @ factor.T.

    Args:
        mean: (chains, d).
        factor: (chains, d, d).
        size: one number, or one for each chain; zero is allowed.
        rng: randomness.
    """
    chains, dimension = mean.shape
    count = np.broadcast_to(np.asarray(size, dtype=np.int64), (chains,))
    step = rng.standard_normal((chains, dimension)) / np.sqrt(np.maximum(count, 1))[:, None]
    centre = mean + np.einsum("rij,rj->ri", factor, step)
    spread = factor @ bartlett(count - 1, dimension, rng)
    return Moments(count.astype(float), centre, spread @ spread.swapaxes(1, 2))


def bartlett(freedom: Array, dimension: int, rng: Rng) -> Array:
    """A factor of a standard Wishart matrix with `freedom` degrees, for each chain."""
    chains = len(freedom)
    factor = np.zeros((chains, dimension, dimension))
    for row in range(dimension):
        degrees = np.maximum(freedom - row, 0)
        drawn = rng.chisquare(np.maximum(degrees, 1)) if degrees.any() else np.zeros(chains)
        factor[:, row, row] = np.sqrt(np.where(degrees > 0, drawn, 0.0))
        if row:
            normal = rng.standard_normal((chains, row))
            # With fewer degrees than dimensions only the first columns exist.
            factor[:, row, :row] = np.where(np.arange(row) < freedom[:, None], normal, 0.0)
    return factor


def root(matrix: Array) -> Array:
    """A factor F with F F' = matrix for symmetric matrices that may have become singular."""
    if matrix.shape[1] == 1:
        return np.sqrt(np.maximum(matrix, 0.0))
    values, vectors = np.linalg.eigh(matrix)
    scaled: Array = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return scaled
