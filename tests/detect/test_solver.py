"""The solver: an independent one finds the same plane."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array
from sklearn.linear_model import LogisticRegression

from wellhead.detect.solver import solve


@pytest.fixture
def problem() -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    rows = csr_matrix(random_array((400, 900), density=0.05, rng=rng, dtype=np.float32))
    truth = rng.normal(size=900)
    positive = rows @ truth + rng.normal(0, 0.5, 400) > 0
    return rows, positive, rng.uniform(0.2, 2.0, 400)


def test_it_finds_the_plane_that_newton_finds(problem: tuple) -> None:
    rows, positive, cost = problem
    found = solve(rows, positive, cost)
    with_bias = np.hstack([rows.toarray(), np.ones((400, 1))]).astype(np.float64)
    newton = LogisticRegression(C=1.0, solver="newton-cg", fit_intercept=False, tol=1e-8)
    newton.fit(with_bias, positive, sample_weight=cost)
    ours, theirs = np.append(found.weight, found.intercept), newton.coef_[0]
    assert np.abs(ours - theirs).max() < 0.02 * np.abs(theirs).max()


def test_the_seed_decides_the_result_to_the_last_bit(problem: tuple) -> None:
    one, again = solve(*problem, seed=5), solve(*problem, seed=5)
    assert one.intercept == again.intercept
    assert np.array_equal(one.weight, again.weight)


def test_a_dearer_error_moves_the_plane_towards_its_row() -> None:
    rows = csr_matrix(np.array([[1.0], [1.0]], np.float32))
    positive = np.array([True, False])
    assert solve(rows, positive, np.array([5.0, 1.0])).weight[0] > 0
    assert solve(rows, positive, np.array([1.0, 5.0])).weight[0] < 0
