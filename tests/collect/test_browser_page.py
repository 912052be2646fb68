"""The task page in a real Chromium, against the real server; mishaps in a real Firefox, too."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import honest
import pytest
from cases import agree_with_docs, in_the_docs, row
from collect_helpers import edit
from loopback import Server
from running import Kept, kept, listening
from tests.firefox import Firefox

from wellhead.collect.create import new_study
from wellhead.collect.derive.answer import Answer
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.study import Study

expect = pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]").expect
pytestmark = pytest.mark.browser


@pytest.fixture
def address(host: Host) -> Iterator[str]:
    with listening(host) as port:
        yield f"http://127.0.0.1:{port}/s/demo"


def impatient(route: Any) -> None:
    """The server's settings, with batches every third of a second: tests are in a hurry."""
    answer = route.fetch()
    started = answer.json()
    if "recorder" in started:
        started["recorder"]["every_ms"] = 300
    route.fulfill(response=answer, json=started)


@pytest.fixture
def context(chromium) -> Iterator[Any]:
    context = chromium.new_context()
    context.route("**/api/session", impatient)
    yield context
    context.close()


def agree(page: Any, at: str) -> None:
    page.goto(at)
    page.click("#agree")
    page.wait_for_function("() => !answer.readOnly")
    page.focus("#answer")


@contextmanager
def visit(chromium: Any, study: Study, clock: Any) -> Iterator[tuple[Any, Host]]:
    """A writer in a study of one's own making."""
    host = open_host([study], clock=clock, secure=False)
    context = chromium.new_context()
    context.route("**/api/session", impatient)
    page = context.new_page()
    with listening(host) as port:
        agree(page, f"http://127.0.0.1:{port}/s/demo")
        yield page, host
    context.close()
    host.store.close()


@pytest.fixture
def enter(context, address) -> Callable[..., Any]:
    """A page on which the writer has agreed and the text field waits."""

    def begin(at: str = address) -> Any:
        page = context.new_page()
        agree(page, at)
        return page

    return begin


def write(page: Any, text: str) -> None:
    page.keyboard.type(text)


def saved(page: Any) -> None:
    page.wait_for_function("() => document.getElementById('state').dataset.state === 'saved'")


def hand_in(page: Any) -> None:
    page.click("#submit")
    page.wait_for_selector("#done:not([hidden])", timeout=60_000)


ROWS = (
    "reload in mid-sentence",
    "tab killed",
    "offline and back",
    "second tab takes over",
    "recording blocked, text arrives alone",
    "a batch refused, then on",
    "server killed and started again",
    "recording full, then on",
)
lines: dict[str, str] = {}


def concluded(name: str, session: Kept, hand: Any = None) -> Answer:
    """What is derived from the session: Chromium's for the table in the docs, which Firefox
    must agree with."""
    answer = session.derived()
    events = [event for stored in session.batches for event in stored.body.read()]
    line = row(name, events, answer)
    if isinstance(hand, Firefox):
        assert line.split(" | ")[2:] == in_the_docs(name)
    else:
        lines[name] = line
    return answer


def one(host: Host) -> Kept:
    (session,) = kept(host)
    return session


RECORDED_EVENTS = {
    *("keydown", "keyup", "beforeinput", "input", "paste", "copy", "cut", "drop", "dragstart"),
    *("selectionchange", "visibilitychange", "compositionstart", "focus", "blur", "pagehide"),
}


def test_nothing_listens_and_nothing_is_stored_before_consent(context, address, host):
    page = context.new_page()
    page.add_init_script(
        """window.heard = [];
        const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (name, ...rest) {
          heard.push(name);
          return add.call(this, name, ...rest);
        };"""
    )
    page.goto(address)
    page.wait_for_selector("#agree:enabled")
    assert not RECORDED_EVENTS & set(page.evaluate("() => heard"))
    page.click("#decline")
    expect(page.locator("main")).to_contain_text("Nothing was recorded")
    assert page.evaluate("() => localStorage.length") == 0
    assert (context.cookies(), kept(host)) == ([], [])


def test_a_typed_answer_arrives_whole_and_its_history_fits(enter, host):
    page = enter()
    write(page, "Forty sheep sailed.\nNone was lost.")
    hand_in(page)
    answer = one(host).derived()
    assert answer.text == "Forty sheep sailed.\nNone was lost."
    assert (answer.outcome, answer.shares) == ("typed", {"typed": 1.0})
    expect(page.get_by_role("heading", name="What was recorded")).to_be_visible()


def test_a_reload_in_mid_sentence_loses_nothing(enter, host):
    page = enter()
    write(page, "Half a sen")
    page.reload()
    page.wait_for_function("() => document.activeElement.id === 'answer'")
    page.keyboard.press("Control+End")
    write(page, "tence.")
    hand_in(page)
    answer = concluded("reload in mid-sentence", one(host))
    assert (answer.text, answer.shares) == ("Half a sentence.", {"typed": 1.0})
    assert answer.counts["restore"] == 1


def test_offline_and_back_nothing_is_lost_and_the_page_says_so(enter, context, host):
    page = enter()
    write(page, "Before, ")
    context.set_offline(True)
    write(page, "during ")
    page.wait_for_function(
        "() => document.getElementById('state').textContent.includes('kept on this')"
    )
    context.set_offline(False)
    write(page, "and after.")
    saved(page)
    hand_in(page)
    answer = concluded("offline and back", one(host))
    assert (answer.text, answer.shares) == ("Before, during and after.", {"typed": 1.0})
    assert answer.integrity.complete


def test_a_reload_while_offline_keeps_the_text_until_the_server_is_back(enter, context, host):
    page = enter()
    write(page, "Kept ")
    saved(page)
    page.route("**/batch", lambda route: route.abort())
    write(page, "through it all")
    page.reload()
    page.wait_for_function("() => document.activeElement.id === 'answer'")
    assert page.input_value("#answer") == "Kept through it all"
    page.unroute("**/batch")
    hand_in(page)
    assert one(host).derived().shares == {"typed": 1.0}


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "plain http"])
def test_a_second_tab_only_reads_until_it_takes_over(enter, context, host, locks):
    if not locks:
        context.add_init_script("delete Navigator.prototype.locks")
    first = enter()
    write(first, "From the first tab")
    second = context.new_page()
    second.goto(first.url)
    second.wait_for_selector("#elsewhere:not([hidden])")
    assert second.evaluate("() => answer.readOnly")
    second.click("#take-over")
    second.wait_for_function("() => !answer.readOnly")
    first.wait_for_function("() => answer.readOnly")
    assert second.input_value("#answer") == "From the first tab"
    second.keyboard.press("Control+End")
    write(second, " and the second.")
    hand_in(second)
    answer = concluded("second tab takes over", one(host))
    assert (answer.text, answer.shares) == ("From the first tab and the second.", {"typed": 1.0})


def test_a_session_written_on_elsewhere_is_not_overwritten(enter, chromium, host):
    first = enter()
    write(first, "One ")
    saved(first)
    device = chromium.new_context()  # shares nothing with the first but the address
    device.route("**/api/session", impatient)
    second = device.new_page()
    second.goto(first.url)
    second.wait_for_function("() => document.activeElement.id === 'answer'")
    second.keyboard.press("Control+End")
    write(second, "two.")
    saved(second)
    write(first, "lost?")
    first.wait_for_selector("#elsewhere:not([hidden])")
    hand_in(second)
    device.close()
    assert one(host).text == "One two."


def test_an_address_of_another_visit_leads_to_the_consent(context, address, host):
    first = context.new_page()
    agree(first, f"{address}?worker=mallory")
    stolen = first.url.partition("#")[2]
    first.close()
    second = context.new_page()
    second.goto(f"{address}?worker=bob#{stolen}")
    second.wait_for_selector("#consent:not([hidden]) #agree:enabled")
    assert len(kept(host)) == 1
    second.click("#agree")
    second.wait_for_function("() => !answer.readOnly")
    assert len(kept(host)) == 2


def test_the_completion_code_is_the_same_after_a_reload(enter):
    page = enter()
    write(page, "Done.")
    hand_in(page)
    code = page.inner_text("#code")
    page.reload()
    page.wait_for_selector("#done:not([hidden])")
    assert code
    assert page.inner_text("#code") == code


def test_a_batch_that_the_server_refuses_does_not_stop_the_writer(enter, host):
    page = enter()
    write(page, "One ")
    saved(page)
    page.route("**/batch", _spoil(once=[True]))
    write(page, "two ")
    page.wait_for_function("() => document.getElementById('state').dataset.state === 'saved'")
    write(page, "three")
    hand_in(page)
    answer = concluded("a batch refused, then on", one(host))
    assert answer.text == "One two three"
    assert answer.outcome == "incomplete_log"


def _spoil(once: list[bool]) -> Callable[[Any], None]:
    def handle(route: Any) -> None:
        if once and once.pop():
            route.fulfill(status=422, json={"error": "bad_request", "message": "no"})
        else:
            route.continue_()

    return handle


def test_a_killed_tab_loses_at_most_its_last_second(hand, study: Study, clock):
    with honest.served(study, clock) as (host, address):
        honest.agree(hand, address)
        honest.write(hand, "Written before the crash")
        hand.wait("Object.values(localStorage).join().includes('before the crash')")
        at = hand.run("return location.href")
        hand.kill_tab()
        hand.visit(at)
        honest.ready(hand)
        hand.press("Control+End")
        honest.write(hand, ", and after it.")
        honest.hand_in(hand)
        answer = concluded("tab killed", one(host), hand)
    assert answer.text == "Written before the crash, and after it."
    assert (answer.outcome, answer.shares) == ("typed", {"typed": 1.0})


def test_an_answer_is_stored_even_if_its_recording_cannot_be(hand, study: Study, clock):
    with honest.served(study, clock) as (host, address):
        honest.agree(hand, address)
        blocked(hand)
        honest.write(hand, "The text arrives alone.")
        honest.hand_in(hand)
        answer = concluded("recording blocked, text arrives alone", one(host), hand)
    assert (answer.text, answer.outcome) == ("The text arrives alone.", "incomplete_log")


def blocked(hand: Any) -> None:
    """Something between the page and the server lets no batch through."""
    hand.run(
        "const real = fetch; window.fetch = (url, about) => /batch$/.test(url) ?"
        "Promise.reject(new TypeError('blocked')) : real(url, about)"
    )


def test_a_server_that_is_killed_and_comes_back_loses_nothing(chromium, fox, study: Study):
    """SIGKILL while the page is open: what was written before, during and after is there."""
    server, context = Server(study.path), chromium.new_context()
    server.start()
    hands = [honest.Chromium(context), fox]
    for hand in hands:
        honest.agree(hand, f"http://127.0.0.1:{server.port}/s/demo")
        honest.write(hand, "Before, ")
        honest.settled(hand)
    server.kill()
    for hand in hands:
        honest.write(hand, "during ")
        hand.run("dispatchEvent(new Event('pagehide'))")
        hand.wait("document.getElementById('state').dataset.state === 'offline'")
    server.start()
    for hand in hands:
        honest.settled(hand)
        honest.write(hand, "and after.")
        honest.hand_in(hand)
    server.stop()
    context.close()
    host = open_host([study])
    for hand, session in zip(hands, kept(host), strict=True):
        answer = concluded("server killed and started again", session, hand)
        assert (answer.text, answer.shares) == ("Before, during and after.", {"typed": 1.0})
    host.store.close()


def test_a_recording_that_is_full_ends_and_the_answer_is_still_taken(hand, study: Study, clock):
    with honest.served(edit(study, events_per_session="1000"), clock) as (host, address):
        honest.agree(hand, address)
        honest.write(hand, "word " * 80)
        hand.run("dispatchEvent(new Event('pagehide'))")
        hand.wait("document.getElementById('state').dataset.state === 'paused'")
        honest.write(hand, "the end.")
        honest.hand_in(hand)
        answer = concluded("recording full, then on", one(host), hand)
    assert (answer.text, answer.outcome) == ("word " * 80 + "the end.", "incomplete_log")


def test_everything_works_by_keyboard_and_has_a_name(context, address, host):
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#agree:enabled")
    page.get_by_role("button", name="I agree, begin").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => !answer.readOnly")
    assert page.evaluate("() => document.activeElement.tagName") == "H1"
    for _ in ("source", "field"):
        page.keyboard.press("Tab")
    write(page, "By keyboard.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done:not([hidden])")
    assert page.evaluate("() => document.activeElement.tagName") == "H1"
    assert one(host).text == "By keyboard."


def test_a_screen_reader_finds_field_status_and_heading(enter):
    page = enter()
    assert page.get_by_role("textbox", name="Your answer").is_visible()
    assert page.get_by_role("button", name="Submit").is_enabled()
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_role("status").count() >= 1


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_no_page_scrolls_sideways_on_a_phone_or_zoomed(chromium, address, width):
    # 320 CSS pixels are a phone, and a 1280-pixel window at 400 %.
    context = chromium.new_context(viewport={"width": width, "height": 720})
    page = context.new_page()
    page.goto(address)
    wide = [_overflow(page)]
    agree(page, address)
    write(page, "W" * 200)
    wide.append(_overflow(page))
    hand_in(page)
    page.wait_for_selector("#recorded:not([hidden])")
    wide.append(_overflow(page))
    context.close()
    assert wide == [0, 0, 0]


def _overflow(page: Any) -> int:
    return int(page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))


HOSTILE = "</script><img src=x onerror=alert(1)><svg onload=alert(2)> ' \" {{7*7}}"


def test_hostile_title_and_task_are_shown_as_text(chromium, tmp_path, clock):
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(json.dumps({"id": "a", "text": HOSTILE}))
    study = new_study(tmp_path / "demo", tasks=tasks, title=HOSTILE)
    said: list[str] = []
    with visit(chromium, study, clock) as (page, _):
        page.on("dialog", lambda dialog: said.append(dialog.message))
        shown = page.inner_text("#source")
        title = page.inner_text("#task-title")
        images = page.locator("img, svg").count()
    assert (said, images) == ([], 0)
    assert (shown, title) == (HOSTILE, HOSTILE)


def test_a_warm_up_comes_first_and_is_not_part_of_the_answer(chromium, study: Study, clock):
    with visit(chromium, edit(study, warm_up='"Type this."'), clock) as (page, host):
        write(page, "Type this.")
        page.get_by_role("button", name="Go on to the task").click()
        page.focus("#answer")
        write(page, "The answer.")
        hand_in(page)
        answer = one(host).derived()
    assert (answer.text, answer.shares) == ("The answer.", {"typed": 1.0})


def test_too_short_an_answer_is_not_sent_but_explained(chromium, study: Study, clock):
    with visit(chromium, edit(study, min_words="5"), clock) as (page, host):
        write(page, "Too short.")
        page.click("#submit")
        said = page.inner_text("#notice")
        text = one(host).text
    assert "at least 5 words" in said
    assert text is None


def test_the_page_works_in_another_sites_frame_without_cookies(chromium, study: Study, clock):
    outer = _Frame()
    ancestors = f'["http://localhost:{outer.port}"]'
    host = open_host([edit(study, frame_ancestors=ancestors)], clock=clock, secure=False)
    context = chromium.new_context()
    page = context.new_page()
    with listening(host) as port:
        outer.inner = f"http://127.0.0.1:{port}/s/demo"
        page.goto(f"http://localhost:{outer.port}/")
        frame = page.frame_locator("iframe")
        frame.locator("#agree").click()
        frame.locator("#task:not([hidden]) textarea").press_sequentially("Framed.")
        frame.locator("#submit").click()
        frame.locator("#done").wait_for(state="visible")
        cookies, text = context.cookies(), one(host).text
    context.close()
    host.store.close()
    outer.close()
    assert (cookies, text) == ([], "Framed.")


def test_the_table_of_mishaps_in_the_docs_is_what_happened():
    if len(lines) < len(ROWS):
        pytest.skip("only some of the cases ran")
    assert agree_with_docs("mishaps", [lines[name] for name in ROWS]), "WELLHEAD_WRITE_DOCS=1"


class _Frame:
    """Another site, whose page shows ours in a frame."""

    inner = ""

    def __init__(self) -> None:
        frame = self

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                html = f"<!doctype html><iframe width=900 height=700 src='{frame.inner}'></iframe>"
                self.wfile.write(html.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
