"""The writer's and the researcher's pages in a real Firefox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from collect_helpers import edit
from field import FOREIGN
from honest import OWN, Hand, agree, hand_in, served, write
from running import kept
from test_browser_fairness import TEXTS
from tests.firefox import Firefox

from wellhead.collect.create import new_study
from wellhead.collect.review.accounts import add_user
from wellhead.collect.words import count_words, enough_words

pytestmark = pytest.mark.browser

OVERFLOW = "const root = document.documentElement; return root.scrollWidth - root.clientWidth"


def violations(hand: Hand) -> Any:
    """What axe-core finds on the page in front."""
    axe = pytest.importorskip("axe_playwright_python", reason="needs wellhead[test]")
    hand.run((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    hand.run("window.found = null; axe.run().then((all) => (window.found = all.violations))")
    hand.wait("window.found !== null")
    return hand.run("return window.found.map((one) => [one.id, one.nodes.map((n) => n.html)])")


def insert(fox: Firefox, text: str) -> None:
    fox.run(f"document.execCommand('insertText', false, {json.dumps(text)})")


def test_firefox_counts_the_words_that_the_server_counts(fox, study, clock):
    with served(edit(study, min_words="12", language='"zh"'), clock) as (host, address):
        agree(fox, address)
        fox.run(
            "import('/static/words.js').then(({ countWords }) => "
            f"(window.counted = {json.dumps(list(TEXTS.values()))}.map(countWords)))"
        )
        fox.wait("window.counted")
        counted = fox.run("return window.counted")
        insert(fox, "我们研究人们。")
        fox.run("document.getElementById('submit').click()")
        said = fox.run("return notice.innerText")
        fox.run("answer.focus()")
        insert(fox, TEXTS["zh"])
        hand_in(fox)
        (session,) = kept(host)
    for name, text, words in zip(TEXTS, TEXTS.values(), counted, strict=True):
        if name in ("ja", "th"):  # Firefox divides these by a model of its own
            assert enough_words(text, words)
        else:
            assert words == count_words(text)
    assert "12" in said
    assert session.text == "我们研究人们。" + TEXTS["zh"]


def test_what_the_page_says_in_firefox_is_so(fox, study, clock):
    """A full field, a paste above the field and in view, a full storage, a copied code."""
    settings = {"max_characters": "60", "paste": '"warn"'}
    with served(edit(study, **settings), clock) as (_, address):
        agree(fox, address)
        fox.resize(360, 640)
        write(fox, OWN + OWN)
        full = fox.run("return [notice.innerText, answer.value.length]")
        fox.press("Control+a", "Backspace")
        fox.clipboard(FOREIGN[:40])
        fox.run("answer.focus()")
        fox.press("Control+v")
        box = "const box = (e) => e.getBoundingClientRect();"
        places = fox.run(f"{box} return [box(notice).top, box(notice).bottom, box(answer).top]")
        warned = fox.run("return notice.innerText")
        wide = fox.run(OVERFLOW)
        fox.run(
            "Storage.prototype.setItem = () => { throw new DOMException('full'); };"
            "window.real = fetch; window.fetch = () => Promise.reject(new TypeError('offline'))"
        )
        write(fox, "a")
        fox.run("dispatchEvent(new Event('pagehide'))")
        fox.wait("/memory/.test(document.getElementById('state').dataset.state)")
        kept_where = fox.run("return document.getElementById('state').innerText")
        fox.run("window.fetch = window.real; dispatchEvent(new Event('online'))")
        hand_in(fox)
        fox.run("document.getElementById('copy-code').click()")
        fox.wait("copied.textContent")
        copied = fox.run("return copied.textContent")
        fox.resize(None, None)
    assert "60 characters" in full[0]
    assert full[1] == 60
    assert "noted as pasted" in warned
    assert 0 <= places[0] < places[1] <= 640
    assert places[1] <= places[2]
    assert wide == 0
    assert "keep this page open" in kept_where
    assert copied in ("Copied.", "The code is selected. Please copy it by hand.")


def test_in_firefox_origins_have_signs_and_no_page_has_a_violation(fox, study, clock):
    with served(study, clock) as (host, address):
        host.store.write(
            lambda c: add_user(c, "ann", "correct horse battery", "demo", "owner", now_ms=0)
        )
        fox.visit(address)
        found = {"consent": violations(fox)}
        agree(fox, address)
        write(fox, OWN)
        fox.clipboard(FOREIGN)
        fox.run("answer.focus()")
        fox.press("Control+v")
        found["task"] = violations(fox)
        hand_in(fox)
        found["done"] = violations(fox)
        site = address.removesuffix("/s/demo")
        fox.visit(f"{site}/review/login")
        send(fox, name="ann", password="correct horse battery")
        fox.wait("!!document.querySelector('main a')")
        sid = next(one.sid for one in kept(host) if one.text)
        fox.goto(f"{site}/review/s/demo/a/{sid}")
        found["answer"] = violations(fox)
        heard = fox.run("return document.querySelector('.answer').textContent")
        signs = fox.run("return [...document.querySelectorAll('.legend li')].map(e => e.innerText)")
    assert found == {name: [] for name in ("consent", "task", "done", "answer")}
    assert f"[paste outside: {FOREIGN}]" in heard
    assert any(sign.startswith("P") for sign in signs)


def send(fox: Firefox, **fields: str) -> None:
    """Fill the form of a researcher's page and press its button."""
    for name, value in fields.items():
        fox.run(f"document.querySelector('main [name={name}]').value = {json.dumps(value)}")
    fox.run("document.querySelector('main form button').click()")


def headed(fox: Firefox, words: str) -> Any:
    """The violations of a page, once its heading says so."""
    heading = "[...document.querySelectorAll('h1')].find((one) => one.offsetParent)?.innerText"
    fox.wait(f"({heading} ?? '').includes({json.dumps(words)})")
    return violations(fox)


def test_in_firefox_no_page_that_something_went_wrong_on_has_a_violation(fox, study, clock):
    """Declined, offline, open in another tab, sign-in or password refused, nothing there."""
    wrong = "document.querySelector('main [role=alert]')?.innerText"
    found = {}
    with served(study, clock) as (host, address):
        host.store.write(
            lambda c: add_user(c, "ann", "correct horse battery", "demo", "owner", now_ms=0)
        )
        fox.visit(address)
        fox.wait("!document.getElementById('agree').disabled")
        fox.run("document.getElementById('decline').click()")
        fox.wait("!document.getElementById('declined').hidden")
        found["declined"] = violations(fox)
        fox.visit(address)
        fox.wait("!document.getElementById('agree').disabled")
        fox.run("window.fetch = () => Promise.reject(new TypeError('offline'))")
        fox.run("document.getElementById('agree').click()")
        fox.wait("!document.getElementById('problem').hidden")
        found["offline"] = violations(fox)
        agree(fox, address)
        fox.visit(fox.run("return location.href"))
        fox.wait("!document.getElementById('elsewhere').hidden")
        found["open elsewhere"] = violations(fox)
        site = address.removesuffix("/s/demo")
        fox.visit(f"{site}/review/login")
        send(fox, name="ann", password="wrong")
        fox.wait(wrong)
        found["not signed in"] = violations(fox)
        send(fox, name="ann", password="correct horse battery")
        fox.wait("!!document.querySelector('main a')")
        fox.goto(f"{site}/review/password")
        found["password"] = violations(fox)
        send(fox, old="wrong", new="another horse battery", again="another horse battery")
        fox.wait(wrong)
        found["password refused"] = violations(fox)
        for missing in ("/review/s/nothing", "/s/nothing", "/nowhere"):
            fox.goto(f"{site}{missing}")
            found[missing] = headed(fox, "Not found")
    assert not any(found.values()), found


def test_in_firefox_neither_a_platforms_preview_nor_its_refusal_has_a_violation(
    fox, tmp_path, clock
):
    study = new_study(tmp_path / "crowd", platform="mturk")
    with served(study, clock) as (_, address):
        address = address.replace("/demo", "/crowd")
        fox.visit(f"{address}?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H1")
        fox.wait("!!document.getElementById('preview')")
        found = {"preview": violations(fox)}
        fox.visit(f"{address}?assignmentId=no+identifier&hitId=H1")
        found["refused"] = headed(fox, "No entry")
    assert found == {"preview": [], "refused": []}


def test_in_firefox_arabic_runs_from_right_to_left_and_says_so(fox, study, clock):
    with served(edit(study, language='"ar"'), clock) as (_, address):
        fox.visit(address)
        root = fox.run("return [document.documentElement.lang, document.documentElement.dir]")
        fox.run("document.getElementById('agree').click()")
        fox.wait("!document.getElementById('task').hidden")
        wide = fox.run(OVERFLOW)
    assert (root, wide) == (["ar", "rtl"], 0)
