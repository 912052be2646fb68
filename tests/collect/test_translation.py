"""Catalogues of the writer's pages: whole, with the right places for values, and easy to add."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from wellhead.collect.translation import languages, translation
from wellhead.errors import BadInput

PACKAGE = Path(str(files("wellhead.collect")))


def messages() -> set[str]:
    """Every text of the page that can be translated, as Babel finds them in the sources."""
    found = set()
    for method, name in (("python", "wording.py"), ("jinja2", "templates/task.html")):
        with (PACKAGE / name).open("rb") as source:
            found |= {text for _, text, _, _ in extract(method, source, {"_": None})}
    return found


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}|%\(\w+\)s", text))


def test_seven_languages_come_with_the_package():
    assert languages() == ["ar", "de", "en", "es", "fr", "hi", "zh"]


def test_the_template_for_translators_holds_every_text():
    with (PACKAGE / "locale" / "page.pot").open("rb") as stream:
        assert {message.id for message in read_po(stream) if message.id} == messages()


@pytest.mark.parametrize("language", [each for each in languages() if each != "en"])
def test_every_text_is_translated_with_its_places_for_values(language):
    words = translation(language).words
    assert words.keys() == messages()
    for english, theirs in words.items():
        assert places(english) == places(theirs), english
        if len(english) > 20:
            assert theirs != english


def test_a_regional_tag_takes_the_catalogue_of_its_language():
    assert translation("de-AT").language == "de"
    assert translation("zh-Hans-CN").gettext("Submit") == translation("zh").gettext("Submit")


def test_a_damaged_catalogue_is_refused_with_its_name(tmp_path):
    (tmp_path / "sw.po").write_text("This is no catalogue.")
    with pytest.raises(BadInput, match=r"sw\.po: expected a gettext catalogue"):
        translation("sw", str(tmp_path))


def test_refusals_are_worded_as_the_server_words_them():
    from wellhead.collect.wording import REFUSALS

    sources = "".join(
        re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
        if path.name != "wording.py"
    )
    assert [text for text in REFUSALS if text not in sources] == []
