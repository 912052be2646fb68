"""The rehearsed study of the docs runs as it stands, on both platforms."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "collect-study-example.md"


@pytest.fixture
def page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Everything that the page defines, after all of it ran."""
    names: dict[str, Any] = {"FOLDER": tmp_path, "__name__": "page"}
    for block in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL):
        exec(compile(block, str(DOCS), "exec"), names)
    return names


def test_a_study_of_three_pages_two_conditions_and_a_quota_ends_with_a_joined_table(
    page: dict[str, Any], tmp_path: Path
) -> None:
    """Six of eight come in, every task has both conditions, ids and codes agree, pay is due."""
    for platform, address in (("prolific", page["PROLIFIC"]), ("mturk", page["MTURK"])):
        told, rows, lists = page["run"](tmp_path / "once more", platform, address)
        lines = list(page["table"](told, rows))
        assert len(lines) == len(rows) == 6
        assert set(Counter(line[1] for line in lines).values()) == {2}
        crossed = Counter(line[1:3] for line in lines)
        assert (len(crossed), set(crossed.values())) == (6, {1})
        assert Counter(line[3] for line in lines) == {"typed": 5, "pasted_outside": 1}
        assert {line[4:] for line in lines} == {(True, "3")}
        assert told["p6"] == "This study has all the answers it needs. Thank you."
        assert told["again"] == "You have taken part already. Thank you."
        assert lists
