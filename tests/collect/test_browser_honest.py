"""The same ways through a study in a real Chromium and a real Firefox, with the same end."""

from __future__ import annotations

import pytest
from cases import ACCUSING, agree_with_docs, row
from honest import CASES, Case, Chromium, carried_out

pytestmark = pytest.mark.browser


lines: dict[str, str] = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_chromium_and_server_conclude_of(case: Case, chromium, study, clock):
    context = chromium.new_context()
    events, answer = carried_out(case, Chromium(context), study, clock)
    context.close()
    lines[case.name] = row(case.name, events, answer)
    assert answer.outcome == case.outcome
    if case.honest:
        assert answer.outcome not in ACCUSING
        assert all(flag.strength == "note" for flag in answer.flags)


def test_the_table_of_visits_in_the_docs_is_what_happened():
    if len(lines) < len(CASES):
        pytest.skip("only some cases ran")
    assert agree_with_docs("visits", [lines[case.name] for case in CASES]), "WELLHEAD_WRITE_DOCS=1"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_firefox_and_server_conclude_of(case: Case, fox, study, clock):
    """As Chromium does, shares and flags included."""
    events, answer = carried_out(case, fox, study, clock)
    assert answer.outcome == case.outcome
    if case.name in lines:
        assert _conclusions(row(case.name, events, answer)) == _conclusions(lines[case.name])


def _conclusions(line: str) -> list[str]:
    return line.split(" | ")[2:]
