"""What happens to writers on the real task page between visits, the same in every browser.

A `Hand` is a browser in somebody's hands. Each case is one person's way through a study; what the
server then concludes is a line of docs/collect-what-is-recorded.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import pytest
from collect_helpers import Clock, edit
from field import FOREIGN
from running import kept, listening
from sqlalchemy import select

from wellhead.collect.derive.answer import Answer, derive
from wellhead.collect.schema import Event
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.shown import shown_text
from wellhead.collect.store.models import Session
from wellhead.collect.store.opening import facts_of
from wellhead.collect.study import Study

OWN = "These are words of my own about the ferry. "


class Hand(Protocol):
    """What a person does with a browser."""

    def visit(self, address: str) -> None:
        """Open the address in a tab of its own."""

    def reload(self) -> None: ...
    def run(self, script: str) -> Any: ...
    def wait(self, condition: str) -> None: ...
    def press(self, *combinations: str) -> None: ...
    def clipboard(self, text: str) -> None:
        """Copy a text in another program."""

    def back(self) -> None:
        """Return to the tab before this one."""

    def kill_tab(self) -> None:
        """The process behind the tab in front ends without a word; the browser runs on."""


class Chromium:
    """A context of Chromium as a hand: its tabs, the last one in front."""

    def __init__(self, context: Any) -> None:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self._context, self._tabs = context, []

    def visit(self, address: str) -> None:
        self._tabs.append(self._context.new_page())
        self._tabs[-1].goto(address)

    def back(self) -> None:
        self._tabs.pop().close()
        self._tabs[-1].bring_to_front()

    def kill_tab(self) -> None:
        page = self._tabs.pop()
        self._context.new_cdp_session(page).on("Inspector.targetCrashed", lambda _: None)
        page.on("crash", lambda _: None)
        with pytest.raises(Exception, match="crash"):
            page.goto("chrome://crash")

    def reload(self) -> None:
        self._tabs[-1].reload()

    def run(self, script: str) -> Any:
        return self._tabs[-1].evaluate(f"() => {{ {script} }}")

    def wait(self, condition: str) -> None:
        self._tabs[-1].wait_for_function(f"() => {condition}", timeout=60_000)

    def press(self, *combinations: str) -> None:
        for combination in combinations:
            self._tabs[-1].keyboard.press("Space" if combination == " " else combination)

    def clipboard(self, text: str) -> None:
        self._tabs[-1].evaluate("(text) => navigator.clipboard.writeText(text)", text)


def agree(hand: Hand, address: str, declared: str = "") -> None:
    hand.visit(address)
    hand.wait("!document.getElementById('agree').disabled")
    if declared:
        hand.run(f"document.querySelector('[value={declared}]').click()")
    hand.run("document.getElementById('agree').click()")
    ready(hand)


def ready(hand: Hand) -> None:
    hand.wait("!document.getElementById('task').hidden && !answer.readOnly")
    hand.run("answer.focus()")


def write(hand: Hand, text: str) -> None:
    hand.press(*text)


def settled(hand: Hand) -> None:
    """What was written is in the browser's storage or on the server."""
    hand.run("dispatchEvent(new Event('pagehide'))")
    hand.wait("document.getElementById('state').dataset.state === 'saved'")


def again(hand: Hand) -> None:
    settled(hand)
    hand.reload()
    ready(hand)


def hand_in(hand: Hand) -> None:
    hand.run("document.getElementById('submit').click()")
    hand.wait("!document.getElementById('done').hidden")


def sign_out(hand: Hand, *, for_good: bool) -> None:
    """From now on the server knows this page's token no more."""
    refused = {"error": "entry", "message": "This page was open for too long."}
    hand.run(
        f"""const real = window.fetch;
        window.fetch = (url, about) => {{
            const refuse = (status, body) => Promise.resolve(new Response(body, {{ status }}));
            if (/batch$/.test(url)) return refuse(401, '{{"error": "unauthorised"}}');
            if ({json.dumps(for_good)} && /session$/.test(url))
                return refuse(403, {json.dumps(json.dumps(refused))!s});
            return real(url, about);
        }};
        window.signIn = () => (window.fetch = real);"""
    )
    write(hand, " ")
    hand.run("dispatchEvent(new Event('pagehide'))")
    hand.wait("!document.getElementById('elsewhere').hidden")


def put_back_after_a_reload(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    hand.press("Control+a", "Control+x")
    again(hand)
    hand.press("Control+v")


def copied_in_a_tab_that_reads(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    settled(hand)
    hand.visit(hand.run("return location.href"))
    hand.wait("!document.getElementById('elsewhere').hidden && answer.value.length > 20")
    hand.run("answer.focus()")
    hand.press("Control+a", "Control+c")
    hand.back()
    hand.run("answer.focus()")
    hand.press("Control+a", "Backspace", "Control+v")


def from_an_earlier_visit(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    hand.press("Control+a", "Control+x")
    settled(hand)
    agree(hand, address)
    hand.press("Control+v")


def offline_and_loaded_anew(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    hand.run(
        "window.fetch = () => Promise.reject(new TypeError('offline'));"
        "dispatchEvent(new Event('offline'))"
    )
    write(hand, "Written without a network.")
    hand.run("dispatchEvent(new Event('pagehide'))")
    hand.wait("document.getElementById('state').dataset.state === 'offline'")
    hand.reload()
    ready(hand)


def goes_on_in_a_second_tab(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    settled(hand)
    hand.visit(hand.run("return location.href"))
    hand.wait("!document.getElementById('elsewhere').hidden")
    hand.run("document.getElementById('take-over').click()")
    ready(hand)
    write(hand, "And on.")


def a_batch_is_refused(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    settled(hand)
    hand.run(
        """const real = window.fetch;
        window.fetch = (url, about) => {
            if (!/batch$/.test(url)) return real(url, about);
            window.fetch = real;
            const body = '{"error": "conflict", "message": "x"}';
            return Promise.resolve(new Response(body, { status: 409 }));
        };"""
    )
    write(hand, "And ")
    settled(hand)
    write(hand, "on.")


def goes_on_when_signed_out(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    sign_out(hand, for_good=False)
    hand.run("signIn(); document.getElementById('take-over').click()")
    ready(hand)


def as_the_expired_page_says(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, OWN)
    sign_out(hand, for_good=True)
    hand.run("document.getElementById('take-over').click()")
    hand.wait("elsewhere.innerText.includes('Copy your text')")
    hand.run("answer.focus()")
    hand.press("Control+a", "Control+c")
    agree(hand, address)
    hand.press("Control+v")


def put_back_where_pasting_is_blocked(hand: Hand, address: str) -> None:
    put_back_after_a_reload(hand, address)
    hand.clipboard(FOREIGN)
    hand.run("answer.focus()")
    hand.press("Control+v")


def instructions_through_another_program(hand: Hand, address: str) -> None:
    agree(hand, address)
    text = hand.run("return instructions.innerText")
    hand.run("answer.blur(); getSelection().selectAllChildren(instructions)")
    hand.press("Control+c")
    hand.clipboard(text[:90])
    hand.run("answer.focus()")
    hand.press("Control+v")
    write(hand, OWN)


def declared_by_script(hand: Hand, address: str) -> None:
    agree(hand, address, "dictation")
    hand.run(f"document.execCommand('insertText', false, {json.dumps(OWN)})")
    hand.run(
        f"""answer.value += {json.dumps(OWN)};
        answer.dispatchEvent(new Event('input', {{ bubbles: true }}))"""
    )


def foreign_through_another_visit(hand: Hand, address: str) -> None:
    agree(hand, address)
    write(hand, "Mine. ")
    hand.clipboard(FOREIGN)
    hand.run("answer.focus()")
    hand.press("Control+v")
    again(hand)
    hand.run("answer.setSelectionRange(20, 120)")
    hand.press("Control+c")
    agree(hand, address)
    hand.press("Control+v")


class Case(NamedTuple):
    """One person's way through a study, and what may be concluded from it."""

    name: str
    honest: bool
    act: Callable[[Hand, str], None]
    outcome: str
    paste: str = '"allow"'


CASES = (
    Case("own words cut, the page loaded anew, put back", True, put_back_after_a_reload, "typed"),
    Case(
        "own words copied in a tab that only reads", True, copied_in_a_tab_that_reads,
        "unobservable",
    ),
    Case("written without a network, the page loaded anew", True, offline_and_loaded_anew, "typed"),
    Case("on in a second tab", True, goes_on_in_a_second_tab, "typed"),
    Case("a batch refused, then on", True, a_batch_is_refused, "incomplete_log"),
    Case("own words from an earlier visit", True, from_an_earlier_visit, "unobservable"),
    Case("signed out, then on with the same text", True, goes_on_when_signed_out, "unobservable"),
    Case(
        "signed out for good: copied, the link opened anew, pasted", True,
        as_the_expired_page_says, "unobservable",
    ),
    Case(
        "pasting is blocked: own words put back, others refused", True,
        put_back_where_pasting_is_blocked, "typed", '"block"',
    ),
    Case(
        "instructions, part of them through another program", True,
        instructions_through_another_program, "quotes_task",
    ),
    Case(
        "declared dictation that inserts by script", True, declared_by_script,
        "typed_with_assist",
    ),
    Case(
        "foreign words, the page loaded anew, copied into another visit", False,
        foreign_through_another_visit, "pasted_outside",
    ),
)  # fmt: skip


@contextmanager
def served(study: Study, clock: Clock) -> Iterator[tuple[Host, str]]:
    clock.run()  # a browser's time passes
    host = open_host([study], clock=clock, secure=False)
    with listening(host) as port:
        yield host, f"http://127.0.0.1:{port}/s/demo"
    host.store.close()


def carried_out(case: Case, hand: Hand, study: Study, clock: Clock) -> tuple[list[Event], Answer]:
    """The events of the session that was handed in, and what the server concludes."""
    study = edit(study, paste=case.paste)
    with served(study, clock) as (host, address):
        case.act(hand, address)
        hand_in(hand)
        (session,) = [one for one in kept(host) if one.text is not None]
        query = select(Session.opening).where(Session.id == session.sid)
        facts = facts_of(host.store.read(lambda c: c.execute(query).scalar_one()))
        answer = derive(
            session.batches,
            session.text or "",
            declared=facts["declared"],
            key=host.keys[study.id].pastes,
            shown=shown_text(study, facts, ""),
        )
    return [event for stored in session.batches for event in stored.body.read()], answer
