"""Several recorded texts on one page, in a real Chromium and a real Firefox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cases import ACCUSING
from collect_helpers import Writer, edit
from fastapi.testclient import TestClient
from field import FOREIGN
from honest import Chromium, Hand, again, agree, hand_in, ready, served, sign_out, write
from running import kept
from test_browser_firefox_page import violations
from test_questions import HURRIED, QUESTIONS, asking, records
from test_review import PASSWORD

from wellhead.collect.answers import Record
from wellhead.collect.create import new_study
from wellhead.collect.export import export_study
from wellhead.collect.importers import read_import
from wellhead.collect.parts import texts_of
from wellhead.collect.review.accounts import add_user
from wellhead.collect.server import create_app, sessions
from wellhead.collect.store import Refused
from wellhead.collect.study import Study, load_study
from wellhead.collect.verify import verify_study

pytestmark = pytest.mark.browser

TABLES = """
[[fields]]
id = "words"
title = "Key words"
instructions = "Three words will do."
page = "plan"

[[fields]]
id = "plan"
title = "The plan"
instructions = "One sentence for each part."
page = "plan"

[[fields]]
id = "headline"
title = "A headline"
instructions = "At most ten words."
page = "answer"
"""


@pytest.fixture
def study(tmp_path: Any) -> Study:
    return asking(tmp_path / "demo", TABLES)


def into(hand: Hand, name: str) -> None:
    hand.run(f"document.querySelector('[data-text={name}]').focus()")


def go_on(hand: Hand, name: str) -> None:
    hand.run("document.getElementById('submit').click()")
    hand.wait(f"!!document.querySelector('[data-text={name}]:not([readonly])')")


def values(hand: Hand) -> dict[str, str]:
    areas = "[...document.querySelectorAll('#task textarea')]"
    found: dict[str, str] = hand.run(
        f"return Object.fromEntries({areas}.map((one) => [one.dataset.text, one.value]))"
    )
    return found


def finished(host: Any, hand: Hand) -> Record:
    """The answer; its recording fits together, derives anew, and leads to it as IDFX, too."""
    hand_in(hand)
    [record] = records(host)
    integrity = record.derived["integrity"]
    assert (integrity["chain_ok"], integrity["replay_ok"]) == (True, True), integrity
    (study,) = host.studies.values()
    found = host.store.read(lambda c: verify_study(c, study, host.keys[study.id]))
    assert [str(one) for one in found.breaks] == []
    with TemporaryDirectory() as folder:
        (log,) = export_study(host.store, study, "idfx", Path(folder))
        (read,) = read_import(log, "idfx")
    assert read.text == record.text
    stored = host.store.read(lambda c: texts_of(c, record.session))
    assert stored == record.parts  # no earlier state of the answer among them
    return record


def planned(hand: Hand, address: str) -> None:
    """The page before the answer, filled; the page with the answer, open."""
    agree(hand, address)
    into(hand, "words")
    write(hand, "sheep")
    into(hand, "plan")
    write(hand, "A b. ")
    go_on(hand, "headline")


def known(record: Record) -> dict[str, tuple[str, str]]:
    return {
        one["name"]: (record.parts[one["name"]], one["outcome"]) for one in record.derived["parts"]
    }


def test_texts_of_one_page_are_written_in_any_order_and_survive_a_reload(
    hand: Hand, study: Study, clock: Any
) -> None:
    """Back and forth between fields, a reload in the midst, own words cut here and put there."""
    with served(study, clock) as (host, address):
        agree(hand, address)
        into(hand, "words")
        write(hand, "sheep")
        into(hand, "plan")
        write(hand, "First the sea.")
        into(hand, "words")
        write(hand, ", sea")
        again(hand)
        assert values(hand) == {"words": "sheep, sea", "plan": "First the sea."}
        go_on(hand, "headline")
        into(hand, "answer")
        write(hand, "Sheep sailed. And more.")
        into(hand, "headline")
        write(hand, "Sheep at sea")
        hand.press("Control+a", "Control+x")
        write(hand, "All")
        into(hand, "answer")
        hand.press("Control+v")
        record = finished(host, hand)
    assert record.text.replace("Sheep at sea", "") == "Sheep sailed. And more."
    assert record.outcome == "typed"
    assert record.derived["origins"] == {"typed": 23, "paste_self": 12}
    assert known(record) == {
        "words": ("sheep, sea", "typed"),
        "plan": ("First the sea.", "typed"),
        "headline": ("All", "typed"),
    }
    assert not [flag for flag in record.derived["flags"] if flag["name"] != "mechanical_keys"]


@pytest.mark.parametrize("way", ["pasted", "moved", "by a script", "undone"])
def test_what_happens_in_one_text_is_said_of_that_text_only(
    hand: Hand, study: Study, clock: Any, way: str
) -> None:
    """Foreign words are foreign where they stand, whichever field they came through."""
    acts: dict[str, tuple[Callable[[Hand], None], str, str]] = {
        "pasted": (pasted, "pasted_outside", "typed"),
        "moved": (moved, "typed", "pasted_outside"),
        "by a script": (by_script, "unobservable", "typed"),
        "undone": (undone, "typed", "typed"),
    }
    act, headline, outcome = acts[way]
    with served(study, clock) as (host, address):
        planned(hand, address)
        act(hand)
        record = finished(host, hand)
    assert known(record)["headline"][1] == headline
    assert record.outcome == outcome


def pasted(hand: Hand) -> None:
    into(hand, "answer")
    write(hand, "Mine.")
    hand.clipboard(FOREIGN)
    into(hand, "headline")
    hand.press("Control+v")


def moved(hand: Hand) -> None:
    """Pasted above, cut there, put into the answer."""
    hand.clipboard(FOREIGN)
    into(hand, "headline")
    hand.press("Control+v", "Control+a", "Control+x")
    write(hand, "Mine.")
    into(hand, "answer")
    hand.press("Control+v")


def by_script(hand: Hand) -> None:
    into(hand, "answer")
    write(hand, "Mine.")
    hand.run("document.querySelector('[data-text=headline]').value = 'Put there'")


def undone(hand: Hand) -> None:
    """Undo may reach into the field before, as browsers have it."""
    into(hand, "headline")
    write(hand, "Above")
    into(hand, "answer")
    write(hand, "Mine, too.")
    hand.press("Control+z", "Control+z", "Control+Shift+z", "Control+Shift+z")
    for name in ("headline", "answer"):
        into(hand, name)
        write(hand, "!")


@pytest.mark.parametrize(
    ("refusal", "state"),
    [(Refused(413, "too_large", "full"), "paused"), (Refused(503, "busy", "no"), "offline")],
    ids=["full", "blocked"],
)
def test_texts_whose_recording_never_arrives_are_handed_in_with_the_answer(
    hand: Hand, study: Study, clock: Any, monkeypatch: Any, refusal: Refused, state: str
) -> None:
    """Of the page before and of the answer's own, after a reload as well; nothing is concluded."""
    texts = {"words": "sheep", "plan": "A b. ", "headline": "At sea"}

    def refuse(*_: Any, **__: Any) -> None:
        raise refusal

    with served(study, clock) as (host, address):
        monkeypatch.setattr(sessions, "append", refuse)
        agree(hand, address)
        for name in ("words", "plan"):
            into(hand, name)
            write(hand, texts[name])
        hand.run("dispatchEvent(new Event('pagehide'))")
        hand.wait(f"document.getElementById('state').dataset.state === '{state}'")
        hand.wait("Object.values(localStorage).join().includes('A b. ')")
        hand.reload()
        ready_again = "!!document.querySelector('[data-text=plan]:not([readonly])')"
        hand.wait(f"!document.getElementById('task').hidden && {ready_again}")
        assert values(hand) == {name: texts[name] for name in ("words", "plan")}
        go_on(hand, "headline")
        into(hand, "headline")
        write(hand, texts["headline"])
        into(hand, "answer")
        write(hand, "Alone.")
        hand_in(hand)
        [record] = records(host)
        (only,) = host.studies.values()
        breaks = host.store.read(lambda c: verify_study(c, only, host.keys[only.id])).breaks
    assert (record.text, record.parts, breaks) == ("Alone.", texts, [])
    assert {record.outcome, *(one for _, one in known(record).values())} == {"incomplete_log"}


def test_a_token_that_expires_brings_the_texts_of_every_field_into_the_new_session(
    hand: Hand, study: Study, clock: Any
) -> None:
    """Of the page before, of both fields in view, and what was written after the last batch."""
    with served(study, clock) as (host, address):
        planned(hand, address)
        into(hand, "headline")
        write(hand, "Sheep")
        into(hand, "answer")
        write(hand, "Mine.")
        sign_out(hand, for_good=False)
        hand.run("signIn(); document.getElementById('take-over').click()")
        ready(hand)
        shown = values(hand)
        into(hand, "headline")
        hand.press("End")
        write(hand, " at sea")
        record = finished(host, hand)
        sessions_open = [one for one in kept(host) if one.text is None]
    texts = {"words": "sheep", "plan": "A b. "}
    assert {name: shown[name] for name in ("headline", "answer")} == {
        "headline": "Sheep",
        "answer": "Mine. ",
    }
    assert (record.text, record.parts) == ("Mine. ", {**texts, "headline": "Sheep at sea"})
    assert len(sessions_open) == 1
    outcomes = {record.outcome, *(one for _, one in known(record).values())}
    assert not outcomes.intersection(ACCUSING)
    assert all(flag["strength"] == "note" for flag in record.derived["flags"])


def test_a_refused_batch_costs_no_text_and_no_letter(
    hand: Hand, study: Study, clock: Any, monkeypatch: Any
) -> None:
    """Nor a letter that is written, there or in the next field, while the page asks the server."""
    refusals = [Refused(409, "conflict", "no")]
    append = sessions.append

    def refuse_once(*given: Any, **named: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return append(*given, **named)

    with served(study, clock) as (host, address):
        agree(hand, address)
        monkeypatch.setattr(sessions, "append", refuse_once)
        hand.run(
            """const real = fetch;
            window.fetch = async (url, about) => {
                if (about.method === "GET") await new Promise((on) => setTimeout(on, 500));
                if (about.method === "GET") window.asked = true;
                return real(url, about);
            };"""
        )
        into(hand, "words")
        write(hand, "she")
        hand.run("dispatchEvent(new Event('pagehide'))")
        write(hand, "ep")
        into(hand, "plan")
        write(hand, "A b")
        hand.wait("window.asked && document.getElementById('state').dataset.state === 'saved'")
        write(hand, ". ")
        go_on(hand, "headline")
        into(hand, "headline")
        write(hand, "Sheep")
        into(hand, "answer")
        write(hand, "Mine.")
        hand_in(hand)
        [record] = records(host)
    texts = {"words": "sheep", "plan": "A b. ", "headline": "Sheep"}
    assert (refusals, record.text, record.parts) == ([], "Mine.", texts)
    assert not {one for _, one in known(record).values()}.intersection(ACCUSING)


def test_own_words_dragged_into_another_text_stay_ones_own(
    chromium: Any, study: Study, clock: Any
) -> None:
    """By the mouse, out of the headline into the answer."""
    context = chromium.new_context(viewport={"width": 900, "height": 900})
    hand = Chromium(context)
    with served(study, clock) as (host, address):
        planned(hand, address)
        into(hand, "answer")
        write(hand, "Mine ")
        into(hand, "headline")
        write(hand, "harbour sheep")
        hand.press("Home", "Control+Shift+ArrowRight")
        page = context.pages[-1]
        above, below = (page.locator(f"[data-text={one}]") for one in ("headline", "answer"))
        below.scroll_into_view_if_needed()
        start, end = above.bounding_box(), below.bounding_box()
        page.mouse.move(start["x"] + 25, start["y"] + 24)
        page.mouse.down()
        page.mouse.move(start["x"] + 60, start["y"] + 24, steps=5)
        page.mouse.move(end["x"] + 300, end["y"] + 24, steps=10)
        page.mouse.up()
        record = finished(host, hand)
    context.close()
    assert (record.text.strip(), record.outcome) == ("Mine harbour", "typed")
    text, concluded = known(record)["headline"]
    assert (text.strip(), concluded) == ("sheep", "typed")
    assert record.derived["origins"].keys() == {"typed"}


@pytest.mark.parametrize("width", [360, 1200])
def test_a_page_of_several_texts_fits_and_has_no_violation(
    chromium: Any, study: Study, clock: Any, tmp_path: Any, width: int
) -> None:
    """Each field has its label, what is asked and its count; a short one is pointed at, one that is
    optional says so and may stay empty."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs test extra")
    context = chromium.new_context(viewport={"width": width, "height": 900})
    told = study.path.read_text().replace('page = "plan"', 'page = "plan"\nmin_words = 2', 1)
    told = told.replace('page = "answer"\n', 'page = "answer"\noptional = true\nmin_words = 2\n')
    study.path.write_text(told)
    with served(load_study(study.path), clock) as (host, address):
        hand = Chromium(context)
        agree(hand, address)
        page = context.pages[-1]
        page.get_by_label("Key words").fill("sheep")
        page.get_by_label("The plan").fill("Begin.")
        page.click("#submit")
        said = page.inner_text("#notice")
        focused = page.evaluate("document.activeElement.dataset.text")
        found = [axe.Axe().run(page).violations_count]
        page.screenshot(path=str(tmp_path / "plan.png"), full_page=True)
        page.get_by_label("Key words").fill("sheep, sea")
        page.click("#submit")
        headline = page.get_by_label("A headline (optional)")
        required = [
            page.get_attribute(f"[data-text={name}]", "aria-required")
            for name in ("headline", "answer")
        ]
        counts = [page.inner_text("#text-headline-count")]
        headline.fill("Sheep")
        counts.append(page.inner_text("#text-headline-count"))
        page.get_by_label("Your answer").fill("The answer.")
        page.click("#submit")
        begun = page.evaluate("document.activeElement.dataset.text")
        headline.fill("")
        found.append(axe.Axe().run(page).violations_count)
        page.screenshot(path=str(tmp_path / "answer.png"), full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        hand_in(hand)
        [record] = records(host)
    context.close()
    assert (said, focused) == ("Please write at least 2 words; so far there are 1.", "words")
    assert counts == ["Words: 0", "Words: 1 of at least 2"]
    assert (required, begun) == (["false", "true"], "headline")
    assert (found, wide) == ([0, 0], 0)
    assert record.parts == {"words": "sheep, sea", "plan": "Begin.", "headline": ""}


def test_questions_are_answered_by_keyboard_and_have_no_violation(
    hand: Hand, tmp_path: Any, clock: Any
) -> None:
    """Before and after the text: an open one is pointed at, and what was chosen arrives."""
    asked = QUESTIONS.replace("required = false", "required = true")
    study = asking(tmp_path / "demo", asked + HURRIED)
    found = {}
    with served(study, clock) as (host, address):
        hand.visit(address)
        hand.run("document.getElementById('agree').click()")
        hand.wait("!document.getElementById('questions').hidden")
        hand.run("document.getElementById('questions-go').click()")
        focused = hand.run("return document.activeElement.id")
        found["before"] = violations(hand)
        write(hand, "41")
        hand.run("document.getElementById('questions-go').click()")
        ready(hand)
        told = hand.run("return instructions.innerText")
        write(hand, "The answer.")
        hand.run("document.getElementById('submit').click()")
        hand.wait("!document.getElementById('questions').hidden")
        hand.run("document.querySelector('[name=q-help]').focus()")
        hand.press(" ", "Tab", " ", "ArrowRight", "ArrowRight")
        found["after"] = violations(hand)
        hand.run("document.getElementById('questions-go').click()")
        hand.wait("!document.getElementById('done').hidden")
        [record] = records(host)
        host.store.write(lambda c: add_user(c, "ann", PASSWORD, "demo", "owner", now_ms=0))
        review = address.replace("/s/demo", "/review")
        hand.visit(f"{review}/login")
        hand.run(
            "document.getElementById('name').value = 'ann';"
            f"document.getElementById('password').value = '{PASSWORD}';"
            "document.querySelector('main button').click()"
        )
        hand.wait("!!document.querySelector('main a')")
        for path in ("", "/answers?condition=hurried", f"/a/{record.session}"):
            hand.visit(f"{review}/s/demo{path}")
            found[path] = violations(hand)
    assert not any(found.values()), found
    assert (focused, told) == ("q-age", "Be quick.")
    assert record.responses == {"age": "41", "help": "nothing", "effort": "3"}
    assert (record.text, record.outcome, record.condition) == ("The answer.", "typed", "hurried")


def test_whoever_finds_no_place_sees_the_way_back(hand: Hand, tmp_path: Any, clock: Any) -> None:
    """The words, the code, and nothing that says that an answer was saved."""
    study = new_study(tmp_path / "demo")
    with served(edit(study, answers_per_task="1", full_code='"FULL"'), clock) as (host, address):
        client = TestClient(create_app(host))
        for _ in study.tasks:
            Writer(client).write("An answer.")
        hand.visit(address)
        hand.run("document.getElementById('agree').click()")
        hand.wait("!document.getElementById('done').hidden")
        said = hand.run("return document.getElementById('done').innerText")
        found = violations(hand)
    assert "This study has all the answers it needs" in said
    assert "FULL" in said
    assert "saved" not in said
    assert found == []
