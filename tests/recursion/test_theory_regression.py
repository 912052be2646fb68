"""Linear regression on its own labels: formulas against literal least squares."""

from __future__ import annotations

import numpy as np
import pytest
from theory_chains import assert_mean

from wellhead.errors import BadSetting
from wellhead.recursion.theory import inflation, regression

COUNT = 3_000


class Rounds:
    """Literal rounds of relabelling, many chains at a time; the true weights are 0."""

    def __init__(self, d: int, seed: int) -> None:
        self.d, self.rng = d, np.random.default_rng(seed)
        self.weights = np.zeros((COUNT, d))

    def inputs(self, rows: int) -> np.ndarray:
        return self.rng.standard_normal((COUNT, rows, self.d))

    def labels(self, x: np.ndarray) -> np.ndarray:
        noise = self.rng.standard_normal(x.shape[:2])
        return np.einsum("cij,cj->ci", x, self.weights) + noise

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        gram, moments = np.einsum("cij,cik->cjk", x, x), np.einsum("cij,ci->cj", x, y)
        self.weights = np.linalg.solve(gram, moments[..., None])[..., 0]

    def risk(self) -> np.ndarray:
        return np.asarray((self.weights**2).sum(1))


@pytest.mark.parametrize("same", [False, True])
def test_replacing_adds_one_round_each_time(same: bool) -> None:
    rounds = Rounds(3, seed=1)
    x = rounds.inputs(20)
    for _ in range(5):
        rounds.fit(x, rounds.labels(x))
        x = x if same else rounds.inputs(20)
    assert_mean(rounds.risk(), regression.Replace(samples=20, dimensions=3).excess_risk(5))


def test_growing_rounds_add_ever_less() -> None:
    rounds = Rounds(3, seed=2)
    for i in range(1, 6):
        x = rounds.inputs(15 * i)
        rounds.fit(x, rounds.labels(x))
    assert_mean(rounds.risk(), regression.Growing(samples=15, dimensions=3).excess_risk(5))


@pytest.mark.parametrize("same", [False, True])
def test_accumulated_rounds_agree_with_literal_fits(same: bool) -> None:
    rounds = Rounds(3, seed=3)
    x = rounds.inputs(12)
    pool, labels = x, rounds.labels(x)
    rounds.fit(pool, labels)
    for _ in range(4):
        x = x if same else rounds.inputs(12)
        pool, labels = np.hstack([pool, x]), np.hstack([labels, rounds.labels(x)])
        rounds.fit(pool, labels)
    expected = regression.Accumulate(samples=12, dimensions=3, same_inputs=same).excess_risk(5)
    assert_mean(rounds.risk(), expected)


def test_fresh_rows_hold_the_risk_at_its_constant_to_leading_order() -> None:
    rounds = Rounds(2, seed=4)
    for _ in range(15):
        x = rounds.inputs(100)
        y = rounds.labels(x)
        y[:, :20] -= np.einsum("cij,cj->ci", x[:, :20], rounds.weights)
        rounds.fit(x, y)
    expected = regression.FreshReal(samples=100, dimensions=2, real_share=0.2).excess_risk(15)
    assert rounds.risk().mean() == pytest.approx(expected, rel=0.08)


def test_a_subsampled_pool_obeys_its_constant_to_leading_order() -> None:
    rounds, rng = Rounds(2, seed=5), np.random.default_rng(6)
    pool = rounds.inputs(40)
    labels = rounds.labels(pool)
    for _ in range(8):
        chosen = rng.permuted(np.tile(np.arange(pool.shape[1]), (COUNT, 1)), axis=1)[:, :40]
        seen = np.take_along_axis(pool, chosen[..., None], 1)
        rounds.fit(seen, np.take_along_axis(labels, chosen, 1))
        x = rounds.inputs(40)
        pool, labels = np.hstack([pool, x]), np.hstack([labels, rounds.labels(x)])
    expected = regression.AccumulateSubsample(samples=40, dimensions=2).excess_risk(8)
    assert rounds.risk().mean() == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize(("share", "shift"), [(0.5, 1.0), (0.1, 1.0), (0.05, 30.0)])
def test_a_wrong_synthetic_share_leaves_a_floor(share: float, shift: float) -> None:
    """Few wrong rows far away: which rows they are counts for as much as the floor itself."""
    rounds = Rounds(3, seed=7)
    x = rounds.inputs(120)
    y, wrong = rounds.labels(x), round(share * 120)
    y[:, :wrong] += shift * x[:, :wrong, 0]
    rounds.fit(x, y)
    expected = regression.strong_collapse_floor(
        samples=120, dimensions=3, synthetic_share=share, shift=shift
    )
    assert rounds.risk().mean() == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize(
    ("regime", "n", "shape", "options", "value"),
    [
        (regression.Replace, 10, (111, 10), {}, 1.0),
        (regression.Replace, 20, (30, 5), {}, 4.1667),
        (regression.Accumulate, 10, (111, 10), {"same_inputs": True}, 0.1550),
        (regression.Accumulate, 20, (30, 5), {"same_inputs": True}, 0.3325),
        (regression.Accumulate, 10, (111, 10), {}, 0.1514),
        (regression.Accumulate, 20, (30, 5), {}, 0.3150),
        (regression.Growing, 8, (40, 5), {}, 0.3723),
    ],
)
def test_known_risks_are_reproduced(
    regime: type[regression.RegressionChain],
    n: int,
    shape: tuple[int, int],
    options: dict[str, bool],
    value: float,
) -> None:
    got = regime(samples=shape[0], dimensions=shape[1], **options).excess_risk(n)
    assert got == pytest.approx(value, abs=6e-5)


@pytest.mark.parametrize(
    ("samples", "share", "value"),
    [(2000, 0.1, 0.020945), (2000, 0.5, 0.262625), (20_000, 0.1, 0.0110945)],
)
def test_known_floors_are_reproduced(samples: int, share: float, value: float) -> None:
    got = regression.strong_collapse_floor(
        samples=samples, dimensions=20, synthetic_share=share, shift=1.0
    )
    assert got == pytest.approx(value)


def test_constants_scale_one_round() -> None:
    what = {"samples": 400, "dimensions": 10, "noise": 0.5}
    chain = regression.AccumulateSubsample(**what)  # type: ignore[arg-type]
    constant = inflation.AccumulateSubsample().after(40)
    assert chain.excess_risk(40) == pytest.approx(chain.base * constant)


@pytest.mark.parametrize(("samples", "dimensions"), [(11, 10), (5, 10), (30, 0)])
def test_fits_without_a_finite_risk_are_refused(samples: int, dimensions: int) -> None:
    with pytest.raises(BadSetting):
        regression.Replace(samples=samples, dimensions=dimensions)


def test_leading_order_forms_refuse_few_rows() -> None:
    with pytest.raises(BadSetting, match="10 rows per dimension"):
        regression.FreshReal(samples=50, dimensions=10, real_share=0.2).excess_risk(5)
    with pytest.raises(BadSetting):
        regression.strong_collapse_floor(samples=50, dimensions=10, synthetic_share=0.5, shift=1)


def test_the_guard_of_the_floor_knows_the_distance() -> None:
    """Wrong rows far away need more rows than the noise alone."""
    rows = {"samples": 20 * 10, "dimensions": 10, "synthetic_share": 0.5}
    assert regression.strong_collapse_floor(**rows, shift=0) == pytest.approx(0.05)
    with pytest.raises(BadSetting, match="220"):
        regression.strong_collapse_floor(**rows, shift=0.1)
