"""What the terminal says of a page."""

from __future__ import annotations

import io

from wellhead.report import Callout, Details, Page, Section
from wellhead.report.terminal import show


def _shown(page: Page, **options) -> str:
    stream = io.StringIO()
    show(page, file=stream, **options)
    return stream.getvalue()


def test_the_terminal_tells_the_lead_the_facts_and_the_warnings_in_ten_lines():
    warned = Details("more", [Callout("warning", "Few texts.", "The interval is wide.")])
    page = Page(
        "T", "Nine of ten wells are clean.", [("wells", "10")], [Section("Checks", [warned])]
    )
    lines = _shown(page, more=["report: report.html"]).splitlines()
    assert lines[0] == "Nine of ten wells are clean."
    assert lines[1] == "! Few texts. The interval is wide."
    assert lines[2].split() == ["wells", "10"]
    assert lines[3:] == ["report: report.html"]


def test_a_title_without_a_full_stop_gets_one_before_more_words():
    section = Section("Checks", [Callout("warning", "Some calls failed", "Ask again.")])
    assert "! Some calls failed. Ask again." in _shown(Page("T", "L", sections=[section]))


def test_many_warnings_are_counted_rather_than_listed():
    section = Section("Checks", [Callout("warning", f"Warning {i}.") for i in range(9)])
    text = _shown(Page("T", "L", sections=[section]))
    assert "7 more warnings" in text
    assert len(text.splitlines()) <= 10


def test_documents_cannot_steer_the_terminal(hostile):
    text = _shown(hostile, more=["\x1b]0;title\x07"])
    assert "\x1b" not in text
    assert "\x07" not in text


def test_square_brackets_are_words_not_styles():
    assert "[bold]x[/bold] :smile:" in _shown(Page("T", "[bold]x[/bold] :smile:"))
