"""Endpoints that send what is no response of OpenAI's API: an error of ours, and never a crash."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("openai", reason="needs wellhead[chat]")

from wellhead._waiting import wait_for
from wellhead.errors import BadInput
from wellhead.models import remote
from wellhead.models.engine import EngineFailed, Message, Prompt, Sampling, write
from wellhead.models.opening import open_engine
from wellhead.models.resolve import resolve

BEGUN = {"text": "Good", "delta": {"content": "Good"}}
LOGS = {"tokens": ["a"], "token_logprobs": ["high"], "content": [{"token": "a", "logprob": "x"}]}


def chunk(**choice: Any) -> bytes:
    return json.dumps({"choices": [{"index": 0, **BEGUN, **choice}]}).encode()


EVENTS = {
    "no JSON": b"{so it began",
    "no object": b"3",
    "no choices": b'{"choices": null}',
    "choices that are none": b'{"choices": ["x"]}',
    "a text that is none": chunk(text=5, delta={"content": 5}),
    "bytes that are no text": b"\xff\xfe",
    "log-probabilities that are none": chunk(logprobs=LOGS),
    "usage that is none": b'{"choices": [], "usage": {"prompt_tokens": "x"}}',
}
BODIES = (b"[1, 2]", b"null", b"3")


@contextmanager
def answering(body: bytes, *, kind: str = "application/json", stays: bool = False) -> Iterator[str]:
    """An endpoint that answers everything with `body`, and may keep the line open after it."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
            if stays:
                done.wait(30)

        do_POST = do_GET

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            done.set()
            server.shutdown()


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("chat", [False, True])
def test_a_stream_with_what_is_no_event_is_told_as_a_failed_engine(name: str, chat: bool):
    stream = b"".join(b"data: " + each + b"\n\n" for each in (chunk(), EVENTS[name], b"[DONE]"))
    sampling = Sampling(8, logprobs=1)
    asked = Prompt(messages=(Message("user", "Hello"),)) if chat else Prompt("Hello")
    prompt = Prompt(asked.text, asked.messages, sampling)
    with answering(stream, kind="text/event-stream") as url, pytest.raises(EngineFailed):
        write(open_engine(resolve(f"{url}#m")), [prompt])


def test_an_endpoint_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote, "SECONDS", 0.5)
    begun = b"data: " + chunk() + b"\n\n"
    with answering(begun, kind="text/event-stream", stays=True) as url, pytest.raises(EngineFailed):
        write(open_engine(resolve(f"{url}#m")), [Prompt("Hello", sampling=Sampling(8))])


@pytest.mark.parametrize("body", BODIES)
def test_an_echo_that_is_none_is_told_as_a_failed_engine(body: bytes):
    with answering(body) as url, pytest.raises(EngineFailed):
        wait_for(open_engine(resolve(f"{url}#m")).echo("Hello there"))


@pytest.mark.parametrize("body", [*BODIES, b'{"object": "list"}', b"<html></html>"])
def test_a_list_of_models_that_is_none_asks_whether_the_address_is_right(body: bytes):
    with answering(body) as url, pytest.raises(BadInput, match="end in /v1"):
        open_engine(resolve(url))
