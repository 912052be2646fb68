"""A detector that was adapted, saved and brought back: the same one, whole, and nobody's texts."""

import json

import numpy as np
import pytest
from tests.detect.test_adapt import SOURCES, Blind, lent, own, written

from wellhead.detect import load_scorer
from wellhead.detect.adapt import adapt_detector
from wellhead.detect.adapted import AdaptedDetector
from wellhead.detect.scorer import fair_scores
from wellhead.detect.train import train_detector
from wellhead.errors import BadInput, BadSetting


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    rng = np.random.default_rng(21)
    texts = own(written(rng, 40), written(rng, 30, 4), written(rng, 30, 2))
    detector = adapt_detector(load_scorer("general"), texts)
    folder = tmp_path_factory.mktemp("saved") / "detector"
    detector.save(folder)
    return detector, folder


def test_a_saved_one_scores_new_and_own_texts_as_before_to_the_last_bit(made):
    detector, folder = made
    again = load_scorer(folder)
    new = written(np.random.default_rng(22), 30, 1)
    assert (again.name, again.revision) == (detector.name, detector.revision)
    assert np.array_equal(again.score(new), detector.score(new))
    known = detector.own.texts
    assert np.array_equal(fair_scores(again, known), detector.score_held_out(known))
    assert again.fitted_on(known).all()
    assert np.array_equal(again.score_held_out(new), again.score(new))
    assert [c.auc for c in again.library] == [c.auc for c in detector.library]


def test_one_that_knows_its_sources_comes_back_with_them_and_explains_itself(tmp_path):
    rng = np.random.default_rng(23)
    texts = own(lent(rng, 40, half=0), lent(rng, 40, 4, half=1))
    detector = adapt_detector(load_scorer("general"), texts, sources=SOURCES)
    detector.save(tmp_path)
    again, new = load_scorer(tmp_path), lent(rng, 20, half=1)
    assert np.array_equal(again.score(new), detector.score(new))
    borrowed, said = again.explain(f"{SOURCES[0]} {written(rng, 1, 4)[0]}")
    assert abs(borrowed.weight) < abs(said.weight)
    (tmp_path / "sources.npz").unlink()
    with pytest.raises(BadInput, match="not those of the card"):
        load_scorer(tmp_path)


def test_its_folder_says_what_it_was_trained_on_and_holds_none_of_the_texts(made):
    detector, folder = made
    card = json.loads((folder / "card.json").read_text())
    assert (
        card["fitted_on"][0] | {"generators": ["m0", "m1"], "human": 40, "machine": 60}
        == (card["fitted_on"][0])
    )
    assert card["adapted_from"] == ["general", load_scorer("general").revision]
    assert {(one["left_out"], one["generator"]) for one in card["measured"]} == {
        (left, name) for left in ("texts", "texts and kind") for name in ("m0", "m1")
    }
    assert "p-values against" in card["notes"][0]
    assert {path.name for path in folder.iterdir()} == {
        "card.json",
        "held_out.npz",
        "library.npz",
        "models.npz",
    }
    stretch = " ".join(detector.own.texts[0].split()[:3]).encode()
    assert not any(stretch in path.read_bytes() for path in folder.iterdir())


def test_a_detector_that_no_name_finds_goes_along(tmp_path):
    rng = np.random.default_rng(23)
    base = train_detector(human=written(rng, 40), machine=[written(rng, 40, 2)], name="mine")
    detector = adapt_detector(base, own(written(rng, 40), written(rng, 40, 2)))
    detector.save(tmp_path / "d")
    new = written(rng, 10)
    assert np.array_equal(load_scorer(tmp_path / "d").score(new), detector.score(new))
    with pytest.raises(BadSetting, match="--detector mine"):
        adapt_detector(detector, own(written(rng, 40), written(rng, 40, 2)))


def test_damaged_mixed_and_foreign_folders_are_refused(made, tmp_path):
    def copy(name):
        detector, _ = made
        detector.save(tmp_path / name)
        return tmp_path / name

    def change(folder, **fields):
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | fields))
        return folder

    with pytest.raises(BadInput, match="here is general"):
        load_scorer(change(copy("old"), adapted_from=["general", "000000000000"]))
    with pytest.raises(BadInput, match="adapted from elsewhere 1, which is not at hand"):
        load_scorer(change(copy("elsewhere"), adapted_from=["elsewhere", "1"]))
    with pytest.raises(BadInput, match="not those of the card"):
        load_scorer(change(copy("mixed"), revision="000000000000"))
    with pytest.raises(BadInput, match="missing or odd"):
        load_scorer(change(copy("odd"), adapted_from=[1]))
    short = copy("short") / "models.npz"
    with np.load(short) as arrays:
        changed = dict(arrays)
    for name, value in (
        ("start", changed["start"][::-1].copy()),
        ("start", np.array([0, 1 << 60], np.int64)),
        ("trust", np.full_like(changed["trust"], np.nan)),
        ("column", -changed["column"]),
        ("weight", np.array([{}], object)),
    ):
        np.savez(short, **changed | {name: value})
        with pytest.raises(BadInput):
            load_scorer(short.parent)
    (copy("torn") / "held_out.npz").unlink()
    with pytest.raises(BadInput, match=r"held_out.npz is missing"):
        load_scorer(tmp_path / "torn")


def test_one_adapted_from_a_scorer_without_a_folder_comes_back_with_that_scorer(tmp_path):
    rng = np.random.default_rng(24)
    detector = adapt_detector(Blind(), own(written(rng, 30), written(rng, 30, 3)))
    detector.save(tmp_path)
    with pytest.raises(BadInput, match="not at hand"):
        load_scorer(tmp_path)
    new = written(rng, 5)
    again = AdaptedDetector.load(tmp_path, Blind())
    assert np.array_equal(again.score(new), detector.score(new))
