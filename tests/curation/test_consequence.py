"""What a plan costs, held against truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from wellhead._stats import Interval
from wellhead.curation import POLICIES, Evidence, read_assay
from wellhead.curation.choice import edge_of, policy_named
from wellhead.curation.consequence import consequence
from wellhead.prevalence.conformal import p_values


def simulated(rng: np.random.Generator, *, n: int = 400, m: int = 100, shift: float = 2.0):
    """Evidence with known truth; its share interval is right in 95 of 100 draws."""
    truth = rng.random(n) < rng.uniform(0.05, 0.6)
    scores = rng.normal(0, 1, n) + shift * truth
    share = float(truth.mean())
    width = 0.06
    middle = float(np.clip(share + rng.normal(0, width / 1.96), 0, 1))
    density = [np.exp(-0.5 * (scores - at) ** 2) for at in (0.0, shift)]
    posterior = middle * density[1] / (middle * density[1] + (1 - middle) * density[0] + 1e-12)
    return truth, Evidence(
        ids=pa.array([str(i) for i in range(n)]),
        scores=scores,
        p=p_values(scores, rng.normal(0, 1, m)),
        posterior=posterior,
        first=np.ones(n, bool),
        groups=None,
        share=Interval(max(0.0, middle - width), middle, min(1.0, middle + width)),
        human=m,
        corpus="",
        detector=("simulated", "1"),
    )


@pytest.mark.parametrize(("policy", "dial"), [("weight", 1.0), ("fdr", 0.1), ("budget", 0.6)])
def test_the_intervals_hold_the_machine_text_left_and_the_human_text_lost(policy, dial):
    rng, held = np.random.default_rng(7), []
    for _ in range(150):
        truth, evidence = simulated(rng)
        weights = policy_named(policy).weights(evidence, dial, evidence.share.point)
        found = consequence(weights, evidence)
        machine = weights[truth].sum() / weights.sum()
        lost = 1 - weights[~truth].sum() / (~truth).sum()
        held.append((found.machine.covers(machine), found.human_lost.covers(lost)))
    machine, lost = np.mean(held, axis=0)
    assert machine >= 0.93
    assert lost >= 0.93


def test_a_reference_that_is_doubted_promises_nothing_of_human_text():
    _, evidence = simulated(np.random.default_rng(1))
    doubted = Evidence(**{**evidence.__dict__, "doubts": ("the reference is of another kind",)})
    weights = policy_named("budget").weights(evidence, 0.7, evidence.share.point)
    sure, unsure = consequence(weights, evidence), consequence(weights, doubted)
    assert unsure.human_lost.high > 1.5 * sure.human_lost.high
    dropped = int((weights == 0).sum())
    people = round((1 - evidence.share.high) * evidence.documents)
    assert unsure.human_lost.high == pytest.approx(dropped / people, rel=0.05)


def test_keeping_everything_loses_nobody_and_leaves_the_assayed_share():
    _, evidence = simulated(np.random.default_rng(2))
    found = consequence(np.ones(evidence.documents), evidence)
    assert found.human_lost[:3] == pytest.approx((0, 0, 0), abs=1e-9)
    assert found.machine[:3] == pytest.approx(evidence.share[:3], abs=0.003)
    assert found.effective == pytest.approx(evidence.documents)


def test_a_share_up_to_all_makes_nobody_lost_who_is_kept():
    """Where all may be by machines, the human text may be none: none of it goes then."""
    _, evidence = simulated(np.random.default_rng(2))
    n, wide = evidence.documents, Interval(0.01, evidence.share.point, 1.0)
    doubted = {**evidence.__dict__, "share": wide, "doubts": ("the reference is doubted",)}
    kept = consequence(np.ones(n), Evidence(**doubted))
    assert kept.human_lost[:3] == pytest.approx((0, 0, 0), abs=1e-9)
    assert kept.human_lost_texts == (0, 0, 0)
    # No more human texts go than texts do.
    weights = policy_named("budget").weights(evidence, 0.7, evidence.share.point)
    dropped = int((weights == 0).sum())
    low, typical, most = consequence(weights, Evidence(**doubted)).human_lost_texts
    assert 0 <= low <= typical <= most <= dropped + 1


def test_weights_lie_between_none_and_all_and_never_rise_with_the_score():
    _, evidence = simulated(np.random.default_rng(3))
    order = np.argsort(evidence.scores)
    for name in ("weight", "fdr", "budget"):
        policy = policy_named(name)
        for dial in policy.dials:
            weights = policy.weights(evidence, dial, evidence.share.point)
            assert ((weights >= 0) & (weights <= 1)).all()
            assert (np.diff(weights[order]) <= 1e-12).all()


def test_a_stricter_dial_gives_away_more(known):
    evidence = read_assay(known.assay)
    for name in ("weight", "fdr", "budget", "groups"):
        policy = policy_named(name)
        sums = [policy.weights(evidence, d, evidence.share.point).sum() for d in policy.dials]
        assert sums == sorted(sums, reverse=True)


def test_flags_do_not_drop_everything_where_the_share_may_be_small():
    _, evidence = simulated(np.random.default_rng(3))
    unsure = Evidence(**{**evidence.__dict__, "share": Interval(0.1, 0.98, 1.0)})
    weights = policy_named("fdr").weights(unsure, 0.3, 0.98)
    plain = policy_named("fdr").weights(
        evidence, 0.3, 0.1 + evidence.share.point - evidence.share.low
    )
    assert (weights == plain).all()
    assert 0 < (weights == 0).mean() < 0.6


def test_a_group_with_little_machine_text_loses_little(known):
    evidence = read_assay(known.assay)
    for name, share in evidence.group_shares.items():
        weights = policy_named("groups").weights(evidence, 1.0, evidence.share.point)
        mine = evidence.groups == name
        assert (weights[mine] == 0).sum() == round(share.point * mine.sum())


def test_the_edge_is_the_documents_that_the_interval_leaves_open(known):
    evidence = read_assay(known.assay)
    policy = policy_named("groups")
    edge = edge_of(evidence, policy, 1.0)
    strict, mild = (policy.weights(evidence, 1.0, s) > 0.5 for s in evidence.share[2::-2])
    assert edge.documents == (strict != mild).sum() > 0
    assert edge.kept == (strict.sum(), mild.sum())
    assert edge_of(evidence, policy, None).documents == 0


def test_another_package_can_register_a_policy(known):
    import wellhead

    @POLICIES.register("odd")
    class Odd:
        dials, usual, dial, by_score = (1.0,), 1.0, "nothing", False

        def weights(self, evidence, dial, share):
            return (np.arange(evidence.documents) % 2).astype(float)

    try:
        plan = wellhead.curate(known.corpus, assay=known.assay, policy="odd")
    finally:
        del POLICIES.registered["odd"]
    assert plan.chosen.kept == 100
