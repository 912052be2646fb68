"""Detectors for other languages: which there are, what they read, and who chooses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import literal
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellhead import assay, score
from wellhead.corpus import open_corpus
from wellhead.detect import NgramDetector, load_scorer, train_detector
from wellhead.detect.adapt import OwnTexts, adapt_detector
from wellhead.detect.choice import chosen_for
from wellhead.detect.hashing import IDEOGRAPHIC, occurrences

ODD = (
    st.sampled_from("aB1' .,漢字下雨了。，、！Ａ９「ﾊかィ\U00020000\U0001f600\u3000\n")
    | st.characters()
)
WORDS = "昨天 下雨 我们 大家 都在 家里 没有 出去 后来 天晴 孩子 很 高兴 一起 河边 看 船 老人 说 了"


def _chinese(seed: int, number: int) -> list[str]:
    """Sentences of common words, no two alike."""
    rng = np.random.default_rng(seed)
    words = WORDS.split()
    return [
        "".join(f"{'，'.join(rng.choice(words, 6))}。" for _ in range(4)) for _ in range(number)
    ]


@pytest.fixture(scope="module")
def chinese() -> NgramDetector:
    detector = load_scorer("general-zh")
    assert isinstance(detector, NgramDetector)
    return detector


def test_the_list_says_which_language_each_detector_is_for(
    wellhead: Callable[..., object],
) -> None:
    listed = {row["name"]: row for row in json.loads(wellhead("detector", "list", "--json").stdout)}
    assert listed["general"]["languages"] == ["en"]
    assert listed["general-zh"]["languages"] == ["zh"]
    assert listed["general-zh"]["cells"] == 3


def test_all_detectors_together_are_small_enough_to_ship() -> None:
    folder = files("wellhead.detect") / "models"
    sizes = [len(path.read_bytes()) for model in folder.iterdir() for path in model.iterdir()]
    assert sum(sizes) < 8e6


def test_the_chinese_card_names_its_sources_and_what_was_only_evaluated(
    chinese: NgramDetector,
) -> None:
    card = chinese.card
    assert all(source.licence and source.url for source in card.fitted_on)
    assert "grok-3" not in {name for source in card.fitted_on for name in source.generators}
    assert "grok-3" in {one.generator for one in card.measured}
    assert np.mean([one.auc for one in card.measured]) >= 0.8
    assert any("not known" in note for note in card.notes)


def test_the_width_of_signs_says_nothing_about_a_chinese_text(chinese: NgramDetector) -> None:
    wide = _chinese(0, 5)
    narrow = [text.replace("，", ",").replace("。", ". ").strip() for text in wide]
    np.testing.assert_array_equal(
        chinese.score([text.replace("。", "。 ").strip() for text in wide]), chinese.score(narrow)
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(ODD, max_size=40), min_size=1, max_size=4))
def test_compiled_columns_of_ideographs_are_those_of_plain_numpy(texts: list[str]) -> None:
    ours, plain = occurrences(texts, IDEOGRAPHIC), literal.occurrences(texts, IDEOGRAPHIC)
    assert sorted(zip(*map(np.ndarray.tolist, ours), strict=True)) == sorted(
        zip(*map(np.ndarray.tolist, plain), strict=True)
    )


def test_a_detector_trained_on_chinese_reads_characters_and_says_so(tmp_path: Path) -> None:
    people = _chinese(1, 40)
    machine = [text.replace("，", "，此外，", 2) for text in _chinese(2, 40)]
    detector = train_detector(human=people, machine=[machine], name="own")
    assert detector.card.script == IDEOGRAPHIC
    assert detector.score(machine).min() > detector.score(people).max()
    detector.save(tmp_path / "own")
    again = NgramDetector.load(tmp_path / "own")
    np.testing.assert_array_equal(again.score(people), detector.score(people))
    passages = detector.explain(machine[0])
    assert len(passages) == 4
    added = sum(passage.weight for passage in passages) + detector.model.intercept
    assert added == pytest.approx(detector.score(machine[:1])[0])


def test_an_adapted_detector_of_chinese_reads_characters_when_loaded_again(
    chinese: NgramDetector, tmp_path: Path
) -> None:
    texts = _chinese(1, 25) + [text.replace("，", "，此外，", 2) for text in _chinese(2, 25)]
    own = OwnTexts(texts, ["human"] * 25 + ["model"] * 25, [str(at) for at in range(50)])
    adapted = adapt_detector(chinese, own)
    adapted.save(tmp_path / "adapted")
    again = load_scorer(tmp_path / "adapted")
    np.testing.assert_array_equal(again.score(texts), adapted.score(texts))
    people, machine = adapted.own_scores(), adapted.own_scores("model")
    assert (machine[:, None] > people[None, :]).mean() > 0.9


def test_an_assay_takes_the_detector_of_the_language_and_says_so() -> None:
    corpus, human = _chinese(3, 60), _chinese(4, 60)
    result = assay(corpus, human=human)
    assert result.reproducibility.scorer == "general-zh"
    assert result.withheld is None
    [note] = [one for one in result.diagnostics if one.code == "detector-language"]
    assert "general-zh" in note.finding
    asked = assay(corpus, human=human, detector="general")
    assert asked.withheld is not None
    assert asked.withheld.code == "language"
    assert "--detector general-zh" in asked.withheld.bring


def test_score_takes_the_detector_of_the_language_and_says_so(
    wellhead: Callable[..., object], tmp_path: Path
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in _chinese(3, 30)))
    found = json.loads(wellhead("score", str(path), "--json").stdout)
    assert found["scorer"] == "general-zh"
    [note] = found["notes"]
    assert "in zh, so general-zh scores them; --detector takes another" in note
    asked = score(path, detector="general")
    assert (asked.scorer, asked.notes) == ("general", ())


ENGLISH = "When we got home it was already dark, and none of us had thought to bring the keys."
GERMAN = (
    "Als wir nach Hause kamen, war es schon dunkel, und niemand hatte an den Schlüssel gedacht."
)
ROMANISED = (
    "Yeh phone lene se pehle soch lo. Camera theek hai lekin battery ekdum bekaar, din mein do "
    "baar charge karna padta hai. Screen achhi hai, sound bhi theek thaak."
)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([ENGLISH] * 10, ()),
        ([GERMAN] * 10, ("100 % are in de", "none for German")),
        ([ENGLISH] * 7 + _chinese(5, 3), ("30 % are in zh", "--detector general-zh")),
        ([ENGLISH] * 29 + [GERMAN], ()),
        ([ENGLISH] * 7 + [ROMANISED] * 3, ("30 % are in a language that could not be told",)),
        (
            [ENGLISH] * 7 + [ENGLISH + text for text in _chinese(5, 3)],
            ("30 % are in two languages or more (", "is not known"),
        ),
        (["", "ok", "12"] * 4, ()),
    ],
    ids=[
        "English",
        "German",
        "some Chinese",
        "one in thirty",
        "Hindi in Latin letters",
        "English with Chinese",
        "nothing to tell",
    ],
)
def test_score_says_which_documents_its_detector_was_not_made_for(
    texts: list[str], said: tuple[str, ...]
) -> None:
    result = score([f"{text} {at}" for at, text in enumerate(texts)])
    assert result.scorer == "general"
    assert all(part in " ".join(result.notes) for part in said)
    assert len(result.notes) == bool(said)


def test_the_language_is_heard_in_many_files_and_not_in_the_first_alone(tmp_path: Path) -> None:
    for at, texts in enumerate(([ENGLISH] * 40, _chinese(6, 40), _chinese(7, 40))):
        rows = (json.dumps({"text": f"{text} {row}"}) for row, text in enumerate(texts))
        (tmp_path / f"{at}.jsonl").write_text("\n".join(rows))
    assert chosen_for(open_corpus(tmp_path)).detector == "general-zh"


def _shuffled(text: str, number: int) -> list[str]:
    """Texts of the words of `text` in any order."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.permutation(text.split())) for _ in range(number)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROMANISED, "most of them are in a language that could not be told"),
        (GERMAN, "most of them are in a language (de) that this detector was not made for"),
    ],
    ids=["could not be told", "German"],
)
def test_an_assay_says_no_share_of_a_language_that_it_does_not_know(text: str, said: str) -> None:
    texts = _shuffled(text, 90)
    result = assay(texts[:40], human=texts[40:], detector="general")
    assert result.withheld is not None
    assert said in result.withheld.reason


def test_an_assay_notes_what_part_is_in_other_languages() -> None:
    texts = _shuffled(ENGLISH, 68)
    result = assay(texts[:28] + _chinese(8, 12), human=texts[28:])
    [note] = [one for one in result.diagnostics if one.code == "languages-unknown"]
    assert "30 % are in zh" in note.finding
