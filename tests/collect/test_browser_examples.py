"""The worked examples of the docs, word for word, in a browser: against stand-ins for the programs
that they are for, and against a real server of ours."""

from __future__ import annotations

import csv
import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyarrow.parquet as pq
import pytest
from collect_helpers import edit
from running import listening

from wellhead.collect.create import new_study
from wellhead.collect.find import find_answers
from wellhead.collect.server.host import open_host
from wellhead.consensus import evidence

pytest.importorskip("playwright.sync_api", reason="needs wellhead[test]")
pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs" / "collect-examples.md"
# What jsPsych does with a timeline of trials and with the data they end with.
JSPSYCH = """
window.initJsPsych = ({ on_finish }) => {
  const rows = [], more = {};
  const save = (kind, name) => (window.saved = { kind, name, rows });
  const one = async (trial) => {
    const defaults = Object.entries(trial.type.info.parameters).map(([n, p]) => [n, p.default]);
    const display = document.body.appendChild(document.createElement("div"));
    rows.push(await new Promise((done) => new trial.type({ finishTrial: done })
      .trial(display, { ...Object.fromEntries(defaults), ...trial })));
    Object.assign(rows.at(-1), more);
    display.remove();
  };
  return {
    data: { get: () => ({ localSave: save }), addProperties: (it) => Object.assign(more, it) },
    randomization: { randomID: (n) => "x".repeat(n) },
    run: async (timeline) => {
      for (const trial of timeline) await one(trial);
      on_finish();
    },
  };
};
"""
# What a survey does with a question's script.
QUALTRICS = """
window.embedded = {};
const question = {
  hideNextButton: () => (next.hidden = true), showNextButton: () => (next.hidden = false),
};
const Qualtrics = { SurveyEngine: {
  addOnReady: (run) => addEventListener("load", () => run.call(question)),
  setJSEmbeddedData: (name, value) => (embedded[`__js_${name}`] = value),
} };
"""


def blocks(heading: str) -> list[str]:
    """The code under a heading of the page."""
    section = DOCS.read_text().split(f"\n## {heading}")[1].split("\n## ")[0]
    return re.findall(r"```\w*\n(.*?)```", section, re.DOTALL)


@contextmanager
def ours(tmp_path: Path, survey: str) -> Iterator[Any]:
    """A server of ours, whose study that site may show in a frame."""
    study = new_study(tmp_path / "demo", platform="qualtrics")
    host = open_host([edit(study, frame_ancestors=f'["{survey}"]')])
    with listening(host) as port:
        yield host, f"http://127.0.0.1:{port}"
    host.store.close()


@contextmanager
def site(pages: dict[str, str], posted: Callable[[str], None] = str) -> Iterator[str]:
    """Another site with these pages."""

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.split("?")[0], "")
            self.send_response(200)
            kind = {"js": "text/javascript", "css": "text/css"}.get(self.path.rsplit(".")[-1])
            self.send_header("Content-Type", kind or "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def do_POST(self) -> None:
            posted(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.path = "/done"
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def imported(command: Any, path: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `collect import` makes of a CSV of these rows; its evidence can be read, too."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    done = command("collect", "import", path, "--out", path.parent / "answers", "--replace")
    assert done.returncode == 0, done.stderr
    answers = pq.read_table(path.parent / "answers" / "answers.parquet").to_pylist()
    found = evidence.read(path.parent / "answers" / "evidence.parquet")
    assert found["id"].to_pylist() == [one["id"] for one in answers]
    return answers


def test_the_jspsych_example(chromium: Any, command: Any, tmp_path: Path) -> None:
    """Two trials are saved and read back as two answers."""
    pages = {"/jspsych/jspsych.js": JSPSYCH}
    with site(pages) as there, ours(tmp_path, there) as (_, address):
        pages["/"] = blocks("jsPsych")[0].replace("https://your.host", address)
        page = chromium.new_page()
        page.goto(there)
        for text in ("Sheep sailed.", "They drowned."):
            page.locator("textarea").press_sequentially(text, delay=5)
            page.get_by_role("button", name="Continue").click()
        page.wait_for_function("window.saved")
        saved = page.evaluate("saved")
        page.close()
    assert (saved["kind"], saved["name"]) == ("csv", "answers.csv")
    found = imported(command, tmp_path / "answers.csv", saved["rows"])
    assert [(one["id"], one["worker"], one["text"], one["outcome"]) for one in found] == [
        ("answers-1", "xxxxxxxx", "Sheep sailed.", "typed"),
        ("answers-2", "xxxxxxxx", "They drowned.", "typed"),
    ]
    same = [{**row, "id": row["worker"]} for row in saved["rows"]]
    again = imported(command, tmp_path / "answers.csv", same)
    assert [one["id"] for one in again] == ["xxxxxxxx", "xxxxxxxx-2"]


def test_the_qualtrics_example(chromium: Any, tmp_path: Path) -> None:
    """The survey waits for the code, and our server finds the answer by the survey's response."""
    pages: dict[str, str] = {}
    with site(pages) as there, ours(tmp_path, there) as (host, address):
        frame, script = (
            block.replace("https://your.host", address) for block in blocks("Qualtrics")[:2]
        )
        frame = frame.replace("${e://Field/ResponseID}", "R_17")
        pages["/"] = (
            f"<!doctype html><button id=next>Next</button>{frame}"
            f"<script>{QUALTRICS}</script><script>{script}</script>"
        )
        page = chromium.new_page()
        page.goto(there)
        page.wait_for_selector("#next", state="hidden")
        writing = page.frame_locator("#writing")
        writing.locator("#agree").click()
        writing.locator("textarea:not([readonly])").press_sequentially("My own.", delay=5)
        writing.locator("#submit").click()
        page.wait_for_selector("#next:not([hidden])")
        code = page.evaluate("embedded.__js_wellhead")
        page.close()
        study, keys = host.studies["demo"], host.keys["demo"]
        by_code, by_response = (
            host.store.read(lambda c, name=name: find_answers(c, study, keys, name))
            for name in (code, "R_17")
        )
    assert len(by_code) == 1
    assert by_code == by_response


def test_the_otree_example(chromium: Any, command: Any, tmp_path: Path) -> None:
    """The page's form carries the recording; its column in the export is read back."""
    app, template = blocks("oTree")[:2]
    compile(app, "writing/__init__.py", "exec")
    assert re.findall(r"form_fields = (\[.*?\])", app) == ['["answer", "recording"]']
    body = re.sub(r"{{ block title }}.*?{{ endblock }}|{{ (end)?block.*?}}", "", template)
    body = body.replace("{{ next_button }}", "<button>Next</button>")
    sent: list[str] = []
    pages: dict[str, str] = {}
    with site(pages, sent.append) as there, ours(tmp_path, there) as (_, address):
        body = body.replace("https://your.host", address)
        pages["/"] = f"<!doctype html><form method=post>{body}</form>"
        page = chromium.new_page()
        page.goto(there)
        page.wait_for_selector("[name=recording]", state="attached")
        page.locator("#answer").press_sequentially("Sheep sailed.", delay=5)
        page.click("button")
        page.wait_for_function("!document.querySelector('form')")
        page.close()
    fields = {name: values[0] for name, values in parse_qs(sent[0]).items()}
    assert json.loads(fields["recording"])["text"] == fields["answer"].strip() == "Sheep sailed."
    row = {f"player.{name}": value for name, value in fields.items()}
    label = {"participant.code": "abc", "participant.label": "ann"}
    [found] = imported(command, tmp_path / "writing.csv", [{**label, **row}])
    assert (found["id"], found["worker"], found["outcome"]) == ("abc", "ann", "typed")
