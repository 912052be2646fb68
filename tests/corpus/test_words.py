"""Words are counted in any script."""

from __future__ import annotations

import sys

import pytest
from icu4py.breakers import WordBreaker

from wellhead.corpus.words import count_words, reckons

# The first article of the Universal Declaration of Human Rights.
ARTICLE = {
    "Chinese": "人人生而自由，在尊严和权利上一律平等。"
    "他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、"
    "尊厳と権利とについて平等である。"
    "人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม "
    "และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ",
    "Khmer": "មនុស្សទាំងអស់កើតមកមានសេរីភាព និងសមភាពក្នុងផ្នែកសេចក្តីថ្លៃថ្នូរនិងសិទ្ធិ។",
    "English": "All human beings are born free and equal in dignity and rights.",
}


def by_dictionary(text: str) -> int:
    return sum(any(map(str.isalnum, part)) for part in WordBreaker(text, "en"))


@pytest.mark.parametrize("language", ARTICLE)
def test_words_are_those_of_the_dictionary_in_any_script(language):
    assert count_words(ARTICLE[language]) == by_dictionary(ARTICLE[language])


@pytest.fixture
def no_dictionary(monkeypatch):
    monkeypatch.setitem(sys.modules, "icu4py", None)
    reckons.cache_clear()
    yield
    reckons.cache_clear()


@pytest.mark.parametrize("language", ARTICLE)
def test_without_the_dictionary_words_are_reckoned_within_a_fifth(language, no_dictionary):
    found = len([part for part in WordBreaker(ARTICLE[language], "en") if part[0].isalnum()])
    assert count_words(ARTICLE[language]) == pytest.approx(found, rel=0.2)
