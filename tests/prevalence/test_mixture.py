"""The anchored estimate covers, in expectation over clusters that the library lacks."""

import numpy as np
import pytest

from tests.prevalence.clusters import binormal_clusters
from wellhead._stats import highest_density
from wellhead.detect import Cluster
from wellhead.errors import UnusableReference
from wellhead.prevalence.estimate import EFFECTIVE
from wellhead.prevalence.evaluation import draw_trials, run_trials
from wellhead.prevalence.library import generator_prior
from wellhead.prevalence.mixture import anchored_posterior
from wellhead.prevalence.smc import posterior_draws

CLUSTERS = binormal_clusters()


def anchored(trial):
    prior = generator_prior(trial.library)
    return anchored_posterior(
        trial.scores, trial.human, prior, effective=EFFECTIVE, seed=trial.seed, draws=500
    ).interval(0.95)


@pytest.mark.slow
def test_the_interval_covers_when_domain_and_generator_are_new():
    trials = run_trials(
        draw_trials(CLUSTERS[:20], sizes=(300,), shares=(0, 0.1, 0.5, 1), repeats=2, seed=1),
        {"anchored": anchored},
    )
    (row,) = trials.summary("estimator").to_pylist()
    assert row["coverage"] >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / row["trials"])
    assert row["width"] < 0.35


def test_zero_is_inside_the_interval_of_a_human_corpus():
    rng = np.random.default_rng(2)
    lows = [
        anchored_posterior(
            rng.normal(size=400),
            rng.normal(size=100),
            generator_prior(CLUSTERS),
            effective=100,
            seed=i,
            draws=500,
        )
        .interval(0.95)
        .low
        for i in range(20)
    ]
    assert np.mean(np.array(lows) == 0) >= 0.95


def test_a_document_is_more_likely_machine_the_higher_its_score():
    rng = np.random.default_rng(3)
    scores = np.concatenate([rng.normal(size=200), rng.normal(3, 1, 200)])
    posterior = anchored_posterior(
        scores, rng.normal(size=100), generator_prior(CLUSTERS), effective=100
    )
    of_documents = posterior.of_documents(np.linspace(-3, 5, 50))
    assert np.all(np.diff(of_documents) >= 0)
    assert of_documents[0] < 0.2
    assert of_documents[-1] > 0.9


def test_the_users_own_machine_reference_narrows_the_interval():
    rng = np.random.default_rng(4)
    scores = np.concatenate([rng.normal(size=300), rng.normal(1.2, 1, 300)])
    human, machine = rng.normal(size=200), rng.normal(1.2, 1, 300)
    wide = anchored_posterior(scores, human, generator_prior(CLUSTERS), effective=100).interval(
        0.95
    )
    narrow = anchored_posterior(
        scores,
        human,
        generator_prior(CLUSTERS, [Cluster("yours", "theirs", human, machine)]),
        effective=100,
    ).interval(0.95)
    assert narrow.width < wide.width
    assert narrow.covers(0.5)


def test_without_library_or_machine_reference_nothing_is_anchored():
    with pytest.raises(UnusableReference, match="--machine"):
        generator_prior([])


def test_a_generator_has_the_machine_mass_between_human_quantiles():
    rng = np.random.default_rng(5)
    human = rng.uniform(size=20_000)
    reference = Cluster("d", "g", human, np.sqrt(rng.uniform(size=20_000)))
    masses = generator_prior([], [reference]).masses(
        np.array([0]), np.zeros((1, 3)), np.array([[0.0, 0.25, 0.5, 1.0]])
    )
    assert masses[0] == pytest.approx([0.0625, 0.1875, 0.75], abs=0.01)


def test_a_machine_reference_in_the_middle_of_people_stays_there():
    """Its median is exactly that of people, zero in their units."""
    human = np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], 20)
    masses = generator_prior([], [Cluster("d", "g", human, human)]).masses(
        np.array([0]), np.zeros((1, 3)), np.array([[0.0, 0.5, 1.0]])
    )
    assert masses[0] == pytest.approx([0.6, 0.4], abs=0.01)


def test_the_interval_hardly_moves_with_the_seed():
    rng = np.random.default_rng(6)
    scores = np.concatenate([rng.normal(size=150), rng.normal(1.2, 1, 50)])
    human = rng.normal(size=100)
    ends = np.array(
        [
            anchored_posterior(
                scores, human, generator_prior(CLUSTERS), effective=EFFECTIVE, seed=seed
            ).interval(0.95)[:3]
            for seed in range(6)
        ]
    )
    assert ends.std(axis=0).max() < 0.06


def test_the_draws_follow_the_posterior_of_a_known_generator():
    """Against sums over a grid, where only the share and one human mass are unknown."""
    counts, spacings = np.array([60.0, 40.0]), np.array([20.0, 10.0])
    human, machine = np.linspace(0, 1, 4001), np.sqrt(np.linspace(0, 1, 4001))
    known = generator_prior([], [Cluster("d", "g", human, machine)])
    found, _ = posterior_draws(counts, spacings, known, draws=20_000, rng=np.random.default_rng(7))
    share = np.sin(found.theta[:, 0]) ** 2
    assert share.mean() == pytest.approx(_mean_share_on_a_grid(counts, spacings), abs=0.005)


def _mean_share_on_a_grid(counts, spacings):
    angle = (np.arange(500) + 0.5) / 500 * np.pi / 2
    low = (np.arange(500) + 0.5) / 500
    share, below = np.sin(angle)[:, None] ** 2, low[None, :]
    first = (1 - share) * below + share * below**2
    log = counts[0] * np.log(first) + counts[1] * np.log(1 - first)
    log = log + (spacings[0] - 1) * np.log(below) + (spacings[1] - 1) * np.log(1 - below)
    weight = np.exp(log - log.max())
    return float((weight * share).sum() / weight.sum())


def test_the_highest_density_interval_is_the_shortest_with_its_mass():
    grid = (np.arange(2000) + 0.5) / 2000
    density = np.exp(-0.5 * ((grid - 0.4) / 0.05) ** 2)
    low, point, high, _ = highest_density(density / density.sum(), 0.95)
    assert (low, point, high) == pytest.approx((0.302, 0.4, 0.498), abs=0.002)
