"""A forecast for a verifier with faults: what it leaves, against the laboratory."""

from __future__ import annotations

import json

import numpy as np
import pytest
from laboratory import last

import wellhead
from wellhead.errors import BadSetting

LARGE = {"size": 40_000, "generations": 4, "chains": 12}


@pytest.mark.parametrize("share", [0.0, 0.25])
@pytest.mark.parametrize("faults", [{}, {"bias": 1.0}, {"bias": 1.0, "checked": 0.5}])
def test_the_variance_and_the_mean_of_a_judged_trait_are_foretold(faults, share):
    regime = {"name": "fresh-real", "share": share} if share else "replace"
    selector = {"name": "verifier", "quantile": 0.2, "refill": True} | faults
    run = last(family={"name": "gaussian"}, regime=regime, selector=selector, **LARGE)
    found = wellhead.forecast(
        verifier={"quantile": 0.2} | faults, generations=4, real_share=share or None
    ).verifier.generations[-1]
    true = run["variance"].mean(), run["mean_square_error"].mean()
    assert found.variance.point == pytest.approx(true[0], rel=0.02)
    assert found.mean.point**2 == pytest.approx(true[1], rel=0.02, abs=2e-3)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_the_share_of_a_favoured_part_is_foretold(share):
    """Two symbols of which the common one is favoured: draws differ with probability 2p(1 - p)."""
    regime = {"name": "fresh-real", "share": share} if share else "replace"
    selector = {"name": "favouring", "side": "low", "part": 0.5, "strength": 0.3, "refill": True}
    family = {"name": "discrete", "symbols": 2, "shift": 0.0, "path": "literal"}
    run = last(family=family, regime=regime, selector=selector, **LARGE)
    judge = {"part": 2 / 3, "strength": 0.3}
    result = wellhead.forecast(verifier=judge, generations=4, real_share=share or None)
    favoured = result.verifier.generations[-1].favoured.point
    assert favoured > 0.75
    assert 2 * favoured * (1 - favoured) == pytest.approx(run["heterozygosity"].mean(), rel=0.01)


def test_the_interval_of_an_assay_reaches_what_the_verifier_leaves():
    share = {"share": {"low": 0.7, "point": 0.8, "high": 0.9, "level": 0.95}}
    result = wellhead.forecast(assay=share, verifier={"quantile": 0.1, "bias": 1}, generations=12)
    variance = result.verifier.generations[-1].variance
    assert variance.low < variance.point < variance.high
    assert "off by 1 standard deviation," in result.verifier.sentence
    page = result.page().to_markdown()
    assert "What the verifier makes of it" in page
    assert result.verifier.sentence in page


def test_the_command_takes_a_verifier(wellhead):
    told = wellhead("forecast", "--verifier", "part=.5,strength=.3", "--generations", 5, "--json")
    verifier = json.loads(told.stdout)["verifier"]
    assert verifier["generations"][-1]["favoured"]["point"] == pytest.approx(
        1 / (1 + 0.7**4), abs=1e-9
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"verifier": {"quantil": 0.1}}, "a verifier has one of these"),
        ({"verifier": {"quantile": 0.1, "part": 0.5}}, "a verifier has one of these"),
        ({"verifier": {"quantile": 1.5}}, "quantile must be a share"),
        ({"verifier": {"quantile": 0.1, "bias": np.nan}}, "bias must be a finite number"),
        ({"verifier": {"nearest": 0.1, "bias": np.inf}}, "bias must be a finite number"),
        ({"verifier": {"part": 0.5, "strength": 1.0}}, "strength must be a share"),
        ({"verifier": {"quantile": 0.1}, "regime": "accumulate"}, "under replace and fresh-real"),
        ({"verifier": {"nearest": 0.1}, "real_share": 0.5}, "under replace, not fresh-real"),
    ],
)
def test_verifiers_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(BadSetting, match=said):
        wellhead.forecast(**settings)
