"""A text that a detector was fitted on does not count as new."""

import numpy as np
import pytest

from wellhead.detect import NgramDetector, train_detector
from wellhead.detect.heldout import HeldOut
from wellhead.errors import BadInput

PEOPLE = [f"Well, {i} of us walked {i * 7} miles and came home dead tired." for i in range(60)]
ROBOTS = [f"It is worth noting that {i} travellers covered {i * 7} miles." for i in range(60)]


@pytest.fixture(scope="module")
def detector():
    return train_detector(human=PEOPLE, machine=[ROBOTS])


def test_training_texts_score_further_apart_than_held_out_ones(detector):
    seen = detector.score(ROBOTS).mean() - detector.score(PEOPLE).mean()
    held = detector.score_held_out(ROBOTS).mean() - detector.score_held_out(PEOPLE).mean()
    assert held < seen


def test_new_texts_score_the_same_either_way(detector):
    new = ["Nobody had seen this sentence before the test was written."]
    assert detector.score_held_out(new) == detector.score(new)


def test_held_out_scores_survive_saving(detector, tmp_path):
    detector.save(tmp_path)
    again = NgramDetector.load(tmp_path)
    assert np.array_equal(again.score_held_out(PEOPLE), detector.score_held_out(PEOPLE))


def test_a_damaged_file_is_refused(detector, tmp_path):
    detector.save(tmp_path)
    (tmp_path / "held_out.npz").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="train"):
        NgramDetector.load(tmp_path)


def test_a_text_is_found_by_its_hash_alone():
    known = HeldOut.of(["a", "b"], np.array([1.0, 2.0]))
    assert known.replace(["b", "c"], np.array([9.0, 9.0])).tolist() == [2.0, 9.0]
