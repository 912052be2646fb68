"""Prices of real text, a detector and an audit: the cheapest mix that keeps a limit."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from laboratory import errors_from
from scipy.optimize import linprog

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion.forecast.prices import Source, cheapest

PRICES = {"real": 5.0, "audit": 0.5, "detector": 0.01, "stream": 0.02}
DETECTOR = {"true_positive_rate": 0.8, "false_positive_rate": 0.05}


def test_the_cheapest_mix_is_the_optimum_of_the_linear_programme():
    """Random offers and needs, held against a solver."""
    rng, solved = np.random.default_rng(3), 0
    for _ in range(300):
        shares, prices = rng.random(5), rng.random(5) * 4
        needed = rng.random()
        offers = [Source(f"s{i}", *pair) for i, pair in enumerate(zip(shares, prices, strict=True))]
        mix = cheapest(offers, needed)
        best = linprog(prices, A_ub=[-shares], b_ub=[-needed], A_eq=[np.ones(5)], b_eq=[1])
        assert (mix is None) == (not best.success)
        if mix is not None:
            solved += 1
            assert mix.price == pytest.approx(best.fun)
            reached = sum(part * shares[int(name[1:])] for name, part in mix.parts.items())
            assert sum(mix.parts.values()) == pytest.approx(1)
            assert reached >= needed - 1e-9
    assert solved > 200


@pytest.mark.parametrize(
    "prices",
    [
        PRICES,
        {"real": 5.0},
        {"audit": 0.5},
        {"detector": 0.01, "real": 1.0},
        {"detector": 0.01, "audit": 9.0},
    ],
)
def test_a_mix_bought_item_by_item_costs_the_price_and_keeps_the_limit(prices):
    """Items of a stream are scored, read and paid one by one; then means are fitted 6 times."""
    found = wellhead.forecast(
        real_share=0.1, max_inflation=1.5, generations=6, prices=prices, **DETECTOR
    ).cheapest_mix
    rng, items = np.random.default_rng(8), 400_000
    real = rng.random(items) < 0.1
    rates = np.where(real, DETECTOR["false_positive_rate"], DETECTOR["true_positive_rate"])
    passed = rng.random(items) >= rates
    stream, score = prices.get("stream", 0.0), prices.get("detector", 0.0)
    read = prices.get("audit", 0.0)
    bought = {
        "stream": (stream * items, items, real.sum()),
        "real": (prices.get("real", 0.0) * 1000, 1000, 1000),
        "audit": ((stream + read) * items, real.sum(), real.sum()),
        "detector": ((stream + score) * items, passed.sum(), (real & passed).sum()),
        "detector, then audit": (
            (stream + score) * items + read * passed.sum(),
            (real & passed).sum(),
            (real & passed).sum(),
        ),
    }
    paid = sum(part * bought[name][0] / bought[name][1] for name, part in found.parts.items())
    share = sum(part * bought[name][2] / bought[name][1] for name, part in found.parts.items())
    assert paid == pytest.approx(found.price.point, rel=0.02)
    assert share == pytest.approx(found.needed_share, rel=0.02)
    # The loop itself: a mean of 100 numbers, the real ones among them at the share needed.
    mean = rng.standard_normal(40_000) / 10
    for _ in range(5):
        count = rng.binomial(100, found.needed_share, 40_000)
        mean = (1 - count / 100) * mean + rng.standard_normal(40_000) / 10
    assert errors_from(100 * mean**2, 1.5) < 5  # leading order: the share by chance adds 1/100


def test_nothing_is_bought_where_the_text_at_hand_keeps_the_limit():
    mix = wellhead.forecast(real_share=0.6, max_inflation=2, prices={"real": 3}).cheapest_mix
    assert mix.parts == {"stream": 1.0}
    assert mix.price.point == 0


def test_the_price_has_the_interval_of_the_share_and_rises_as_the_limit_falls():
    found = wellhead.forecast(
        real_share=(0.05, 0.1, 0.3), max_inflation=2, prices=PRICES, **DETECTOR
    ).cheapest_mix
    assert found.price.low < found.price.point < found.price.high
    prices = [row.price for row in found.frontier]
    assert prices == sorted(prices, reverse=True)
    for row in found.frontier:
        assert all(alone is None or row.price <= alone + 1e-12 for alone in row.alone.values())
    poor = wellhead.forecast(real_share=(0, 0.1, 0.3), max_inflation=2, prices={"audit": 1})
    assert poor.cheapest_mix.price.high == np.inf


def test_the_command_tells_the_mix_and_draws_the_frontier(wellhead, tmp_path):
    page = tmp_path / "forecast.html"
    told = wellhead(
        *("forecast", "--real-share", 0.1, "--max-inflation", 1.5, "--html", page),
        *("--prices", "real=5,audit=.5,detector=.01"),
        *("--true-positive-rate", 0.8, "--false-positive-rate", 0.05),
    )
    assert told.returncode == 1
    parts = re.search(r"costs ([\d.]+) a unit: ([\d.]+) % text that the detector", told.stdout)
    shown = page.read_text()
    assert parts
    assert "What staying below 1.5 costs" in shown
    assert "with audit alone" in shown
    as_json = wellhead(
        *("forecast", "--real-share", 0.1, "--max-inflation", 1.9, "--json"),
        *("--prices", "real=5"),
    )
    mix = json.loads(as_json.stdout)["cheapest_mix"]
    assert mix["price"]["point"] == pytest.approx(5 * mix["parts"]["real"])
    for prices, said in (("real", "numbers"), ("real=1,real=2", "each name once,")):
        wrong = wellhead("forecast", "--real-share", 0.1, "--max-inflation", 2, "--prices", prices)
        assert wrong.returncode == 2
        assert f"{said} like real=5,audit=1" in wrong.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"max_inflation": None}, "need a limit"),
        ({"real_share": None}, "need the real share"),
        ({"machine_growth": 2}, "one throughout"),
        ({"prices": {"reel": 1}}, "real"),
        ({"prices": {"real": -1}}, "the price of real"),
        ({"prices": {"detector": 1}}, "needs its rates"),
        ({"prices": {"stream": 1}}, "nothing on offer reaches"),
    ],
)
def test_prices_that_make_no_sense_are_refused(wrong, said):
    given = {"real_share": 0.1, "max_inflation": 2, "prices": {"real": 1}} | wrong
    with pytest.raises(BadSetting, match=said):
        wellhead.forecast(**given)
