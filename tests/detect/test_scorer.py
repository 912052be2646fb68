"""Finding a scorer by name or by folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellhead.detect import load_scorer
from wellhead.errors import BadInput, BadSetting


def test_a_name_that_is_neither_known_nor_a_folder_is_told_so() -> None:
    with pytest.raises(BadSetting, match="did you mean 'general'"):
        load_scorer("generel")
    with pytest.raises(BadSetting, match="no such folder"):
        load_scorer("./no-such-detector")


def test_a_folder_without_a_card_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"card\.json"):
        load_scorer(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', "\x00"])
def test_a_card_that_is_none_is_told_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "card.json").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match="not a detector's card"):
        load_scorer(tmp_path)


def test_a_card_of_an_unknown_kind_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text('{"kind": "oracle"}', encoding="utf-8")
    with pytest.raises(BadSetting, match="unknown detector kind 'oracle'"):
        load_scorer(tmp_path)
