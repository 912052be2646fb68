"""The chat page in a real browser: streams, stop, failure, reload, and access for everybody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]")
pytest.importorskip("fastapi", reason="needs wellhead[chat]")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs wellhead[test]")
import httpx  # noqa: E402
from running_server import running  # noqa: E402
from talkers import HOSTILE, SOME, pages, two  # noqa: E402

from wellhead.models.scripted import ScriptedEngine  # noqa: E402

pytestmark = pytest.mark.browser


@pytest.fixture
def engines() -> list[ScriptedEngine]:
    return two()


@pytest.fixture
def base(engines: list[ScriptedEngine]) -> Iterator[str]:
    with running(engines, pages=pages(engines)) as address:
        yield address


@pytest.fixture
def page(chromium: Any, base: str) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": 1100, "height": 800})
    troubles: list[str] = []
    page.on("console", lambda told: troubles.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(base)
    page.wait_for_selector("#send:enabled")
    yield page
    page.close()
    assert troubles == []


def ask(page: Any, prompt: str) -> None:
    page.fill("#prompt", prompt)
    page.keyboard.press("Enter")


def settled(page: Any) -> list[str]:
    """The answers of the newest turn, once the facts are there."""
    page.wait_for_selector("article:last-child .side:nth-child(1) dl:not([hidden]) dd")
    page.wait_for_selector("#send:enabled")
    return list(page.locator("article:last-child .answer").all_text_contents())


def soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_two_models_answer_one_prompt_side_by_side(page: Any):
    held: list[Any] = []
    page.route("**/api/facts", lambda route: held.append(route))
    ask(page, "good day")
    page.locator("#status", has_text="Looking up what there is to say").wait_for()
    assert soon(lambda: len(held) == 2 or page.wait_for_timeout(20))
    for route in held:
        route.continue_()
    assert settled(page) == ["one heard good day", "two heard good day"]
    assert page.locator("#status").text_content() == "The answers are complete."
    left, right = (page.locator(".side").nth(n).bounding_box() for n in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    assert page.locator(".side").first.locator("dt").all_text_contents() == [
        "Surprise of one",
        "Repeated 4-word phrases",
        "Training text",
    ]


def test_answers_stream_and_escape_stops_both_and_the_work_behind(
    page: Any, engines: list[ScriptedEngine]
):
    ask(page, "slow please")
    page.locator(".answer", has_text=SOME).nth(1).wait_for()
    assert [engine.running for engine in engines] == [1, 1]
    page.keyboard.press("Escape")
    assert soon(lambda: all(engine.running == 0 for engine in engines))
    texts = settled(page)
    assert all(5 < text.count("word") < 300 for text in texts)
    assert page.locator(".note").all_text_contents() == ["Stopped.", "Stopped."]


def test_a_model_that_fails_in_the_middle_is_said_to_and_the_other_goes_on(page: Any):
    ask(page, "please fail")
    assert settled(page) == ["one heard please fail", "two heard"]
    note = page.locator(".side").nth(1).locator(".note").text_content()
    assert note.startswith("Broke off: two failed")
    assert page.locator("#status").text_content() == "One of the answers broke off."
    ask(page, "and now?")
    assert settled(page)[1] == "two heard and now?"


def test_again_draws_with_the_next_seed_and_shows_it(page: Any):
    ask(page, "good day")
    settled(page)
    page.click("#again")
    settled(page)
    assert page.locator("article").count() == 1
    assert page.input_value("#seed") == "2"
    assert "seed 2" in page.locator("h3").first.text_content()
    assert "seed 2" in page.locator("#shown").text_content()


def test_a_reload_in_the_middle_keeps_what_was_said_and_ends_the_work(
    page: Any, engines: list[ScriptedEngine]
):
    ask(page, "good day")
    settled(page)
    page.locator("summary").click()
    page.fill("#seed", "7")
    ask(page, "slow please")
    page.locator(".answer", has_text=SOME).nth(1).wait_for()
    page.reload()
    page.wait_for_selector("#send:enabled")
    assert soon(lambda: all(engine.running == 0 for engine in engines))
    texts = page.locator(".answer").all_text_contents()
    assert texts[:2] == ["one heard good day", "two heard good day"]
    assert "word" in texts[2]
    assert page.locator(".note").all_text_contents()[2:] == ["Stopped.", "Stopped."]
    assert page.input_value("#seed") == "7"
    settled(page)
    facts = page.locator("article:last-child dt").all_text_contents()
    assert facts == ["Surprise of one", "Repeated 4-word phrases", "Training text"] * 2


def test_a_field_that_is_wrong_is_opened_and_nothing_is_asked(page: Any):
    page.locator("summary").click()
    page.fill("#temperature", "9")
    page.locator("summary").click()
    page.locator("#temperature").wait_for(state="hidden")
    ask(page, "good day")
    page.locator("#temperature").wait_for(state="visible")
    assert page.locator("article").count() == 0


def test_a_model_that_chats_is_sent_its_own_turns_and_one_that_continues_the_prompt_alone(
    page: Any,
):
    ask(page, "first")
    settled(page)
    with (
        page.expect_request("**/v1/chat/completions") as chatted,
        page.expect_request("**/v1/completions") as continued,
    ):
        ask(page, "second")
    assert [m["content"] for m in json.loads(chatted.value.post_data)["messages"]] == [
        "first",
        "one heard first",
        "second",
    ]
    sent = json.loads(continued.value.post_data)
    assert (sent["prompt"], sent["seed"], sent["temperature"]) == ("second", 1, 0.8)
    settled(page)


def test_what_a_model_says_is_shown_as_text_and_never_as_markup(page: Any):
    ask(page, "markup <i>please</i>")
    assert settled(page)[0] == HOSTILE
    assert page.locator("article img, article b, article i").count() == 0
    assert page.title() == "wellhead chat"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(page: Any, scheme: str, width: int):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    page.locator("summary").click()
    ask(page, "W" * 200 + " good day")
    settled(page)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_alone_reaches_everything(page: Any):
    ask(page, "good day")
    settled(page)
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:4] == ["send", "again", "fresh", "SUMMARY"]


def test_models_can_be_changed_for_the_next_prompt(page: Any):
    page.select_option("select >> nth=1", "one")
    assert page.locator(".about").nth(1).text_content() == "Chats."
    ask(page, "hello")
    assert settled(page) == ["one heard hello", "one heard hello"]


def test_the_page_says_nothing_to_whoever_lacks_the_token(
    chromium: Any, engines: list[ScriptedEngine]
):
    with running(engines, pages=pages(engines), token="secret") as base:
        assert (
            "one" not in httpx.get(base).text.replace("One prompt", "").replace("None", "").split()
        )
        assert httpx.get(f"{base}/api/models").status_code == 401
        page = chromium.new_page()
        page.goto(base)
        page.locator("#status", has_text="token").wait_for()
        page.goto("about:blank")
        page.goto(f"{base}/#token=secret")
        page.wait_for_selector("#send:enabled")
        assert "secret" not in page.url
        ask(page, "good day")
        assert settled(page) == ["one heard good day", "two heard good day"]
        page.close()


def test_the_page_may_load_and_reach_nothing_elsewhere(base: str):
    for path in ("/", "/chat/chat.js", "/chat/chat.css"):
        policy = httpx.get(base + path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    assert httpx.get(f"{base}/chat/../chat.py").status_code == 404
    asked = {"model": "nobody", "messages": [{"role": "user", "content": "x"}], "text": "y"}
    assert httpx.post(f"{base}/api/facts", json=asked).status_code == 404
    assert httpx.post(f"{base}/api/facts", json={**asked, "text": "y" * 300_000}).status_code == 400
