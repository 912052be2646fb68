"""A plan: what known-human texts, machine texts of one's own and labels would buy."""

import json

import numpy as np
import pytest

from wellhead.detect import Cluster
from wellhead.errors import BadSetting
from wellhead.prevalence.plan import Prices, plan


def library(gap):
    rng = np.random.default_rng(3)
    return [
        Cluster(f"d{i}", f"g{i}", rng.normal(0, 1, 300), rng.normal(gap, 1, 300)) for i in range(6)
    ]


@pytest.fixture(scope="module")
def planned():
    prices = Prices(human=1, machine=0.01, label=2)
    return plan(library(3.0), width=0.15, share=0.3, documents=400, prices=prices)


def test_more_texts_of_either_side_and_more_labels_narrow_the_interval(planned):
    human = [row.width for row in planned.references]
    assert human[0] > human[-1]
    hundred = next(row.width for row in planned.references if row.human == 100)
    assert all(row.width < hundred + 0.01 for row in planned.machines)
    labels = [row.random for row in planned.label_widths]
    assert labels == sorted(labels, reverse=True)


def test_labels_drawn_by_doubt_are_fewer_where_the_detector_is_good(planned):
    assert planned.labels_active[1] < planned.labels[1] < planned.labels_alone
    for row in planned.label_widths:
        assert row.active <= row.random <= row.alone


def test_the_cheapest_way_that_gets_there_comes_first(planned):
    reached = [way for way in planned.ways if way.reached]
    assert planned.cheapest == reached[0]
    assert [way.cost for way in reached] == sorted(way.cost for way in reached)
    for way in planned.ways:
        assert way.cost == way.human + 0.01 * way.machine + 2 * way.labels
    assert f"for {planned.cheapest.cost:,.2f}" in planned.page().lead
    assert json.loads(planned.to_json())["prices"] == {"human": 1, "machine": 0.01, "label": 2}


def test_without_prices_nothing_is_called_cheap(planned):
    free = plan(library(3.0)[:3], width=0.5, documents=100)
    assert free.cheapest is None
    assert all(way.cost is None for way in free.ways)
    assert "cheapest" not in free.page().lead


def test_a_price_that_is_none_is_refused(wellhead):
    with pytest.raises(BadSetting, match="a price is a number from 0 on"):
        plan(library(3.0), width=0.1, prices=Prices(label=-1))
    done = wellhead("plan", "--width", "10%", "--prices", "gold=3")
    assert done.returncode == 2
    assert "human=0.5,machine=0.01,label=2" in done.stderr


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_no_plan_is_made_for_certainty_or_for_no_confidence(level):
    with pytest.raises(BadSetting, match="a confidence level lies between 0 and 1"):
        plan(library(3.0), width=0.1, level=level)
