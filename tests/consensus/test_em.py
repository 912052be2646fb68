"""The latent-class model against published examples, closed forms and other implementations."""

from __future__ import annotations

import numpy as np
import pytest

from tests.consensus.joint_cases import TUBERCULOSIS, judgements, simulated, tables_of
from wellhead.consensus.agreement import kappa
from wellhead.consensus.bayes import Beta, Priors, posterior
from wellhead.consensus.dawid_skene import dawid_skene
from wellhead.consensus.em import Pinned, fit, rate_of
from wellhead.consensus.identify import identify
from wellhead.consensus.likelihood import model_of
from wellhead.consensus.profile import share_interval, worse_by


def test_hui_and_walters_tuberculosis_estimates_are_reproduced():
    tables = tables_of(TUBERCULOSIS)
    model = model_of(tables)
    best = fit(tables, model)
    assert best.shares[0] == pytest.approx([0.0268, 0.7168], abs=5e-5)
    mantoux, tine = (rate_of(model, best, method)[0] for method in (0, 1))
    # False-positive and false-negative rates as published, to the digits that were printed.
    assert mantoux[0] == pytest.approx(0.0067, abs=5e-5)
    assert 1 - mantoux[1] == pytest.approx(0.0339, abs=5e-5)
    assert tine[0] == pytest.approx(0.0159, abs=5e-5)
    assert 1 - tine[1] == pytest.approx(0.0312, abs=5e-4)


def test_two_methods_in_two_groups_fit_their_tables_exactly():
    """Six equations and six unknowns: the expected tables are the tables."""
    tables = tables_of(TUBERCULOSIS)
    model = model_of(tables)
    best = fit(tables, model)
    counts = tables.counts
    saturated = (counts * np.log(counts / counts.sum(axis=1, keepdims=True))).sum()
    assert best.loglik[0] == pytest.approx(saturated, abs=1e-4)


def test_profile_of_the_share_is_zero_at_the_estimate_and_grows_on_both_sides():
    tables = tables_of(TUBERCULOSIS)
    model = model_of(tables)
    best = fit(tables, model)
    share = best.share[0]
    lost = worse_by(tables, model, best, share + np.array([[-0.05, -0.02, 0.0, 0.02, 0.05]]))[0]
    assert lost[2] == pytest.approx(0, abs=1e-4)
    assert lost[0] > lost[1] > 1
    assert lost[4] > lost[3] > 1


def test_profile_interval_of_a_directly_seen_share_is_the_likelihood_interval_of_a_binomial():
    """With the origin known for all, the profile must be that of 30 successes in 100."""
    votes, _ = simulated(100, (0.3,), (0.9, 0.9), (0.9, 0.9), seed=0)
    known = np.repeat([1, 0], [30, 70])
    tables = votes.__class__(**{**votes.__dict__, "truth": known}).tables()
    model = model_of(tables)
    interval = share_interval(tables, model, fit(tables, model))

    def loss(p: float) -> float:
        return 2 * (30 * np.log(0.3 / p) + 70 * np.log(0.7 / (1 - p)))

    assert loss(interval.low) == pytest.approx(3.8415, abs=0.02)
    assert loss(interval.high) == pytest.approx(3.8415, abs=0.02)


def test_pinned_share_is_kept_across_groups():
    tables = tables_of(TUBERCULOSIS)
    held = fit(tables, model_of(tables), pinned=Pinned(share=np.array([0.2, 0.45, 0.8])))
    assert held.share == pytest.approx([0.2, 0.45, 0.8], abs=1e-6)


@pytest.mark.parametrize(
    ("groups", "methods", "known", "verdict"),
    [(1, 2, (0, 0), "no"), (2, 2, (0, 0), "yes"), (1, 3, (0, 0), "yes"), (1, 2, (40, 0), "yes")],
)
def test_what_determines_the_share_is_told(groups, methods, known, verdict):
    votes, _ = simulated(
        600, (0.2, 0.7)[:groups], (0.9,) * methods, (0.95,) * methods, seed=1, known=known
    )
    tables = votes.tables()
    assert identify(tables, model_of(tables)).verdict == verdict


def test_groups_alike_are_told_from_groups_that_differ():
    votes, _ = simulated(600, (0.4, 0.4), (0.9, 0.9), (0.95, 0.95), seed=2)
    tables = votes.tables()
    assert identify(tables, model_of(tables)).verdict == "weak"


def test_two_methods_cannot_show_dependence_however_many_groups():
    for groups in (2, 3, 6):
        shares = tuple(np.linspace(0.1, 0.9, groups))
        votes, _ = simulated(900, shares, (0.9, 0.8), (0.9, 0.9), seed=3)
        tables = votes.tables()
        assert not identify(tables, model_of(tables)).testable
    votes, _ = simulated(900, (0.2, 0.7), (0.9, 0.8, 0.8), (0.9, 0.9, 0.9), seed=3)
    tables = votes.tables()
    assert identify(tables, model_of(tables)).testable


def test_kappa_interval_agrees_with_a_bootstrap():
    table = np.array([[45, 15], [25, 65]])
    rng = np.random.default_rng(4)
    drawn = rng.multinomial(150, table.ravel() / 150, size=4000).reshape(-1, 2, 2)
    seen = np.trace(drawn, axis1=1, axis2=2) / 150
    chance = (drawn.sum(axis=2) * drawn.sum(axis=1)).sum(axis=1) / 150**2
    low, high = np.quantile((seen - chance) / (1 - chance), [0.025, 0.975])
    ours = kappa(table)
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.012)


def test_perfect_agreement_of_few_documents_is_no_certainty():
    few, many = kappa(np.array([[4, 0], [0, 8]])), kappa(np.array([[400, 0], [0, 800]]))
    assert (few.point, few.high) == (1, 1)
    assert 0.3 < few.low < 0.7
    assert many.low > 0.98


def test_dawid_and_skenes_anaesthetists_are_reproduced():
    """Class shares as printed in their table 2: .40, .42, .11, .07."""
    found = dawid_skene(judgements())
    assert found.shares.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    # Error rates of the first anaesthetist for classes 1 and 2, as printed there.
    assert found.errors[0, 0].round(2).tolist() == [0.89, 0.11, 0.0, 0.0]
    assert found.errors[0, 1].round(2).tolist() == [0.07, 0.88, 0.05, 0.0]


def test_dawid_skene_agrees_with_a_literal_em():
    counts = judgements()
    items, judges, classes = counts.shape
    t = counts.sum(axis=1)
    t /= t.sum(axis=1, keepdims=True)
    for _ in range(300):
        p = t.mean(axis=0)
        new = np.zeros_like(t)
        for i in range(items):
            for a in range(classes):
                product = p[a]
                for j in range(judges):
                    total = sum(t[m, a] * counts[m, j].sum() for m in range(items))
                    for b in range(classes):
                        if counts[i, j, b]:
                            rate = (t[:, a] * counts[:, j, b]).sum() / total
                            product *= rate ** counts[i, j, b]
                new[i, a] = product
        new /= new.sum(axis=1, keepdims=True)
        if np.abs(new - t).max() < 1e-7:
            break
        t = new
    assert dawid_skene(counts).classes == pytest.approx(t, abs=1e-3)


def test_judges_of_three_classes_have_intervals_for_shares_and_errors():
    rng = np.random.default_rng(1)
    truth = rng.choice(3, 600, p=[0.5, 0.3, 0.2])
    errors = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    said = np.stack([[rng.choice(3, p=errors[t]) for t in truth] for _ in range(4)], axis=1)
    found = dawid_skene(np.eye(3)[said], repeats=100)
    assert all(i.covers(p) for i, p in zip(found.intervals, (0.5, 0.3, 0.2), strict=True))
    low, high = found.error_intervals
    assert low.shape == (4, 3, 3)
    inside = (low <= errors) & (errors <= high)
    assert inside.mean() >= 0.85
    assert any("mistakes say nothing" in sentence for sentence in found.unchecked)


def test_crowd_kit_finds_the_same_classes():
    """An implementation by others, on judges with gaps; not part of our test requirements."""
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="pip install crowd-kit")
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    n, judges, classes = 400, 6, 3
    truth = rng.choice(classes, n, p=[0.5, 0.3, 0.2])
    said = np.where(
        rng.random((n, judges)) < 0.6, truth[:, None], rng.integers(classes, size=(n, judges))
    )
    seen = rng.random((n, judges)) < 0.7
    seen[:, 0] = True
    counts = np.eye(classes)[said] * seen[:, :, None]
    items, who = np.nonzero(seen)
    table = pandas.DataFrame({"task": items, "worker": who, "label": said[items, who]})
    theirs = crowdkit.DawidSkene(n_iter=5000, tol=1e-12).fit(table).probas_.sort_index()
    ours = dawid_skene(counts, tolerance=1e-10)
    assert ours.classes == pytest.approx(theirs[[0, 1, 2]].to_numpy(), abs=1e-3)


def test_joseph_gyorkos_and_coupals_strongyloides_posterior_is_reproduced():
    """Two tests, one group, stated priors: medians and 95 % intervals as published in 1995.

    Stool and serology of 162 refugees; both, stool only, serology only, neither. The published
    Gibbs run was short, and ours also holds that no method is worse than a coin, so the second
    decimal may differ.
    """
    tables = tables_of(((38, 2, 87, 35),))
    priors = Priors(
        sensitivity={"stool": Beta(4.44, 13.31), "serology": Beta(21.96, 5.49)},
        specificity={"stool": Beta(71.25, 3.75), "serology": Beta(4.1, 1.76)},
    )
    found = posterior(tables, ("stool", "serology"), priors)
    published = (
        (found.share, (0.52, 0.76, 0.91)),
        (found.sensitivity[0], (0.22, 0.31, 0.44)),
        (found.specificity[0], (0.91, 0.96, 0.99)),
        (found.sensitivity[1], (0.80, 0.89, 0.95)),
        (found.specificity[1], (0.36, 0.67, 0.95)),
    )
    for ours, theirs in published:
        assert ours[:3] == pytest.approx(theirs, abs=0.035)


def test_three_methods_give_the_same_by_the_tables_and_by_dawid_skene():
    votes, _ = simulated(500, (0.4,), (0.9, 0.8, 0.85), (0.9, 0.9, 0.8), seed=5)
    tables = votes.tables()
    by_tables = fit(tables, model_of(tables), tolerance=1e-9)
    by_items = dawid_skene(np.eye(2)[votes.votes], tolerance=1e-9)
    assert by_tables.share[0] == pytest.approx(by_items.shares[1], abs=2e-3)
    assert by_tables.loglik[0] == pytest.approx(by_items.loglik, abs=1e-3)
