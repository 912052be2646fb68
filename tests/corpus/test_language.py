"""What a text is written in: languages, scripts, several at once, and what cannot be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wellhead.corpus.language import foreign, identified, languages_of

ENGLISH = "When we got home it was already dark, and none of us had thought to bring the keys. "
GERMAN = "Als wir nach Hause kamen, war es schon dunkel, und niemand hatte den Schlüssel dabei. "
CHINESE = "昨天我去了市场，买了很多蔬菜，然后晚上我们一起在家做饭，大家都很高兴。"
HINDI = "मैं कल बाज़ार गया था और वहाँ से बहुत सारी सब्ज़ियाँ खरीद कर लाया, फिर हमने खाना बनाया। "
SERBIAN = (
    "Јуче смо отишли у град и купили много воћа, а затим смо увече заједно спремили вечеру. ",
    "Juče smo otišli u grad i kupili mnogo voća, a zatim smo uveče zajedno spremili večeru. ",
)
JAPANESE = "昨日、私たちは市場に行ってたくさんの野菜を買い、それから家で夕食を作りました。"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (CHINESE, "zh"),
        (CHINESE[:17], "zh"),
        (JAPANESE, "ja"),
        (HINDI, "hi"),
        *((text, "sr") for text in SERBIAN),
    ],
)
def test_a_text_in_one_language_is_told(text: str, language: str) -> None:
    found = languages_of(text)
    assert found.language == language
    assert not found.mixed


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        (CHINESE + ENGLISH, {"zh", "en"}),
        (HINDI + ENGLISH, {"hi", "en"}),
        (ENGLISH * 3 + GERMAN * 3, {"en", "de"}),
        (
            "昨天我去了市场，买了很多 vegetables，然后晚上我们一起在家 cooking dinner together "
            "with all of our friends，大家都很高兴 because the weather was great。",
            {"zh", "en"},
        ),
    ],
)
def test_a_text_in_two_languages_is_told_as_both(text: str, languages: set[str]) -> None:
    assert set(languages_of(text).mixed) == languages


def test_one_language_in_two_scripts_is_one_language_and_two_scripts() -> None:
    found = languages_of("".join(SERBIAN))
    assert set(found.shares) == {"sr"}
    assert set(found.scripts) == {"CYRILLIC", "LATIN"}
    assert not found.mixed


def test_names_of_another_script_make_no_text_mixed() -> None:
    russian = "Вчера я купил новый iPhone и поставил на него Telegram, а потом весь вечер читал. "
    found = languages_of(russian * 3)
    assert (found.language, found.mixed) == ("ru", ())


@pytest.mark.parametrize(
    "text",
    [
        "Main kal bazaar gaya tha aur wahan se bahut saari sabziyan khareed kar laya, phir humne "
        "shaam ko khana banaya.",
        "Vchera my poshli na rynok i kupili mnogo ovoshchey, a potom prigotovili uzhin doma.",
        "John Smith, Maria Garcia, Wei Chen, Ahmed Hassan, Yuki Tanaka, Olga Ivanova",
    ],
    ids=["Hindi in Latin letters", "Russian in Latin letters", "names"],
)
def test_no_language_is_made_up_where_none_can_be_told(text: str) -> None:
    assert languages_of(text).language == "und"
    assert foreign([text] * 3, ["en"]) == ("und",)


@pytest.mark.parametrize("text", ["", " ", "OK!", "12.5 + 7 = 19.5 " * 9, "😀🎉" * 40, "\ud800"])
def test_what_has_no_letters_or_too_few_has_no_language(text: str) -> None:
    assert languages_of(text).language == ""
    assert identified([text]) == []


def test_looking_into_a_corpus_shows_languages_scripts_and_how_many_texts_mix_them(
    wellhead: Callable[..., object], tmp_path: Path
) -> None:
    texts = [ENGLISH, ENGLISH + CHINESE, SERBIAN[0], "".join(SERBIAN)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    found = json.loads(wellhead("corpus", "inspect", str(path), "--json").stdout)
    assert found["mixed"] == 0.25
    assert set(found["scripts"]) == {"LATIN", "CYRILLIC", "HAN"}
    shown = wellhead("corpus", "inspect", str(path)).stdout
    assert "in two languages or more: 25%" in shown
    assert "Cyrillic" in shown
