"""One <textarea> with our recorder in a real browser, and hands to write in it."""

from __future__ import annotations

import http.server
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wellhead.collect.derive.answer import Answer, derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.page import STATIC, static_file
from wellhead.collect.schema import Event, parse_body

SOURCE = (
    "The ferry left at seven with forty sheep on its deck, and the harbour master counted them "
    "twice, since last year one had been lost between the pier and the island."
)
FOREIGN = (
    "In conclusion, maritime transport of livestock remains a cornerstone of coastal economies, "
    "balancing tradition with an ever more complex regulatory environment."
)
INSTRUCTIONS = "Please summarise the text."
KEY = "5a" * 32
# A page, extension or console snippet that answers each key with the next letter of a hidden text.
OTHER_LETTERS = f"""
    const hidden = {json.dumps(FOREIGN)};
    let at = 0;
    document.addEventListener("keydown", (event) => {{
      if (event.key.length > 1 || event.ctrlKey) return;
      event.preventDefault();
      document.execCommand("insertText", false, hidden[at++]);
    }});
"""
PAGE = f"""<!doctype html><meta charset=utf-8><title>field</title>
<p id=source>{SOURCE}</p><p id=instructions>{INSTRUCTIONS}</p><p id=other>Foot note</p>
<textarea id=area rows=10 cols=80></textarea>
<script type=module>
import * as recorder from "/recorder.js";
window.recorder = recorder;
window.begin = (options) => {{
  window.batches = [];
  const find = (id) => document.getElementById(id);
  window.handle = recorder.attach(find("area"), {{
    source: find("source"), instructions: find("instructions"), key: "{KEY}", every: 60000,
    onBatch: (batch) => batches.push(batch), onPaste: (policy) => (window.policy = policy),
    ...options,
  }});
}};
window.ready = true;
</script>"""


class _Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.strip("/")
        known = name in STATIC
        content = static_file(name).content if known else PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", STATIC[name] if known else "text/html")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_field() -> Iterator[str]:
    """The address of a page with one text area."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Field:
    """The text area of one page."""

    def __init__(self, page: Any, address: str, **options: Any) -> None:
        self.page, self._hands = page, random.Random(4)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(address)
        page.wait_for_function("window.ready")
        page.evaluate("(options) => begin(options)", options)
        page.focus("#area")
        self.cdp = page.context.new_cdp_session(page)

    @property
    def text(self) -> str:
        return str(self.page.input_value("#area"))

    def type(self, text: str) -> None:
        """As fingers do: keys held unevenly, with uneven pauses."""
        for character in text:
            self.page.keyboard.down(character if character != "\n" else "Enter")
            self.page.wait_for_timeout(self._hands.uniform(2, 10))
            self.page.keyboard.up(character if character != "\n" else "Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key, delay=5)

    def select(self, element: str) -> None:
        self.page.evaluate(
            "(id) => getSelection().selectAllChildren(document.getElementById(id))", element
        )

    def clipboard(self, text: str, html: str | None = None) -> None:
        self.page.evaluate(
            """([text, html]) => {
              const blob = (kind, value) => new Blob([value], { type: kind });
              const parts = { "text/plain": blob("text/plain", text) };
              if (html) parts["text/html"] = blob("text/html", html);
              return navigator.clipboard.write([new ClipboardItem(parts)]);
            }""",
            [text, html],
        )

    def paste(self, text: str, html: str | None = None) -> None:
        """Ctrl+V of something that was copied elsewhere."""
        self.clipboard(text, html)
        self.page.focus("#area")
        self.press("Control+v")

    def click(self) -> None:
        """Put the cursor back into the text area, at its end."""
        self.page.locator("#area").click(position={"x": 400, "y": 120})

    def focus(self, element: str) -> None:
        self.page.focus(f"#{element}")

    def wait(self, condition: str) -> None:
        self.page.wait_for_function(condition)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.page.evaluate(script, *arguments)

    def drop(self, text: str) -> None:
        """Text dragged in from another program."""
        box = self.page.locator("#area").bounding_box()
        data = {"items": [{"mimeType": "text/plain", "data": text}], "dragOperationsMask": 1}
        at = {"x": box["x"] + 30, "y": box["y"] + 12, "data": data}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.cdp.send("Input.dispatchDragEvent", {"type": kind, **at})

    def bodies(self) -> list[Any]:
        self.page.evaluate("handle.submit()")
        return [parse_body(batch["body"]) for batch in self.page.evaluate("batches")]

    def events(self) -> list[Event]:
        return [event for body in self.bodies() for event in body.read()]

    def answer(self, **options: Any) -> Answer:
        stored = [Stored(body) for body in self.bodies()]
        shown = f"{INSTRUCTIONS}\n{SOURCE}"
        return derive(stored, self.text, key=bytes.fromhex(KEY), shown=shown, **options)


def spelled(events: list[Event]) -> str:
    return "\n".join(
        json.dumps([e.i, e.t, e.kind, e.data.model_dump(exclude_defaults=True)]) for e in events
    )
