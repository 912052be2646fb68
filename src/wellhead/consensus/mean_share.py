"""Shares of groups whose weighted mean is held fixed: the inner step of a profile likelihood."""

from __future__ import annotations

import numpy as np

from wellhead.consensus.likelihood import TINY

__all__ = ["shares_at"]


def shares_at(
    a: np.ndarray, b: np.ndarray, weights: np.ndarray, share: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The most likely group shares whose weighted mean is `share`.

    Maximises ``sum a log s + b log(1 - s)`` under ``weights @ s = share`` by Newton's method on
    the multiplier; ``A/S - B/(1-S)`` of the mean S is nearly linear in it.
    """
    inside = weights > 0
    total_a = (a[:, inside]).sum(axis=1) + TINY
    total_b = (b[:, inside]).sum(axis=1) + TINY
    share = np.clip(share, 1e-9, 1 - 1e-9)
    target = total_a / share - total_b / (1 - share)
    shares = _at_slope(a, b, weights, slope)
    for _ in range(3):
        mean = np.clip(shares @ weights, 1e-12, 1 - 1e-12)
        now = total_a / mean - total_b / (1 - mean)
        bend = np.maximum(shares, 1e-12), np.maximum(1 - shares, 1e-12)
        curve = np.maximum(a / bend[0] ** 2 + b / bend[1] ** 2, TINY)
        fall = (weights**2 / curve).sum(axis=1)
        gain = (total_a / mean**2 + total_b / (1 - mean) ** 2) * fall
        slope = slope + (target - now) / np.maximum(gain, TINY)
        shares = _at_slope(a, b, weights, slope)
    return shares, slope


def _at_slope(a: np.ndarray, b: np.ndarray, weights: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Root in [0, 1] of ``a/s - b/(1-s) = slope * weight``, in forms that lose no digits.

    For a negative slope the same is solved for ``1 - s``, with a and b changed over.
    """
    pull = slope[:, None] * weights
    upwards = pull < 0
    near, push = np.where(upwards, b, a), np.abs(pull)
    whole = a + b + push
    root = np.sqrt(np.maximum(whole**2 - 4 * push * near, 0.0))
    part = np.clip(2 * near / np.maximum(whole + root, TINY), 0.0, 1.0)
    return np.asarray(np.where(upwards, 1 - part, part))
