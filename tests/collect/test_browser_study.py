"""The worked study of the docs with people at a real browser, between two stand-in platforms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from collect_helpers import Clock
from field import FOREIGN
from running import listening
from study_page import blocks

pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]")
pytestmark = pytest.mark.browser

PLATFORMS = ("https://app.prolific.com/**", "https://www.mturk.com/**")
Returns = list[dict[str, str]]


def ticking() -> Clock:
    """A browser's time passes."""
    clock = Clock()
    clock.run()
    return clock


@pytest.fixture
def returns() -> Returns:
    """With what each person came back to the platform."""
    return []


@contextmanager
def browser(chromium: Any, returns: Returns) -> Iterator[Any]:
    """A person's own browser, in which the platforms are stand-ins that note who comes back."""
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def platform(route: Any) -> None:
        address = urlsplit(route.request.url)
        given = {**dict(parse_qsl(address.query)), **dict(parse_qsl(route.request.post_data or ""))}
        returns.append({"path": address.path, **given})
        route.fulfill(body="<h1>Welcome back</h1>", content_type="text/html")

    for address in PLATFORMS:
        context.route(address, platform)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tmp_path: Path, chromium: Any, returns: Returns) -> Iterator[dict[str, Any]]:
    """What the docs define, with people at a browser in place of simulated ones."""
    names: dict[str, Any] = {"FOLDER": tmp_path, "__name__": "page"}
    for block in blocks()[:-1]:
        exec(block, names)
    servers: dict[str, str] = {}
    with ExitStack() as running:

        def take_part(client: Any, _: Any, study: Any, address: str, number: int) -> Any:
            if study.id not in servers:
                port = running.enter_context(listening(client.app.state.host))
                servers[study.id] = f"http://127.0.0.1:{port}/s/{study.id}"
            with browser(chromium, returns) as tab:
                tab.goto(servers[study.id] + address.format(number))
                return visit(tab, pasting=number % 4 == 3)

        names |= {"take_part": take_part, "Clock": ticking}
        yield names


def visit(tab: Any, *, pasting: bool) -> Any:
    """All three pages and the way back; the code, or why nobody was let in."""
    tab.click("#agree")
    tab.wait_for_selector("#task:not([hidden]), #problem:not([hidden])")
    if tab.is_visible("#problem"):
        return tab.inner_text("#problem-text")
    first = tab.inner_text("#instructions")
    tab.locator("#answer:not([readonly])").press_sequentially("sheep, sea")
    tab.click("#submit")
    tab.wait_for_function("(before) => instructions.innerText !== before", arg=first)
    if pasting:
        tab.evaluate("(text) => navigator.clipboard.writeText(text)", FOREIGN)
        tab.press("#answer", "Control+v")
    else:
        tab.locator("#answer").press_sequentially("The sheep went to sea.")
    tab.click("#submit")
    tab.check("[name='q-effort'][value='3']")
    tab.check("[value='nothing']")
    tab.click("#questions-go")
    tab.wait_for_selector("#done:not([hidden])")
    code = tab.text_content("#code")
    tab.click("#go-on:not([hidden]), #hand-over:not([hidden]) button")
    tab.get_by_role("heading", name="Welcome back").wait_for()
    return {"code": code}


def codes(told: dict[str, Any]) -> list[str]:
    return [one["code"] for one in told.values() if isinstance(one, dict)]


def test_a_study_of_three_pages_ends_where_its_people_came_from(
    page: dict[str, Any], returns: Returns, tmp_path: Path
) -> None:
    """Six fill the quota and go back with the code, two and a second visit are turned away; the
    platform's ids and codes join with the export, and pay is due."""
    told, rows, lists = page["run"](tmp_path, "prolific", page["PROLIFIC"])
    assert returns == [{"path": "/submissions/complete", "cc": code} for code in codes(told)]
    lines = list(page["table"](told, rows))
    assert [line[0] for line in lines] == [f"p{number}" for number in range(6)]
    assert set(Counter(line[1:3] for line in lines).values()) == {1}
    assert [line[3] for line in lines] == ["typed"] * 3 + ["pasted_outside"] + ["typed"] * 2
    assert {line[4:] for line in lines} == {(True, "3")}
    assert told["p6"] == told["p7"] == "This study has all the answers it needs. Thank you."
    assert told["again"] == "You have taken part already. Thank you."
    assert lists


def test_workers_of_mechanical_turk_hand_in_their_assignment_with_the_code(
    page: dict[str, Any], returns: Returns, tmp_path: Path
) -> None:
    """Each the one they came for; ids and codes join with the export."""
    told, rows, lists = page["run"](tmp_path, "mturk", page["MTURK"], 2)
    assert {one["path"] for one in returns} == {"/mturk/externalSubmit"}
    assignments = [(one["assignmentId"], one["code"]) for one in returns]
    assert assignments == [(f"visit-{n}", code) for n, code in enumerate(codes(told))]
    assert [line[0] for line in page["table"](told, rows)] == ["p0", "p1"]
    assert told["again"] == "You have taken part already. Thank you."
    assert lists
