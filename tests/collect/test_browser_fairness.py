"""An honest writer is accused of nothing, and what the page says is so, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cases import ACCUSING
from collect_helpers import edit
from field import FOREIGN
from honest import OWN, served
from running import Kept, kept, listening

from wellhead.collect.answers import load_record, settle_once
from wellhead.collect.create import new_study
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.study import Study
from wellhead.collect.words import count_words

pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]")
pytestmark = pytest.mark.browser


@pytest.fixture
def context(chromium) -> Iterator[Any]:
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def enter(context) -> Callable[..., Any]:
    """A page on which the writer has agreed and the text field waits."""

    def begin(at: str, declared: str = "") -> Any:
        page = context.new_page()
        page.goto(at)
        if declared:
            page.check(f"[value={declared}]")
        page.click("#agree")
        ready(page)
        return page

    return begin


def ready(page: Any) -> None:
    page.wait_for_selector("#task:not([hidden]) #answer:not([readonly])")
    page.focus("#answer")


def settle(page: Any) -> None:
    """What was written is on the server."""
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_function("() => document.getElementById('state').dataset.state === 'saved'")


def hand_in(page: Any) -> None:
    page.click("#submit")
    page.wait_for_selector("#done:not([hidden])", timeout=60_000)


def cut_all(page: Any) -> None:
    page.focus("#answer")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+x")


def last(host: Host) -> Kept:
    return kept(host)[-1]


def accuses_nobody(answer: Any) -> bool:
    return answer.outcome not in ACCUSING and all(f.strength == "note" for f in answer.flags)


def concluded(host: Host, study: Study) -> dict[str, Any]:
    """What the server derives from the session begun last, the declaration included."""
    sid = last(host).sid
    settle_once(host.store, sid, study, host.keys[study.id])
    record = host.store.read(lambda connection: load_record(connection, study.id, sid))
    return record.derived


def test_foreign_words_stay_foreign_through_a_reload_and_another_visit(study, clock, enter):
    """A part of them, too, and however often they were copied."""
    with served(study, clock) as (host, address):
        first = enter(address)
        first.keyboard.type("Mine. ")
        first.evaluate("(text) => navigator.clipboard.writeText(text)", FOREIGN)
        first.keyboard.press("Control+v")
        settle(first)
        first.reload()
        ready(first)
        first.evaluate("answer.setSelectionRange(20, 120)")
        first.keyboard.press("Control+c")
        page = enter(address)
        page.keyboard.press("Control+v")
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+c")
        page.reload()
        again = enter(address)
        again.keyboard.press("Control+v")
        hand_in(again)
        answer = last(host).derived()
    assert answer.text in FOREIGN
    assert answer.outcome == "pasted_outside"


def test_own_words_with_a_quotation_in_them_are_an_earlier_draft(study, clock, enter):
    """Nobody is accused of the whole for a part of it; the outcome is that it is not known."""
    with served(study, clock) as (host, address):
        first = enter(address)
        first.keyboard.type(OWN * 5)
        first.evaluate("(text) => navigator.clipboard.writeText(text)", FOREIGN[:80])
        first.keyboard.press("Control+v")
        cut_all(first)
        first.reload()
        page = enter(address)
        page.keyboard.press("Control+v")
        hand_in(page)
        answer = last(host).derived()
    assert answer.outcome == "unobservable"
    assert accuses_nobody(answer)


def expire(page: Any) -> None:
    """From now on the server knows this page's token no more; a new session gets a new one."""
    refusal = json.dumps({"error": "unauthorised", "message": "expired"})

    def refuse(route: Any) -> None:
        route.fulfill(status=401, body=refusal, content_type="application/json")

    page.route("**/api/session/*/batch", refuse)


def test_a_page_that_was_signed_out_goes_on_with_its_text(study, clock, enter):
    with served(study, clock) as (host, address):
        page = enter(address)
        page.keyboard.type(OWN * 2)
        expire(page)
        page.evaluate("dispatchEvent(new Event('pagehide'))")
        page.wait_for_selector("#elsewhere:not([hidden])")
        said = page.inner_text("#elsewhere")
        page.unroute("**/api/session/*/batch")
        page.click("#take-over")
        ready(page)
        text = page.input_value("#answer")
        page.keyboard.press("Control+End")
        page.keyboard.type("And more.")
        hand_in(page)
        answer = last(host).derived()
    assert "Your text is still here" in said
    assert text == OWN * 2
    assert answer.text.endswith("And more.")
    assert accuses_nobody(answer)


def test_where_pasting_is_blocked_own_words_can_always_be_put_back(study, clock, enter):
    with served(edit(study, paste='"block"'), clock) as (_, address):
        page = enter(address)
        page.keyboard.type("Short.")
        cut_all(page)
        settle(page)
        page.reload()
        ready(page)
        page.keyboard.press("Control+v")
        back = page.input_value("#answer")
        cut_all(page)
        page.close()
        later = enter(address)
        later.keyboard.press("Control+v")
        again = later.input_value("#answer")
        later.evaluate("(text) => navigator.clipboard.writeText(text)", FOREIGN)
        later.keyboard.press("Control+v")
        said = later.inner_text("#notice")
        kept_out = later.input_value("#answer")
    assert (back, again, kept_out) == ("Short.", "Short.", "Short.")
    assert "cannot be pasted" in said


INSERTIONS = {
    "execCommand": "(t) => document.execCommand('insertText', false, t)",
    "an event of its own": """(t) => {
        answer.setRangeText(t, answer.value.length, answer.value.length, 'end');
        answer.dispatchEvent(new InputEvent('input', { inputType: 'insertText', data: t }));
    }""",
    "a plain event": """(t) => {
        answer.value += t;
        answer.dispatchEvent(new Event('input', { bubbles: true }));
    }""",
    "no event": "(t) => { answer.value += t; }",
}


@pytest.mark.parametrize("declared", ["dictation", "assistive"])
def test_declared_technology_that_inserts_by_script_is_held_against_nobody(
    study, clock, enter, declared
):
    """By whichever of four ways; each of four people writes in a tab of their own."""
    found = {}
    with served(study, clock) as (host, address):
        for how, insert in INSERTIONS.items():
            page = enter(address, declared)
            page.evaluate(insert, OWN * 2 + how)
            if how == "no event":
                page.wait_for_function("() => /desync/.test(Object.values(localStorage))")
            hand_in(page)
            page.close()
            found[how] = concluded(host, study)
    assert {how: one["outcome"] for how, one in found.items()} == dict.fromkeys(
        INSERTIONS, "typed_with_assist"
    )
    flags = [flag for one in found.values() for flag in one["flags"]]
    assert [flag for flag in flags if flag["strength"] != "note"] == []


TEXTS = {
    "en": "Don't count me out -- it's a well-known trick, isn't it? 3.5 per cent, e.g. of 1,000.",
    "zh": "我们研究人们怎样写作。请用自己的话写一段摘要，至少五十个词。",
    "ja": "私たちは人々がどのように文章を書くかを研究しています。",
    "th": "เราศึกษาว่าผู้คนเขียนอย่างไร กรุณาเขียนด้วยคำของคุณเอง",
    "hi": "हम देखते हैं कि लोग कैसे लिखते हैं। कृपया अपने शब्दों में लिखें।",
    "ar": "ندرس كيف يكتب الناس. يُرجى الكتابة بكلماتك أنت.",
    "mixed": "😀 The 2026 报告 says: 「好」… and — so what?! \n\n\tEnd",
    "none": " … — ?! \n",
}


def test_page_and_server_count_the_same_words_in_any_script(study, clock, enter):
    with served(study, clock) as (_, address):
        page = enter(address)
        counted = page.evaluate(
            """async (texts) => {
                const { countWords } = await import("/static/words.js");
                return texts.map(countWords);
            }""",
            list(TEXTS.values()),
        )
    assert counted == [count_words(text) for text in TEXTS.values()]
    assert counted[-1] == 0
    assert counted[1] > 10


def test_a_chinese_answer_meets_a_least_number_of_words(study, clock, enter):
    with served(edit(study, min_words="12", language='"zh"'), clock) as (host, address):
        page = enter(address)
        page.keyboard.insert_text("我们研究人们。")
        page.click("#submit")
        said = page.inner_text("#notice")
        page.focus("#answer")
        page.keyboard.insert_text(TEXTS["zh"])
        hand_in(page)
        text = last(host).text
    assert "12" in said
    assert text == "我们研究人们。" + TEXTS["zh"]


def test_the_server_counts_words_too(study, clock, enter):
    with served(edit(study, min_words="5"), clock) as (host, address):
        page = enter(address)
        page.keyboard.type("Only three words")
        answer = page.evaluate(
            """async () => {
                const [sid, token] = location.hash.slice(3).split(".");
                const answer = await fetch(`/api/session/${sid}/submit`, {
                    method: "POST",
                    headers: {
                        Authorization: `Bearer ${token}`, "Content-Type": "application/json",
                    },
                    body: JSON.stringify({ v: 1, nonce: "1", text: "Only three words", seq: 0 }),
                });
                return [answer.status, (await answer.json()).error];
            }"""
        )
        text = last(host).text
    assert (answer, text) == ([422, "too_short"], None)


def test_without_room_in_the_browser_the_page_does_not_claim_that_text_is_kept(
    study, clock, context
):
    context.add_init_script(
        """Storage.prototype.setItem = () => {
            throw new DOMException("full", "QuotaExceededError");
        };"""
    )
    with served(study, clock) as (_, address):
        page = context.new_page()
        page.goto(address)
        page.click("#agree")
        ready(page)
        context.set_offline(True)
        page.keyboard.type("Nobody holds this but the page. ")
        page.evaluate("dispatchEvent(new Event('pagehide'))")
        page.wait_for_function("() => /memory/.test(state.dataset.state)", timeout=60_000)
        said = page.inner_text("#state")
        page.click("#submit")
        page.wait_for_selector("#notice:not([hidden])", timeout=60_000)
        notice = page.inner_text("#notice")
        context.set_offline(False)
    assert "keep this page open" in said
    assert "keep this page open" in notice


def test_an_answer_that_is_as_long_as_it_can_be_is_told_so(study, clock, enter):
    with served(edit(study, max_characters="60"), clock) as (_, address):
        page = enter(address)
        page.keyboard.type("Nearly there.")
        before = page.is_visible("#notice")
        page.keyboard.type(OWN * 2)
        said = page.inner_text("#notice")
        length = len(page.input_value("#answer"))
    assert not before
    assert length == 60
    assert "60 characters" in said


def test_the_paste_notice_is_in_view_above_the_field_on_a_phone(chromium, study, clock):
    context = chromium.new_context(viewport={"width": 360, "height": 640}, has_touch=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    with served(edit(study, paste='"warn"'), clock) as (_, address):
        page = context.new_page()
        page.goto(address)
        page.click("#agree")
        ready(page)
        page.evaluate("(text) => navigator.clipboard.writeText(text)", FOREIGN)
        page.keyboard.press("Control+v")
        page.wait_for_selector("#notice:not([hidden])")
        notice, field = (page.locator(name).bounding_box() for name in ("#notice", "#answer"))
    context.close()
    assert 0 <= notice["y"] <= 640 - notice["height"]
    assert notice["y"] < field["y"]


def test_on_mturk_finishing_comes_first(chromium, tmp_path, clock):
    study = new_study(tmp_path / "demo", platform="mturk")
    host = open_host([study], clock=clock, secure=False)
    context = chromium.new_context()
    with listening(host) as port:
        page = context.new_page()
        page.goto(
            f"http://127.0.0.1:{port}/s/demo?assignmentId=A1&hitId=H1&workerId=W1"
            "&turkSubmitTo=https://www.mturk.com"
        )
        page.click("#agree")
        ready(page)
        page.keyboard.type(OWN)
        hand_in(page)
        page.wait_for_selector("#recorded:not([hidden])")
        shown = page.inner_text("#done")
        finish = page.get_by_role("button", name="Finish and go back").bounding_box()["y"]
        table = page.locator("#recorded").bounding_box()["y"]
    context.close()
    host.store.close()
    assert finish < table
    assert shown.index("Finish and go back") < shown.index("What was recorded")
    assert "You can close this page" not in shown


@pytest.mark.parametrize("allowed", [True, False])
def test_a_copy_of_the_code_is_confirmed_or_handed_over(study, clock, enter, allowed):
    with served(study, clock) as (_, address):
        page = enter(address)
        page.keyboard.type(OWN)
        hand_in(page)
        if not allowed:
            page.evaluate(
                """() => {
                    navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
                    document.execCommand = () => false;
                }"""
            )
        page.click("#copy-code")
        page.wait_for_function("() => copied.textContent")
        said = page.inner_text("#copied")
        code = page.inner_text("#code")
        held = page.evaluate(
            "(allowed) => allowed ? navigator.clipboard.readText() : `${getSelection()}`", allowed
        )
    assert said == ("Copied." if allowed else "The code is selected. Please copy it by hand.")
    assert held.strip() == code


@pytest.mark.parametrize("width", [320, 1280])
def test_a_long_word_never_widens_the_page(chromium, tmp_path, clock, width):
    word = "Donaudampfschifffahrtsgesellschaft" * 12
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(json.dumps({"id": "a", "text": word}))
    study = new_study(tmp_path / "demo", tasks=tasks, title=word[:190])
    study = edit(study, contact=json.dumps(word[:300]))
    text = study.path.read_text().replace("Read the text carefully", word)
    study.path.write_text(text.replace("We study how people write", word))
    context = chromium.new_context(viewport={"width": width, "height": 720})
    with served(edit(study), clock) as (_, address):
        page = context.new_page()
        page.goto(address)
        wide = [_overflow(page)]
        page.click("#agree")
        ready(page)
        page.keyboard.insert_text(word)
        wide.append(_overflow(page))
        hand_in(page)
        page.wait_for_selector("#recorded:not([hidden])")
        wide.append(_overflow(page))
    context.close()
    assert wide == [0, 0, 0]


def _overflow(page: Any) -> int:
    return int(page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))
