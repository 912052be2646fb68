"""The detector that ships with the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from wellhead.detect import NgramDetector, load_scorer

Texts = dict[str, list[str]]


@pytest.fixture(scope="module")
def general() -> NgramDetector:
    detector = load_scorer("general")
    assert isinstance(detector, NgramDetector)
    return detector


def test_it_is_small_enough_to_ship() -> None:
    folder = files("wellhead.detect") / "models" / "general"
    assert sum(len(path.read_bytes()) for path in folder.iterdir()) < 8e6


def test_its_card_names_every_source_with_its_licence(general: NgramDetector) -> None:
    assert len(general.card.fitted_on) == 19
    assert all(source.licence and source.url for source in general.card.fitted_on)


def test_its_card_states_an_error_for_each_cluster_of_its_library(general: NgramDetector) -> None:
    assert general.library is not None
    assert len(general.library) == len(general.card.measured) >= 50
    for cluster, stated in zip(general.library, general.card.measured, strict=True):
        assert (cluster.domain, cluster.generator) == (stated.domain, stated.generator)
        assert cluster.auc == pytest.approx(stated.auc, abs=1e-4)
        assert len(cluster.machine) >= 60
        assert len(cluster.human) >= 100


def test_it_orders_a_genre_and_a_generator_that_it_never_saw(
    general: NgramDetector, texts: Texts
) -> None:
    """Presidential addresses against a 135M-parameter model: far from certain, far from a coin."""
    human, machine = general.score(texts["human"]), general.score(texts["cool"] + texts["hot"])
    assert np.mean(machine[:, None] > human[None, :]) > 0.65


def test_the_command_lists_and_shows_it(wellhead: Callable[..., object]) -> None:
    listed = json.loads(wellhead("detector", "list", "--json").stdout)
    assert "general" in [row["name"] for row in listed]
    shown = wellhead("detector", "show", "general")
    assert "DetectRL" in shown.stdout
    assert "licence: CC BY 3.0" in shown.stdout


def test_its_card_sums_up_its_errors_by_what_texts_have_in_common(general: NgramDetector) -> None:
    summaries = general.card.summaries
    assert {one.by for one in summaries} == {"kind", "family", "domain", "year", "length"}
    kinds = {one.value: one.auc for one in summaries if one.by == "kind"}
    assert kinds["written"] > kinds["lightly rewritten"]
    assert all(one.machine >= 40 for one in summaries)


def test_its_card_says_what_a_nominal_rate_becomes_elsewhere(
    general: NgramDetector, wellhead: Callable[..., object]
) -> None:
    rates = [one.flagged for one in general.card.elsewhere]
    assert len(rates) >= 30
    assert min(rates) == 0
    assert max(rates) > 5 * 0.05
    assert "People flagged at a nominal 5 %" in wellhead("detector", "show", "general").stdout


def test_no_text_that_may_only_be_evaluated_on_was_fitted(general: NgramDetector) -> None:
    """The polished Chinese news of DetectAnyLLM are under non-commercial terms."""
    named = " ".join(f"{source.name} {source.generators}" for source in general.card.fitted_on)
    assert "grok-3" not in named
    assert general.languages == ("en",)


def test_the_fast_tier_is_a_detector_of_its_own_with_its_measured_loss(
    general: NgramDetector,
) -> None:
    fast = load_scorer("general-fast")
    assert isinstance(fast, NgramDetector)
    assert fast.revision != general.revision
    assert fast.model.column.min() >= 1 << 20
    cells = {(one.source, one.domain, one.generator): one.auc for one in general.card.measured}
    loss = [cells[one.source, one.domain, one.generator] - one.auc for one in fast.card.measured]
    assert len(loss) == len(cells)
    assert 0 <= np.mean(loss) < 0.02


def test_a_tier_says_which_detector_scored(wellhead: Callable[..., object], tmp_path: Path) -> None:
    corpus = tmp_path / "a.jsonl"
    corpus.write_text('{"text": "It rained all day, and nobody minded."}')
    for tier, name in (("full", "general"), ("fast", "general-fast")):
        told = json.loads(wellhead("score", str(corpus), "--tier", tier, "--json").stdout)
        assert told["scorer"] == name
        assert f"{name}@" in told["sidecars"][0]
    both = wellhead("score", str(corpus), "--tier", "fast", "--detector", "general")
    assert both.returncode == 2
    assert "both" in both.stderr
