"""The recorder outside our own page: a crowd form's hidden field, a jsPsych trial."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from wellhead.collect.derive.answer import derive_recording
from wellhead.collect.page import STATIC, static_file
from wellhead.collect.schema import Recording

pytestmark = pytest.mark.browser

# The element as a crowd platform ships it: it makes a real form around what it holds.
CROWD_FORM = """<!doctype html><meta charset=utf-8>
<script>
customElements.define("crowd-form", class extends HTMLElement {
  connectedCallback() {
    setTimeout(() => {
      const form = document.createElement("form");
      form.append(...this.childNodes);
      this.append(form);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        window.sent = Object.fromEntries(new FormData(form));
      });
    });
  }
});
</script>
<crowd-form>
  <p id="text">Forty sheep left the harbour at seven in the morning.</p>
  <textarea name="summary" id="area" required
    data-wellhead="recording" data-wellhead-source="#text"></textarea>
  <button>Submit</button>
</crowd-form>
<script type="module" src="/form.js"></script>
"""
# What jsPsych does with a plug-in: makes one, calls `trial`, waits for `finishTrial`.
JSPSYCH = """<!doctype html><meta charset=utf-8><div id="display"></div>
<script type="module">
import WellheadText from "/jspsych.js";
const defaults = Object.entries(WellheadText.info.parameters).map(([n, p]) => [n, p.default]);
const trial = { ...Object.fromEntries(defaults), source: "Forty <b>sheep</b> left." };
const jsPsych = { finishTrial: (data) => (window.sent = data) };
new WellheadText(jsPsych).trial(document.getElementById("display"), trial);
</script>
"""
PAGES = {"/form": CROWD_FORM, "/jspsych": JSPSYCH}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path[1:]
            page = PAGES.get(self.path, "").encode()
            content = static_file(name).content if name in STATIC else page
            self.send_response(200)
            self.send_header("Content-Type", STATIC.get(name, "text/html"))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium) -> Iterator[Any]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_a_crowd_form_sends_the_recording_in_a_hidden_field(page, address):
    page.goto(f"{address}/form")
    page.wait_for_selector("form [name=recording]", state="attached")
    page.locator("#area").press_sequentially("Sheep sailed.")
    page.click("button")
    sent = page.evaluate("sent")
    recording = Recording.model_validate(json.loads(sent["recording"]))
    answer = derive_recording(recording)
    assert (answer.text, sent["summary"]) == ("Sheep sailed.", "Sheep sailed.")
    assert (answer.outcome, answer.shares) == ("typed", {"typed": 1.0})


def test_a_form_is_sent_even_if_nothing_was_recorded(page, address):
    page.goto(f"{address}/form")
    page.wait_for_selector("form [name=recording]", state="attached")
    assert page.get_attribute("[name=recording]", "required") is None


def test_a_jspsych_trial_ends_with_text_and_recording(page, address):
    page.goto(f"{address}/jspsych")
    page.get_by_role("textbox", name="Your answer").press_sequentially("Sheep left.")
    assert "Forty <b>sheep</b> left." in page.inner_text("#display")
    page.get_by_role("button", name="Continue").click()
    data = page.evaluate("sent")
    answer = derive_recording(Recording.model_validate(json.loads(data["recording"])))
    assert (data["text"], answer.text) == ("Sheep left.", "Sheep left.")
    assert (answer.outcome, answer.counts["submit"]) == ("typed", 1)
    assert data["rt"] > 0
