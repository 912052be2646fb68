"""`wellhead collapse theory`: one record per generation, and honest gaps."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import wellhead.recursion
from wellhead.errors import BadSetting
from wellhead.recursion.theory import theory_table

SHARED = ("fresh-real", "fixed-original", "synthetic-added")


def gaussian_table(
    regime: str, samples: int | list[int], generations: int, **rest: Any
) -> list[dict[str, Any]]:
    return theory_table("gaussian", regime=regime, samples=samples, generations=generations, **rest)


def settings(regime: str) -> dict[str, Any]:
    return {"real_share": 0.25} if regime in SHARED else {}


def test_the_command_prints_one_record_per_generation(wellhead) -> None:  # type: ignore[no-untyped-def]
    arguments = "--family gaussian --regime accumulate-subsample --samples 10 --generations 40"
    done = wellhead("collapse", "theory", *arguments.split(), "--json")
    table = json.loads(done.stdout)
    assert [row["generation"] for row in table] == list(range(1, 41))
    found = {row["generation"]: row["variance"] for row in table}
    assert (found[2], found[5], found[40]) == pytest.approx((0.8313, 0.779, 0.7443), abs=4e-4)
    assert "pool" in table[0]["unavailable"]["wasserstein2_squared"]
    assert done.returncode == 0
    assert done.stderr == ""


def test_the_command_carries_a_detector_to_the_variance(wellhead) -> None:  # type: ignore[no-untyped-def]
    mix = "--regime fresh-real --samples 100 --generations 300 --real-share 0.1"
    rates = "--true-positive-rate 0.9 --false-positive-rate 0.05"
    done = wellhead("collapse", "theory", *mix.split(), *rates.split(), "--json")
    last = json.loads(done.stdout)[-1]
    assert last["variance"] == pytest.approx(0.98694, abs=5e-6)
    assert last["inflation"] == pytest.approx(1.31, abs=5e-3)


def test_the_command_takes_whole_samples_and_says_what_is_not_exact(wellhead) -> None:  # type: ignore[no-untyped-def]
    mix = "--regime fresh-real --samples 14 --generations 3 --real-share"
    done = wellhead("collapse", "theory", *mix.split(), "0.15")
    assert "inflation (first order)" in done.stdout
    assert "columns are means over chains" in done.stderr
    assert f"{2 / 14:.6g}" in done.stdout.splitlines()[-1]


def test_the_command_says_plainly_what_is_wrong(wellhead) -> None:  # type: ignore[no-untyped-def]
    done = wellhead("collapse", "theory", "--regime", "acumulate")
    assert done.returncode == 2
    assert "did you mean 'accumulate'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"family": "location", "freedom": 4.0}, "of Student's law"),
        ({"family": "gausian"}, "did you mean 'gaussian'"),
        ({"regime": "fresh-real"}, "under fresh-real needs real_share"),
        ({"real_share": 0.5}, "does not belong to the regime replace"),
        ({"regime": "fresh-real", "real_share": 1.5}, "share in [0, 1]"),
        ({"samples": 1}, "at least 2"),
        ({"generations": 0}, "at least 1"),
        ({"ddof": 3}, "ddof"),
        ({"family": "kde"}, "needs bandwidth"),
        ({"family": "discrete", "ddof": 1}, "no setting ddof"),
        ({"family": "regression", "regime": "golden-ratio"}, "wellhead collapse run"),
        ({"regime": "fresh", "real_share": 0.1, "true_positive_rate": 0.9}, "both"),
        ({"regime": "growing", "growth": 10, "generations": 400}, "too large"),
        ({"regime": "fresh-real", "samples": 4, "real_share": 0.1}, "rounds to none"),
        ({"family": "kde", "part": 0.3}, "Known are"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    what = {"family": "gaussian", "regime": "replace", "samples": 100, "generations": 5}
    with pytest.raises(BadSetting, match=re.escape(said)):
        theory_table(**{**what, **wrong})


@pytest.mark.parametrize(
    "regime",
    ["replace", "growing", "accumulate", "accumulate-subsample", "golden-ratio", *SHARED],
)
def test_every_regime_conserves_the_second_moment_under_maximum_likelihood(regime: str) -> None:
    table = gaussian_table(regime, 20, 12, **settings(regime))
    for row in table:
        total = row["variance"] + row["mean_square_error"]
        kept = 1.0 if regime not in ("fixed-original", "synthetic-added") else total
        assert total == pytest.approx(kept)
        assert row["inflation"] > 0


@pytest.mark.parametrize("alias", ["fresh", "fixed", "augment"])
def test_regimes_answer_to_the_laboratorys_names(alias: str) -> None:
    full = {"fresh": "fresh-real", "fixed": "fixed-original", "augment": "synthetic-added"}
    short = gaussian_table(alias, 20, 3, real_share=0.25)
    assert short == gaussian_table(full[alias], 20, 3, real_share=0.25)


def test_a_growing_schedule_may_be_linear_geometric_or_listed() -> None:
    geometric = gaussian_table("growing", 10, 6, growth=2)
    listed = gaussian_table("growing", [10 * 2**i for i in range(6)], 6)
    assert geometric == listed
    assert geometric[-1]["wasserstein2_squared"] == pytest.approx(0.28679, abs=5e-6)
    assert gaussian_table("growing", 10, 2)[1]["variance"] == pytest.approx(0.9 * 0.95)


def test_a_biased_sampler_may_follow_a_real_first_sample() -> None:
    listed = gaussian_table("replace", 50, 10, sampling_bias=[1.0] + [0.9] * 9)
    always = gaussian_table("replace", 50, 10, sampling_bias=0.9)
    assert listed[-1]["variance"] == pytest.approx(always[-1]["variance"] / 0.9)
    assert "bias" in listed[-1]["unavailable"]["inflation"]


def test_real_samples_by_chance_err_more_than_an_exact_share() -> None:
    exact = gaussian_table("fresh-real", 20, 200, real_share=0.1)[-1]
    chance = gaussian_table("fresh-real", 20, 200, real_share=0.1, independent=True)[-1]
    assert chance["mean_square_error"] == pytest.approx(0.05 / (1 - 0.81 * 0.95))
    assert chance["mean_square_error"] > exact["mean_square_error"]


def test_long_tables_say_what_is_too_long_to_compute() -> None:
    row = gaussian_table("accumulate", 20, 10_001)[-1]
    assert row["variance"] < 1
    assert "10000" in row["unavailable"]["wasserstein2_squared"]


def test_the_other_families_have_tables_too() -> None:
    symbols = theory_table("discrete", regime="accumulate", samples=50, generations=4)
    assert symbols[0]["surviving_symbols"] == symbols[3]["surviving_symbols"]
    density = theory_table("kde", regime="replace", samples=50, generations=400, bandwidth=0.2)
    assert density[-1]["variance"] == pytest.approx(1.96, abs=1e-3)
    fits = theory_table("regression", regime="replace", samples=111, generations=10, dimensions=10)
    assert fits[-1]["excess_risk"] == pytest.approx(1.0)
    assert fits[-1]["inflation"] == pytest.approx(10)


def test_no_closed_form_is_invented() -> None:
    with pytest.raises(BadSetting, match="must exceed dimensions"):
        gaussian_table("accumulate", 20, 3, dimensions=20)
    row = gaussian_table("replace", 20, 3, dimensions=2)[-1]
    assert row["wasserstein2_squared"] is None
    assert row["determinant"] < row["variance"]


@pytest.mark.parametrize(
    "regime",
    [
        "replace",
        "growing",
        "accumulate",
        "accumulate-subsample",
        "golden-ratio",
        "fresh-real",
        "fixed-original",
    ],
)
def test_the_error_in_three_dimensions_is_that_of_three_coordinates(regime: str) -> None:
    """Against draws in three dimensions; `variance` stays the multiple of the true covariance."""
    rows = gaussian_table(regime, 20, 4, dimensions=3, **settings(regime))
    one = gaussian_table(regime, 20, 4, **settings(regime))
    assert [row["variance"] for row in rows] == [row["variance"] for row in one]
    share = {"share": 0.25} if regime in SHARED else {}
    found = wellhead.collapse(
        {
            "family": {"name": "gaussian", "dimension": 3, "ddof": 0},
            "regime": {"name": regime, **share},
            "size": 20,
            "generations": 4,
            "chains": 4000,
        }
    )
    curve = found.curve("mean_square_error", regime, statistic="mean")[-1]
    assert curve.value == pytest.approx(rows[-1]["mean_square_error"], rel=0.06)
    assert rows[-1]["wasserstein2_squared"] is None
