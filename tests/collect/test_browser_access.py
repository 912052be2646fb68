"""Pages for everybody: axe-core finds no violation; no origin rests on colour or mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collect_helpers import edit
from field import FOREIGN
from running import kept, listening

from wellhead.collect.create import new_study
from wellhead.collect.review.accounts import add_user
from wellhead.collect.server.host import open_host
from wellhead.collect.translation import languages, translation

pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs wellhead[test]")
pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
OWN = "These are words of my own about the ferry. "


@pytest.fixture
def site(tmp_path: Path, clock: Any) -> Iterator[tuple[Any, str]]:
    """A server with a study, a researcher, and its address."""
    study = edit(new_study(tmp_path / "demo", title="A test study"), paste='"warn"')
    host = open_host([study], clock=clock, secure=False)
    host.store.write(lambda c: add_user(c, "ann", PASSWORD, "demo", "owner", now_ms=0))
    with listening(host) as port:
        yield host, f"http://127.0.0.1:{port}"
    host.store.close()


def sound(page: Any) -> None:
    """No violation of any rule of axe-core on what the page shows now, in light and in dark."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page)
        assert found.violations_count == 0, (scheme, found.generate_report())


def answer(page: Any, address: str) -> None:
    """An answer that is partly typed, partly pasted, partly put there by a program."""
    page.goto(address)
    page.click("#agree")
    page.wait_for_selector("#answer:not([readonly])")
    page.focus("#answer")
    page.keyboard.type(OWN * 2)
    page.evaluate("(text) => navigator.clipboard.writeText(text)", FOREIGN)
    page.keyboard.press("Control+v")
    page.evaluate("document.execCommand('insertText', false, 'Put there by a program. ')")


def test_no_page_of_the_writer_has_a_violation(chromium, site):
    _, address = site
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/s/demo")
    sound(page)
    answer(page, f"{address}/s/demo")
    page.wait_for_selector("#notice:not([hidden])")
    sound(page)
    second = context.new_page()
    second.goto(page.url)
    second.reload()
    second.wait_for_selector("#elsewhere:not([hidden])")
    sound(second)
    page.click("#submit")
    page.wait_for_selector("#recorded:not([hidden])", timeout=60_000)
    sound(page)
    declined = context.new_page()
    declined.goto(f"{address}/s/demo")
    declined.click("#decline")
    sound(declined)
    lost = context.new_page()
    lost.route("**/api/session", lambda route: route.abort())
    lost.goto(f"{address}/s/demo")
    lost.click("#agree")
    lost.wait_for_selector("#problem:not([hidden])")
    sound(lost)
    context.close()


def test_the_preview_of_a_platform_has_no_violation(chromium, tmp_path, clock):
    study = new_study(tmp_path / "demo", platform="mturk")
    host = open_host([study], clock=clock, secure=False)
    context = chromium.new_context()
    with listening(host) as port:
        page = context.new_page()
        page.goto(
            f"http://127.0.0.1:{port}/s/demo?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H1"
        )
        page.wait_for_selector("#preview")
        sound(page)
    context.close()
    host.store.close()


def sign_in(page: Any, address: str) -> None:
    page.goto(f"{address}/review")
    page.fill("#name", "ann")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("main a")


def test_no_page_of_the_researcher_has_a_violation(chromium, site):
    host, address = site
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    writer = context.new_page()
    answer(writer, f"{address}/s/demo")
    writer.click("#submit")
    writer.wait_for_selector("#done:not([hidden])", timeout=60_000)
    page = context.new_page()
    page.goto(f"{address}/review")
    sound(page)
    page.fill("#name", "ann")
    page.fill("#password", "wrong")
    page.click("main button")
    sound(page)
    sign_in(page, address)
    sid = kept(host)[0].sid
    narrowed = "/s/demo/answers?outcome=scripted&find=nothing"
    for path in ("", "/s/demo", "/s/demo/answers", narrowed, f"/s/demo/a/{sid}", "/password"):
        page.goto(f"{address}/review{path}")
        sound(page)
    page.fill("[name=old]", "wrong")
    for name in ("new", "again"):
        page.fill(f"[name={name}]", "another horse battery")
    page.click("main button:not(.plain)")
    sound(page)
    for missing in ("/review/s/nothing", "/s/nothing", "/nowhere"):
        page.goto(f"{address}{missing}")
        sound(page)
        page.emulate_media(color_scheme="dark")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(23, 25, 27)"
        back = page.get_by_role("link", name="To the studies").count()
        assert back == missing.startswith("/review")
    context.close()


def test_origins_are_told_by_signs_and_words_and_reached_by_keyboard(chromium, site):
    host, address = site
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    writer = context.new_page()
    answer(writer, f"{address}/s/demo")
    writer.click("#submit")
    writer.wait_for_selector("#done:not([hidden])", timeout=60_000)
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/review/s/demo/a/{kept(host)[0].sid}")
    heard = page.get_by_role("region", name="The answer, with the origin of its parts")
    text = heard.text_content()
    assert f"[paste outside: {FOREIGN}]" in text
    assert "[scripted: Put there by a program. ]" in text
    legend = page.locator(".legend li")
    signs = [each.split()[0] for each in legend.all_inner_texts()]
    assert {"P", "X"} <= set(signs)
    assert len(set(signs)) == len(signs)
    for origin in ("o-paste_outside", "o-scripted"):
        styles = [
            page.locator(f"{where} .{origin}").first.evaluate(
                "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).borderBottom]"
            )
            for where in (".answer", ".legend")
        ]
        assert styles[0] == styles[1]
    page.get_by_text("Parts that were not simply typed").press("Enter")
    page.locator(".parts a").first.press("Enter")
    assert page.evaluate("document.activeElement.className || location.hash") in (
        "o-paste_outside",
        "#part-2",
    )
    context.close()


@pytest.fixture(scope="module")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a study in every language, all in one database."""
    folder = tmp_path_factory.mktemp("languages")
    database = f'"sqlite:///{folder}/answers.db"'
    studies = []
    for language in languages():
        study = new_study(folder / f"in-{language}".lower())
        study = edit(study, language=f'"{language}"', min_words="3", database=database)
        studies.append(study)
    host = open_host(studies, secure=False)
    with listening(host) as port:
        yield f"http://127.0.0.1:{port}"
    host.store.close()


@pytest.mark.parametrize("language", languages())
def test_the_writers_page_speaks_the_language_that_it_names(chromium, polyglot, language):
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    say = translation(language).gettext
    page.goto(f"{polyglot}/s/in-{language.lower()}")
    root = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    sound(page)
    page.get_by_role("button", name=say("I agree, begin")).click()
    page.wait_for_selector("#answer:not([readonly])")
    page.focus("#answer")
    page.keyboard.type("one two")
    page.get_by_role("button", name=say("Submit"), exact=True).click()
    said = page.inner_text("#notice")
    sound(page)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.close()
    short = say("Please write at least {least} words; so far there are {words}.")
    assert root == [language, "rtl" if language == "ar" else "ltr"]
    assert said == short.replace("{least}", "3").replace("{words}", "2")
    assert wide == 0


def test_a_study_brings_a_catalogue_of_its_own(chromium, tmp_path, clock):
    study = edit(new_study(tmp_path / "demo"), language='"sw"')
    folder = study.path.parent / "locale"
    folder.mkdir()
    (folder / "sw.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "I agree, begin"\nmsgstr "Nakubali, anza"\n'
    )
    host = open_host([study], clock=clock, secure=False)
    with listening(host) as port:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{port}/s/demo")
        button, language = page.inner_text("#agree"), page.evaluate("document.documentElement.lang")
        page.close()
    host.store.close()
    assert (button, language) == ("Nakubali, anza", "sw")


def test_a_language_without_a_catalogue_is_english_and_says_so(chromium, tmp_path, clock):
    study = edit(new_study(tmp_path / "demo"), language='"fi"')
    host = open_host([study], clock=clock, secure=False)
    with listening(host) as port:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{port}/s/demo")
        language = page.evaluate("document.documentElement.lang")
        theirs = page.locator("#consent h1").get_attribute("lang")
        page.close()
    host.store.close()
    assert (language, theirs) == ("en", "fi")
