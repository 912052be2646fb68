"""The bulk scorer: same text, same score; saved and loaded without a change; explained."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import literal
import numpy as np
import pyarrow as pa
import pytest

from wellhead.detect import NgramDetector, Scorer, load_scorer, normalise
from wellhead.detect.linear import TRANSFORMS
from wellhead.errors import BadInput

Texts = dict[str, list[str]]


@pytest.fixture
def saved(detector: NgramDetector, tmp_path: Path) -> Path:
    detector.save(tmp_path / "saved")
    return tmp_path / "saved"


def test_it_is_a_scorer(detector: NgramDetector) -> None:
    assert isinstance(detector, Scorer)


def test_a_score_does_not_depend_on_the_batch_to_the_last_bit(
    detector: NgramDetector, texts: Texts
) -> None:
    batch = texts["human"][:40] + texts["cool"][:40]
    together = detector.score(batch)
    assert together.dtype == np.float64
    np.testing.assert_array_equal(together, [detector.score([text])[0] for text in batch])
    np.testing.assert_array_equal(together[::-1], detector.score(batch[::-1]))


def test_compiled_scores_are_those_of_plain_sums_to_the_last_bit(
    detector: NgramDetector, texts: Texts
) -> None:
    """Sums over the counts of a text, in the order of their columns, by numpy and scipy alone."""
    batch = [normalise(text) for text in ["", "?!", *texts["human"], *texts["hot"]]]
    plain = literal.scores(detector.model, batch)
    np.testing.assert_array_equal(detector.score(batch), plain)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_number_of_texts_in_a_call_does_not_matter(
    detector: NgramDetector, texts: Texts, size: int
) -> None:
    every = (texts["human"] + texts["cool"]) * 8
    parts = [detector.score(every[at : at + size]) for at in range(0, len(every), size)]
    np.testing.assert_array_equal(np.concatenate(parts), detector.score(every))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_slices_of_a_column_do_not_move_a_score(
    detector: NgramDetector, texts: Texts, threads: int
) -> None:
    every = ["", "é", "\u200b", *texts["human"], *texts["hot"]] * 12
    alone = [detector.score([text])[0] for text in every[:40]]
    column = pa.array(every, pa.large_string())
    scores = detector.score_column(column, threads=threads)
    np.testing.assert_array_equal(scores[:40], alone)
    np.testing.assert_array_equal(scores[7:], detector.score_column(column[7:], threads=threads))


def test_a_model_of_words_alone_scores_as_its_plain_sums(
    detector: NgramDetector, texts: Texts
) -> None:
    """No run of characters is looked at then."""
    kept = detector.model.column >= 1 << 20
    arrays = {name: getattr(detector.model, name)[kept] for name in ("column", "idf", "weight")}
    words = replace(detector.model, **arrays)
    batch = [normalise(text) for text in texts["human"]]
    np.testing.assert_array_equal(words.score(batch), literal.scores(words, batch))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_each_transform_scores_as_its_plain_sums(
    detector: NgramDetector, texts: Texts, transform: str
) -> None:
    model = replace(detector.model, transform=transform)
    batch = [normalise(text) for text in texts["human"][:30]]
    np.testing.assert_array_equal(model.score(batch), literal.scores(model, batch))


def test_odd_texts_get_finite_scores(detector: NgramDetector) -> None:
    odd = ["", " ", "\x00", "?!", "a", "\ud800", "😀" * 50, "漢字" * 300, "x" * 300_000, "İ" * 40]
    assert np.isfinite(detector.score(odd)).all()
    assert detector.score([]).shape == (0,)


def test_the_file_does_not_change_the_score(detector: NgramDetector, texts: Texts) -> None:
    text = texts["human"][0]
    curly = text.replace("'", "’").replace(" the ", "\u00a0the ")
    dressed = f"Sure, here is the speech:\r\n\r\n**{curly}**"
    assert detector.score([dressed])[0] == detector.score([text])[0]


def test_loaded_it_scores_the_same_to_the_last_bit(
    detector: NgramDetector, saved: Path, texts: Texts
) -> None:
    loaded = load_scorer(saved)
    assert isinstance(loaded, NgramDetector)
    assert loaded.card == detector.card
    np.testing.assert_array_equal(loaded.score(texts["hot"]), detector.score(texts["hot"]))
    assert detector.library is not None
    assert loaded.library is not None
    for mine, theirs in zip(detector.library, loaded.library, strict=True):
        assert mine.generator == theirs.generator
        np.testing.assert_array_equal(mine.machine, theirs.machine)
        np.testing.assert_array_equal(mine.human_lengths, theirs.human_lengths)


def test_nothing_in_a_saved_folder_is_pickled(saved: Path) -> None:
    for path in saved.glob("*.npz"):
        with zipfile.ZipFile(path) as archive:
            assert all(b"O" not in archive.read(name)[:80] for name in archive.namelist())
        np.load(path, allow_pickle=False)


def test_no_text_can_be_read_back_from_a_saved_folder(saved: Path, texts: Texts) -> None:
    card = (saved / "card.json").read_text("utf-8")
    words = {word for text in texts["human"] for word in text.split() if len(word) > 12}
    assert not any(word in card for word in words)


@pytest.mark.parametrize("name", ["weights.npz", "library.npz"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "flipped", "pickled"])
def test_a_damaged_file_is_told_so(saved: Path, name: str, damage: str) -> None:
    path = saved / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "pickled":
        np.savez(path, column=np.array([{}], dtype=object))
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        path.write_bytes({"empty": b"", "cut": content[:middle], "flipped": flipped}[damage])
    with pytest.raises(BadInput, match=name):
        NgramDetector.load(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"column": np.array([3, 2, 1], dtype=np.int32)},
        {"column": np.array([-1, 2, 3], dtype=np.int32)},
        {"column": np.array([1, 2, 1 << 30], dtype=np.int32)},
        {"column": np.array([1.0, 2.0, 3.0])},
        {"weight": np.array([1, np.nan, 1], dtype=np.float32)},
        {"idf": np.ones(2, dtype=np.float32)},
        {"weight": np.ones((3, 1), dtype=np.float32)},
        {"intercept": np.array([])},
    ],
)
def test_weights_that_cannot_be_are_told_so(saved: Path, change: dict[str, np.ndarray]) -> None:
    good = {
        "column": np.array([1, 2, 3], dtype=np.int32),
        "idf": np.ones(3, dtype=np.float32),
        "weight": np.ones(3, dtype=np.float32),
        "intercept": np.zeros(1),
    }
    np.savez(saved / "weights.npz", **(good | change))
    with pytest.raises(BadInput, match=r"weights\.npz"):
        NgramDetector.load(saved)


def test_weights_of_another_detector_are_told_so(saved: Path) -> None:
    with np.load(saved / "weights.npz") as arrays:
        changed = {name: arrays[name] for name in arrays.files}
    changed["weight"] = changed["weight"] * 2
    np.savez(saved / "weights.npz", **changed)
    with pytest.raises(BadInput, match="not those of the card"):
        NgramDetector.load(saved)


@pytest.mark.parametrize(
    ("key", "value"),
    [("format", 99), ("normalisation", {"colour": True}), ("measured", [{}]), ("library", 3)],
)
def test_a_card_of_another_make_is_told_so(saved: Path, key: str, value: object) -> None:
    card = json.loads((saved / "card.json").read_text("utf-8"))
    (saved / "card.json").write_text(json.dumps(card | {key: value}), "utf-8")
    with pytest.raises(BadInput, match=r"card\.json"):
        NgramDetector.load(saved)


def test_saving_again_over_a_detector_replaces_it(saved: Path, detector: NgramDetector) -> None:
    copy = saved.parent / "copy"
    shutil.copytree(saved, copy)
    detector.save(copy)
    assert NgramDetector.load(copy).revision == detector.revision


def test_the_passages_of_a_text_add_up_to_its_score(detector: NgramDetector, texts: Texts) -> None:
    for text in texts["cool"][:10]:
        passages = detector.explain(text)
        total = sum(passage.weight for passage in passages) + detector.model.intercept
        assert total == pytest.approx(detector.score([text])[0], abs=1e-9)
        assert " ".join(passage.text for passage in passages) == normalise(text)


def test_a_text_with_nothing_in_it_has_no_passages(detector: NgramDetector) -> None:
    assert detector.explain("   ") == ()


def test_machine_sentences_weigh_more_than_human_ones(
    detector: NgramDetector, texts: Texts
) -> None:
    human, machine = texts["human_later"][0], texts["machine_later"][0]
    passages = detector.explain(f"{human} {machine}")
    border = len(normalise(human))
    theirs = [passage.weight for passage in passages if passage.start < border]
    ours = [passage.weight for passage in passages if passage.start >= border]
    assert np.mean(ours) > np.mean(theirs)
