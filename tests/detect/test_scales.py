"""Which features a model trusts while it learns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from wellhead.detect.linear import Recipe, fit
from wellhead.detect.scales import agreement_scales

SIDE = 400
BOTH, ONE, NOISE = range(3)


@pytest.fixture
def two_domains() -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """Machines use one feature more in both domains, another in one and less in the other."""
    rng = np.random.default_rng(0)
    domain = np.repeat(["a", "b"], 2 * SIDE)
    machine = np.tile(np.repeat([False, True], SIDE), 2)
    uses = np.full((len(machine), 3), 0.4)
    uses[machine, BOTH] = 0.7
    uses[machine & (domain == "a"), ONE] = 0.9
    uses[machine & (domain == "b"), ONE] = 0.3
    counts = csr_matrix((rng.random(uses.shape) < uses).astype(np.float32))
    return counts, machine, domain


def _scales(two_domains: tuple, power: float = 0.5) -> np.ndarray:
    counts, machine, domain = two_domains
    return agreement_scales(counts, machine, np.ones(len(machine)), domain, power=power)


def test_what_domains_agree_on_is_trusted_more_than_what_only_one_shows(two_domains: tuple) -> None:
    found = _scales(two_domains)
    assert np.argmax(found) == BOTH
    assert found[BOTH] > 1.5 * found[ONE]


def test_a_domain_with_few_texts_has_no_say(two_domains: tuple) -> None:
    counts, machine, domain = two_domains
    few = np.concatenate([np.flatnonzero(domain == "a"), np.arange(2 * SIDE, 2 * SIDE + 40)])
    found = _scales((counts[few], machine[few], domain[few]))
    assert np.all(found == 1)


def test_scales_have_a_mean_square_of_one(two_domains: tuple) -> None:
    assert np.mean(_scales(two_domains, 0.25) ** 2) == pytest.approx(1)


def test_without_a_power_all_features_are_trusted_alike(two_domains: tuple) -> None:
    assert np.all(_scales(two_domains, 0.0) == 1)


def test_a_model_leans_on_what_domains_agree_on(two_domains: tuple) -> None:
    counts, machine, domain = two_domains
    columns = np.arange(3, dtype=np.int32)

    def leaning(recipe: Recipe) -> float:
        model = fit(counts, machine, columns=columns, recipe=recipe, domain=domain)
        return float(model.weight[BOTH] / np.abs(model.weight[ONE]))

    plain = Recipe("presence", spread=0)
    assert leaning(Recipe("presence", spread=0, agreement=0.5)) > leaning(plain)


def test_the_same_texts_give_the_same_model_to_the_last_bit(two_domains: tuple) -> None:
    counts, machine, domain = two_domains
    recipe = Recipe("presence", spread=0, agreement=0.5)
    columns = np.arange(3, dtype=np.int32)
    one, again = (
        fit(counts, machine, columns=columns, recipe=recipe, domain=domain) for _ in range(2)
    )
    assert one.digest() == again.digest()
