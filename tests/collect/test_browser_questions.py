"""A study of several pages in a real Chromium: questions, two fields, a time that runs out."""

from __future__ import annotations

from typing import Any

import pytest
from running import listening
from test_questions import GOOD, TABLES, asking, records

from wellhead.collect.export.rows import row_of
from wellhead.collect.server.host import open_host
from wellhead.collect.study import load_study

expect = pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]").expect
pytestmark = pytest.mark.browser


def answer(page: Any) -> Any:
    return page.locator("#answer:not([readonly])")


def test_every_page_of_a_study_leads_on_to_the_next(chromium: Any, tmp_path: Any) -> None:
    """Questions, outline, answer, questions; a reload loses none, an open one is pointed at."""
    study = asking(tmp_path / "demo", TABLES.replace("required = false", "required = true"))
    study.path.write_text(study.path.read_text().replace("# minutes = 0", "minutes = 1"))
    host = open_host([load_study(study.path)], secure=False)
    page = chromium.new_page(viewport={"width": 360, "height": 700})
    with listening(host) as port:
        page.goto(f"http://127.0.0.1:{port}/s/demo")
        page.click("#agree")
        page.click("#questions-go")
        expect(page.locator("#question-notice")).to_contain_text("before you go on")
        expect(page.locator("#q-age")).to_be_focused()
        page.fill("#q-age", "41")
        page.click("#questions-go")
        expect(page.locator("#task-title")).to_have_text("An outline")
        expect(page.locator("#time")).to_contain_text("Minutes left")
        answer(page).press_sequentially("First this.", delay=5)
        expect(page.locator("#submit")).to_have_text("Go on")
        page.click("#submit")
        expect(page.locator("#instructions")).not_to_have_text("Note what")
        answer(page).press_sequentially("The answer.", delay=5)
        expect(page.locator("#state")).to_have_text("Saved.", timeout=60_000)
        page.reload()
        expect(answer(page)).to_have_value("The answer.")
        answer(page).press_sequentially(" More.", delay=5)
        page.click("#submit")
        page.check("[value='nothing']")
        page.click("#questions-back")
        expect(answer(page)).to_have_value("The answer. More.")
        page.click("#submit")
        assert page.is_checked("[value='nothing']")
        page.check("[name='q-effort'][value='3']")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
        page.screenshot(path=str(tmp_path / "questions.png"))
        page.click("#questions-go")
        page.wait_for_selector("#done:not([hidden])")
        assert page.evaluate("Object.keys(localStorage).filter(k => /questions/.test(k))") == []
    page.close()
    [record] = records(host)
    host.store.close()
    row = row_of(record, "demo")
    assert (row["text"], row["outcome"]) == ("The answer. More.", "typed")
    [part] = row["parts"]
    assert (part["text"], part["outcome"], part["known_human"]) == ("First this.", "typed", True)
    found = {one["question"]: one["answer"] for one in row["responses"]}
    assert found == {**GOOD, "age": "41"}
