"""An assay that adapts its detector to its own references, through the front door."""

import json

import numpy as np
import pytest

import wellhead
from tests.detect.test_adapt import Blind, written
from tests.prevalence.clusters import binormal_clusters
from tests.prevalence.prose import SYLLABLES, Gauge
from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.adapt import explained_by_either
from wellhead.prevalence.adapt_diagnostics import adapt_checks
from wellhead.prevalence.estimate import Evidence, estimate, without_hard
from wellhead.prevalence.reference_fit import reference_fit

OTHER = [a + b + c for a in SYLLABLES[:8] for b in SYLLABLES[8:] for c in "lnrst"]


class Faint(Gauge):
    """Knows nothing of these texts, and brings a library as the general detector does."""

    name = "faint"

    def score(self, texts):
        return Blind().score(texts)


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(11)
    machine = [
        {"text": text, "generator": "model", "style": style}
        for style, habit in (("plain", 5), ("hidden", 0.3))
        for text in written(rng, 60, habit)
    ]
    people = written(rng, 100)
    corpus = [*written(rng, 120), *written(rng, 80, 5)]
    return {"corpus": corpus, "human": people, "machine": machine}


def assay(case, **options):
    return wellhead.assay(
        case["corpus"],
        human=case["human"],
        machine=case["machine"],
        detector=Faint(),
        **options,
    )


@pytest.fixture(scope="module")
def adapted(case):
    return assay(case)


def test_an_adapted_assay_sees_what_the_detector_alone_does_not(case, adapted):
    plain = assay(case, adapt="off")
    assert plain.adaptation is None
    assert "--adapt off" in next(c for c in plain.diagnostics if c.code == "not-adapted").finding
    assert plain.documents.flagged == 0
    assert adapted.share.low <= 0.4 <= adapted.share.high
    assert adapted.share.width < plain.share.width
    flags = np.array(adapted.table["flag"].to_pylist())
    assert flags[120:].sum() > 40
    assert flags[:120].sum() <= 0.2 * flags.sum()
    assert adapted.at_least <= 0.4


def test_the_report_says_what_was_adapted_on_and_what_it_gained(adapted, tmp_path):
    found = adapted.adaptation
    assert (found.human, found.machine) == (100, 120)
    plain = next(one for one in found.writers if one.name == "model, plain")
    assert plain.texts == 60
    assert plain.after > 0.95 > 0.7 > plain.before
    assert found.after.width < found.before.width
    said = json.loads(adapted.to_json())["adaptation"]
    assert said["writers"][0]["name"] == "model, hidden"
    adapted.save_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Adapted to this task" in page
    assert "model, hidden" in page


def test_a_report_says_where_adapting_made_the_interval_no_narrower(adapted):
    assert "adapted-wider" not in {check.code for check in adapted.diagnostics}
    found = adapted.adaptation
    worse = adapt_checks(found._replace(before=found.after._replace(high=found.after.high - 0.05)))
    told = next(check for check in worse if check.code == "adapted-wider")
    assert "no narrower" in told.finding


def test_a_style_that_stays_hard_is_named(adapted):
    checks = {check.code: check for check in adapted.diagnostics}
    assert "model, hidden" in checks["hard-styles"].finding
    assert "model, plain" not in checks["hard-styles"].finding
    assert "trained-on" not in checks
    assert "did not see it" in checks["adapted"].finding


def test_a_style_that_stays_hard_widens_the_interval_and_the_report_says_by_how_much(
    adapted, tmp_path
):
    found = adapted.adaptation
    assert found.after.width > found.without_hard.width
    points = round(100 * (found.after.width - found.without_hard.width))
    check = next(one for one in adapted.diagnostics if one.code == "hard-styles")
    assert f"{points} point" in check.consequence
    adapted.save_html(tmp_path / "page.html")
    assert "without the texts that stay hard to see" in (tmp_path / "page.html").read_text("utf-8")


def test_an_adapted_interval_is_never_narrower_for_a_reference_that_is_hard_to_see():
    rng = np.random.default_rng(15)
    references = {"easy": rng.normal(3, 1, 100), "hard": rng.normal(0.3, 1, 100)}
    corpus = np.concatenate([rng.normal(m, 1, n) for m, n in ((0, 120), (3, 50), (0.3, 30))])
    evidence = Evidence(
        scores=corpus,
        human=rng.normal(0, 1, 100),
        machine=references,
        library=binormal_clusters(12),
        adapted=True,
    )
    easy = without_hard(evidence)
    assert set(easy.machine) == {"easy"}
    with_it, without = (estimate(one).share for one in (evidence, easy))
    assert with_it.low <= without.low <= without.high <= with_it.high
    assert without_hard(easy) is None


def test_a_machine_folder_is_parted_by_generator_and_style(adapted):
    assert adapted.references.machine == {"model, hidden": 60, "model, plain": 60}


def test_references_that_differ_in_length_alone_do_not_pass_for_writing():
    """Machine texts half as long as people's, of the same words: length is named and controlled."""
    rng = np.random.default_rng(12)
    short = [" ".join(text.split()[:20]) for text in written(rng, 100)]
    people = [f"{a} {b}" for a, b in zip(written(rng, 100), written(rng, 100), strict=True)]
    corpus = [f"{a} {b}" for a, b in zip(written(rng, 60), written(rng, 60), strict=True)]
    result = wellhead.assay(corpus, human=people, machine=short, detector=Faint(), adapt="always")
    check = next(one for one in result.diagnostics if one.code == "length-confound")
    assert "Length alone" in check.finding
    assert result.share.low == 0


def test_machine_texts_like_the_machine_reference_are_not_held_against_the_human_one(adapted):
    """They differ from people's in their words, which is what the machine reference is for."""
    check = next(one for one in adapted.diagnostics if one.code == "reference-kind")
    assert check.severity == "ok"
    assert "human and machine references" in check.finding


def test_texts_that_neither_reference_explains_differ_from_both(case):
    rng = np.random.default_rng(14)
    corpus = [*case["corpus"], *(" ".join(rng.choice(OTHER, 40)) for _ in range(60))]
    machine = [row["text"] for row in case["machine"]]
    fit = explained_by_either(*(reference_fit(side, corpus) for side in (case["human"], machine)))
    assert fit.different
    assert fit.unlike[-60:].mean() > 0.8
    assert fit.unlike[:-60].mean() < 0.05


def test_few_references_are_left_alone_unless_adapting_is_asked_for(case):
    few = {**case, "machine": case["machine"][:30]}
    left = assay(few)
    assert left.adaptation is None
    told = next(check for check in left.diagnostics if check.code == "not-adapted")
    assert "100 known-human texts and 30 machine texts; from 80" in told.finding
    assert "50 machine texts more" in told.consequence
    forced = assay(few, adapt="always")
    assert forced.adaptation is not None
    assert "adapted-to-few" in {check.code for check in forced.diagnostics}
    with pytest.raises(UnusableReference, match="--machine"):
        wellhead.assay(case["corpus"], human=case["human"], detector=Faint(), adapt="always")
    with pytest.raises(BadSetting, match="off, auto, always"):
        assay(case, adapt="sometimes")


def test_each_generator_and_each_style_is_left_out_by_name(case):
    """Two generators in two styles: no model that scores one of the four saw a text of it."""
    rng = np.random.default_rng(13)
    machine = [
        {"text": text, "generator": generator, "style": style}
        for generator, style, habit in (("a", "x", 6), ("a", "y", 6), ("b", "x", 6), ("b", "y", 0))
        for text in written(rng, 25, habit)
    ]
    found = assay({**case, "machine": machine}).adaptation
    left_out = {one.name: one for one in found.left_out}
    assert set(left_out) == {"generator a", "generator b", "style x", "style y"}
    assert {one.texts for one in left_out.values()} == {50}
    assert left_out["style x"].after > left_out["style x"].before + 0.2
    assert left_out["generator a"].after > left_out["generator b"].after
