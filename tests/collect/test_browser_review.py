"""The researcher's side and a survey's frame in a real browser, against a real server."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from collect_helpers import edit
from loopback import Server

from wellhead.collect.create import new_study
from wellhead.collect.review.accounts import add_user
from wellhead.collect.server.host import open_host

expect = pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]").expect
pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
TEXT = "My own words."


@pytest.fixture
def survey(tmp_path: Path) -> Iterator[str]:
    """Another site, which may show the study in a frame."""
    folder = tmp_path / "survey"
    folder.mkdir()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    site.server_close()


@pytest.fixture
def server(tmp_path: Path, survey: str) -> Iterator[Server]:
    study = edit(
        new_study(tmp_path / "demo", platform="qualtrics"), frame_ancestors=f'["{survey}"]'
    )
    host = open_host([study])
    host.store.write(lambda c: add_user(c, "ann", PASSWORD, "demo", "owner", now_ms=0))
    host.store.close()
    server = Server(study.path)
    server.start()
    yield server
    server.stop()


def test_a_framed_answer_reaches_the_survey_and_the_researcher(
    chromium: Any, server: Server, survey: str, tmp_path: Path
) -> None:
    """Write in a frame of another site; the survey learns the code, the researcher the text."""
    address = f"http://127.0.0.1:{server.port}"
    (tmp_path / "survey" / "index.html").write_text(
        "<!doctype html><script>addEventListener('message', e => { window.told = "
        f"[e.origin, e.data.wellhead] }})</script><iframe src='{address}/s/demo?ResponseID=R_1' "
        "width=800 height=900></iframe>"
    )
    page = chromium.new_page()
    page.goto(survey)
    frame = page.frame_locator("iframe")
    frame.locator("#agree").click()
    frame.locator("textarea:not([readonly])").press_sequentially(TEXT, delay=15)
    frame.locator("#submit").click()
    page.wait_for_function("window.told")
    origin, told = page.evaluate("window.told")
    assert origin == address
    assert len(told["code"]) == 10
    page.goto(f"{address}/review")
    page.fill("#name", "ann")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.click("main a")
    expect(page.locator("main")).to_contain_text("Answers: 1, by")
    answer = f"{address}/review/s/demo/a/{told['session']}"
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 720})
        for at in ("/review", "/review/s/demo", "/review/s/demo/answers", answer):
            page.goto(at if at == answer else f"{address}{at}")
            over = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert over == 0, (width, at)
    page.goto(answer)
    expect(page.locator("#playback")).to_have_text(TEXT)
    page.fill("#playback-at", "0")
    expect(page.locator("#playback")).to_have_text("")
    page.select_option("#playback-speed", "16")
    page.click("#playback-play")
    expect(page.locator("#playback > .o-typed")).to_have_text(TEXT)
    page.fill("#text", "Looked at it")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".notes")).to_contain_text("Looked at it")
    page.close()


def test_a_flag_leads_to_its_place_in_timeline_and_replay(chromium: Any, server: Server) -> None:
    """The event's number is a link; on a wide screen text and replay stand side by side."""
    address = f"http://127.0.0.1:{server.port}"
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/s/demo?ResponseID=R_2")
    page.click("#agree")
    area = page.locator("textarea:not([readonly])")
    area.press_sequentially(TEXT, delay=15)
    foreign = "Words that somebody else has written, and more than fifty characters of them."
    area.evaluate(
        "(area, text) => { const data = new DataTransfer(); data.setData('text/plain', text);"
        "area.setRangeText(text, area.value.length, area.value.length, 'end');"
        "area.dispatchEvent(new InputEvent('input', {inputType: 'insertText', data: text}));"
        "area.dispatchEvent(new Event('select')); }",
        foreign,
    )
    page.wait_for_timeout(1200)
    area.press_sequentially(" End.", delay=15)
    page.click("#submit")
    page.wait_for_selector("#done:not([hidden])")
    page.goto(f"{address}/review")
    page.fill("#name", "ann")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"{address}/review/s/demo/answers")
    page.click("tbody a")
    expect(page.locator("#playback > .o-scripted")).to_have_text(foreign)
    boxes = [page.locator(name).bounding_box() for name in (".beside .answer", ".replay")]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 40
    link = page.locator("a[data-time]").first
    event = link.text_content()
    link.click()
    assert page.evaluate("document.querySelector(':target').id") == f"event-{event}"
    expect(page.locator("#playback")).to_have_text(TEXT + foreign)
    page.close()
