"""The front page: plain functions that help, completion and type checkers see as a user does."""

from __future__ import annotations

import inspect
import pydoc

import pytest

import wellhead

VERBS = [name for name in dir(wellhead) if name != "__version__"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_shows_its_own_signature_and_help(verb):
    function = getattr(wellhead, verb)
    parameters = inspect.signature(function).parameters
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    shown = pydoc.render_doc(function, renderer=pydoc.plaintext)
    assert shown.splitlines()[2].startswith(f"{verb}(")
    assert "Raises:" in shown


def test_the_front_page_names_each_thing_once():
    assert sorted(wellhead.__all__) == dir(wellhead)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'asay'"):
        _ = wellhead.asay


def test_the_repr_of_a_result_is_its_answer_in_a_few_lines():
    shown = repr(wellhead.forecast(real_share=0.1, max_inflation=2)).splitlines()
    assert shown[0] == "Forecast:"
    assert len(shown) <= 12
    assert all(len(line) <= 80 for line in shown)
