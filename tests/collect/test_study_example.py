"""The rehearsed study of the docs runs as it stands, on both platforms."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from study_page import blocks


def test_a_study_of_three_pages_two_conditions_and_a_quota_ends_with_a_joined_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Six of eight come in, every task has both conditions, ids and codes agree, pay is due."""
    page: dict[str, Any] = {"FOLDER": tmp_path, "__name__": "page"}
    *defining, printing = blocks()
    for block in defining:
        exec(block, page)
    run, ran = page["run"], {}

    page["run"] = lambda *given: ran.setdefault(given[1], run(*given))
    exec(printing, page)
    assert capsys.readouterr().out.splitlines()[0] == "prolific"
    for platform in ("prolific", "mturk"):
        told, rows, lists = ran[platform]
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
