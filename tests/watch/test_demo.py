"""The demonstration plays on real processes, and its page shows what it tells."""

from __future__ import annotations

import pytest

from wellhead.watch.demo import DOSES, PROMPTS, USUAL, play
from wellhead.watch.report import report_on


def test_the_story_is_played_to_its_end_and_seen_in_a_browser(tmp_path, chromium):
    pytest.importorskip("aiohttp", reason="needs wellhead[watch]")
    usual = dict.fromkeys(USUAL, "It is by the mill.")
    answers = {told: {**usual, **dict.fromkeys(DOSES, "Take 40 mg.")} for told in PROMPTS.values()}
    page, tales = chromium.new_page(), []

    def told(tale):
        tales.append(tale)
        page.wait_for_timeout(1100)  # what the page shows is a second old at most
        page.reload()
        seen.append(page.inner_text("main"))

    seen: list[str] = []
    settings = play(tmp_path / "demo", answers, port=0, told=told, shown=page.goto)
    assert [tale.step for tale in tales] == [
        "a normal day",
        "a spike",
        "a breaker opens by itself",
        "a kill",
        "a rollback that does not help",
        "a meter that lies is caught",
    ]
    assert "the meter missed none of" in tales[0].told.lower()
    assert "above the limit" in tales[2].told
    assert "passed" in tales[3].told
    assert "would not help" in tales[4].told.lower()
    assert "it missed" in tales[5].told
    assert "what is going on?" in seen[3]
    assert "Nothing is answered" in seen[5]
    found = report_on(settings)
    assert found.incidents
    assert not found.faults
    assert [each.signed for each in found.drills] == [True]
    page.close()
