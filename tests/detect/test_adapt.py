"""A detector adapted to one's own task: what it learns, and that no text scores itself."""

import zlib

import numpy as np
import pytest

from wellhead.detect import load_scorer
from wellhead.detect.adapt import OwnTexts, adapt_detector
from wellhead.errors import UnusableReference
from wellhead.prevalence.conformal import benjamini_hochberg, p_values
from wellhead.prevalence.estimate import Evidence, estimate
from wellhead.prevalence.library import library_of

WORDS = [a + b + c for a in "bdfgk" for b in "aeiou" for c in "lmnrst"]


class Blind:
    """A general detector that knows nothing."""

    name, revision = "blind", "1"

    def score(self, texts):
        return np.array([zlib.crc32(text.encode()) / 2**32 for text in texts])


def written(rng, n, habit=0.0):
    """Texts of random words, of which machines like the last fifteen more."""
    likes = np.where(np.arange(len(WORDS)) >= len(WORDS) - 15, 1 + habit, 1.0)
    draws = rng.choice(WORDS, size=(n, 40), p=likes / likes.sum())
    return [" ".join(row) + "." for row in draws]


def own(people, *machine, group=None):
    texts = [*people, *(text for side in machine for text in side)]
    writer = ["human"] * len(people) + [f"m{at}" for at, side in enumerate(machine) for _ in side]
    return OwnTexts(texts, writer, group or [str(at) for at in range(len(texts))])


def test_it_tells_a_task_apart_where_the_general_detector_is_blind():
    rng = np.random.default_rng(1)
    detector = adapt_detector(Blind(), own(written(rng, 100), written(rng, 100, 4)))
    people, machine = detector.score(written(rng, 200)), detector.score(written(rng, 200, 4))
    assert np.mean(machine[:, None] > people) > 0.9


def test_a_reference_is_scored_by_a_model_that_did_not_see_it():
    """Sides that differ in nothing: what a model saw it would tell apart, what it did not not."""
    rng = np.random.default_rng(2)
    people, machine = written(rng, 100), written(rng, 100)
    detector = adapt_detector(Blind(), own(people, machine))
    apart = detector.score_held_out(machine)[:, None] > detector.score_held_out(people)
    seen = detector.score(machine)[:, None] > detector.score(people)
    assert 0.35 < apart.mean() < 0.62
    assert seen.mean() > 0.9
    assert detector.fitted_on(people).all()
    assert not detector.fitted_on(written(rng, 5)).any()


def test_texts_of_one_group_are_left_out_together():
    """Machine texts that copy half of a human one would otherwise give its score away."""
    rng = np.random.default_rng(3)
    people = written(rng, 60)
    machine = [" ".join([*text.split()[:30], *written(rng, 1)[0].split()[:10]]) for text in people]
    pairs = [str(at) for at in range(60)] * 2
    together = adapt_detector(Blind(), own(people, machine, group=pairs)).own_scores()
    apart = adapt_detector(Blind(), own(people, machine)).own_scores()
    assert np.median(together) < np.median(apart)


class Seer(Blind):
    """A general detector that knows the words which machines like."""

    name = "seer"

    def score(self, texts):
        return np.array([np.mean([word in WORDS[-15:] for word in t.split()]) for t in texts])


def test_a_general_detector_that_knows_is_trusted_more_than_one_that_does_not():
    rng = np.random.default_rng(9)
    texts = own(written(rng, 60), written(rng, 60, 3))
    blind, seer = (
        np.mean([abs(model.trust) for model in adapt_detector(general, texts).models])
        for general in (Blind(), Seer())
    )
    assert seer > 2 * blind


@pytest.fixture(scope="module")
def studies():
    """Forty: 60 references a side; 50 new texts by people, 25 new ones by the same machine."""
    rng = np.random.default_rng(4)
    made = []
    for study in range(40):
        people = written(rng, 60)
        detector = adapt_detector(Blind(), own(people, written(rng, 60, 3)), seed=study)
        made.append((detector, detector.score([*written(rng, 50), *written(rng, 25, 3)])))
    return made


def test_p_values_and_flags_keep_their_rates_though_references_train_the_detector(studies):
    rates, false = [], []
    for detector, corpus in studies:
        p = p_values(corpus, detector.own_scores())
        rates.append([np.mean(p[:50] <= rate) for rate in (0.05, 0.1, 0.25, 0.5)])
        flags = benjamini_hochberg(p, 0.2)
        false.append(flags[:50].sum() / max(flags.sum(), 1))
    found, error = np.mean(rates, axis=0), np.std(rates, axis=0) / np.sqrt(len(rates))
    assert np.all(found <= np.array([0.05, 0.1, 0.25, 0.5]) + 3 * error)
    assert np.mean(false) <= 0.2 + 3 * np.std(false) / np.sqrt(len(false))


def test_the_interval_holds_the_share_of_texts_that_the_detector_was_not_fitted_on(studies):
    """A third of each corpus is by machines; 16 intervals at 95 %, of which 3 may miss."""
    library = library_of(load_scorer("general"))
    held = []
    for detector, corpus in studies[:16]:
        evidence = Evidence(
            scores=corpus,
            human=detector.own_scores(),
            machine={"m0": detector.own_scores("m0")},
            library=library,
            comparable=False,
        )
        share = estimate(evidence).share
        held.append(share.low <= 1 / 3 <= share.high)
    assert sum(held) >= 13


def test_the_same_seed_gives_the_same_detector_and_new_texts_never_move_a_score():
    rng = np.random.default_rng(5)
    texts = own(written(rng, 40), written(rng, 40, 3), written(rng, 40, 2))
    one, two = (adapt_detector(load_scorer("general"), texts, seed=7) for _ in range(2))
    new = written(rng, 30)
    assert one.revision == two.revision
    assert np.array_equal(one.score(new)[:3], two.score(new[:3]))
    assert {c.generator for c in one.library} == {"m0", "m1"}


def test_texts_in_few_groups_are_left_out_a_group_at_a_time():
    rng = np.random.default_rng(8)
    people, machine = written(rng, 30), written(rng, 30, 4)
    groups = [str(at % 3) for at in range(30)] * 2
    assert adapt_detector(Blind(), own(people, machine, group=groups)).folds == 3
    with pytest.raises(UnusableReference, match="made from one another"):
        adapt_detector(Blind(), own(people, machine, group=["0"] * 60))


def test_too_few_texts_are_refused_with_what_to_do():
    rng = np.random.default_rng(6)
    with pytest.raises(UnusableReference, match="expected 20 distinct texts or more"):
        adapt_detector(Blind(), own(written(rng, 19), written(rng, 40)))


def lent(rng, n, habit=0.0, *, half):
    """Texts that each take one half of one of four sources, and say the rest in own words."""
    halves = [" ".join(source.split()[half * 20 : half * 20 + 20]) for source in SOURCES]
    return [f"{halves[at % 4]} {text}" for at, text in enumerate(written(rng, n, habit))]


SOURCES = written(np.random.default_rng(40), 4)


def test_who_takes_the_machines_half_of_a_source_is_not_taken_for_one():
    """All machines took the one half, all people the other: that says nothing of the next."""
    rng = np.random.default_rng(41)
    texts = own(lent(rng, 80, half=0), lent(rng, 80, 4, half=1))
    plain, knowing = (adapt_detector(Blind(), texts, sources=one) for one in ((), SOURCES))
    people, machine = lent(rng, 80, half=1), lent(rng, 80, 4, half=1)
    usual = lent(rng, 80, half=0)

    def flagged(detector, new):
        return np.mean(detector.score(new) > np.quantile(detector.score(usual), 0.95))

    assert flagged(plain, people) > 0.9
    assert flagged(knowing, people) < 0.2
    assert flagged(knowing, machine) > 0.5
