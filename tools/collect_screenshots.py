"""The pictures of docs/collect-pages.md: every page of a collection, on a desk and on a phone.

    python tools/collect_screenshots.py

Needs Chromium and wellhead[collect,test].
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "collect")]

from playwright.sync_api import sync_playwright  # noqa: E402
from running import listening  # noqa: E402
from tests.conftest import CHROMIUM  # noqa: E402

from wellhead.collect.create import new_study  # noqa: E402
from wellhead.collect.demo import make_demo  # noqa: E402
from wellhead.collect.server.host import open_host  # noqa: E402
from wellhead.collect.study import load_study  # noqa: E402

FOLDER = ROOT / "docs" / "images"
SIZES = {"desk": (1200, 800), "phone": (390, 844)}
TABLES = """
[[fields]]
id = "headline"
title = "A headline"
instructions = "At most ten words."
page = "answer"
optional = true

[[questions]]
id = "age"
ask = "How old are you?"
at = "before"
required = false

[[questions]]
id = "help"
ask = "Did anything help you?"
kind = "choice"
options = ["nothing", "a dictionary", "a program"]

[[questions]]
id = "effort"
ask = "How hard was it?"
kind = "scale"
options = ["very easy", "very hard"]
"""
PASSAGE = "A vibrant tapestry of cherished memories, standing as a testament to the spirit of it."


def writer(page: Any, address: str) -> Iterator[str]:
    """The writer's pages, one after the other."""
    page.goto(f"{address}/s/demo")
    yield "consent"
    page.click("#agree")
    page.wait_for_selector("#questions:not([hidden])")
    page.click("#questions-go")
    page.wait_for_selector("#answer:not([readonly])")
    page.locator("#answer").press_sequentially("My street climbs from the river to the old mill. ")
    page.evaluate("(text) => navigator.clipboard.writeText(text)", PASSAGE)
    page.press("#answer", "Control+v")
    yield "task"
    page.click("#submit")
    page.wait_for_selector("#questions:not([hidden])")
    page.check("[value='nothing']")
    page.check("[name='q-effort'][value='3']")
    yield "questions"
    page.click("#questions-go")
    page.wait_for_selector("#recorded:not([hidden])")
    yield "done"


def researcher(page: Any, address: str, name: str, password: str) -> Iterator[str]:
    """The researcher's pages, of a study of pretended answers."""
    page.goto(f"{address}/review")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_selector("main a")
    page.goto(f"{address}/review/s/demo")
    yield "overview"
    page.goto(f"{address}/review/s/demo/answers?sort=strongest+flag&outcome=mixed")
    yield "answers"
    page.click("tbody a.id")
    page.wait_for_selector("#playback")
    yield "answer"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        study = new_study(Path(folder) / "asked" / "demo", title="Describe your street")
        with study.path.open("a", encoding="utf-8") as stream:
            stream.write(TABLES)
        asked = open_host([load_study(study.path)], secure=False)
        demo, *account = make_demo(Path(folder))
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for host, walk, given in ((asked, writer, ()), (demo, researcher, account)):
            with listening(host) as port:
                for size, (width, height) in SIZES.items():
                    context = browser.new_context(viewport={"width": width, "height": height})
                    context.grant_permissions(["clipboard-read", "clipboard-write"])
                    page = context.new_page()
                    for name in walk(page, f"http://127.0.0.1:{port}", *given):
                        picture = FOLDER / f"collect-{name}-{size}.jpg"
                        page.screenshot(path=picture, type="jpeg", quality=60)
                    context.close()
            host.store.close()
        browser.close()


if __name__ == "__main__":
    main()
