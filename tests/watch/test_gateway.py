"""The gateway as its users have it: clients work, exchanges are judged, it can be stopped."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.models.running_server import running as running_model
from tests.watch.running_watch import (
    log_lines,
    says,
    settings_file,
    until,
    watched_model,
    watching,
)
from tests.watch.stand_in import endpoint, whole
from wellhead._waiting import wait_for
from wellhead.models.scripted import ScriptedEngine
from wellhead.watch.switch import kill, resume


@pytest.fixture(scope="module")
def watch(tmp_path_factory):
    """A watch before a scripted model, which several tests ask."""
    with watched_model(tmp_path_factory.mktemp("scripted"), "limit = 0.99") as running:
        yield running


def judged_after(watch, ask) -> tuple[int, int]:
    """How many answers were judged, and how many flagged, of those that `ask` asks for."""
    before = watch.status().versions[0]
    ask()
    until(lambda: (s := watch.status().conserved).asked == s.verdicts)
    after = watch.status().versions[0]
    return after.judged - before.judged, after.flagged - before.flagged


def test_the_official_client_and_curl_work_through_it_and_every_answer_gets_a_verdict(watch):
    openai = pytest.importorskip("openai")

    def ask():
        client = openai.OpenAI(base_url=watch.url, api_key="none")
        asked = [{"role": "user", "content": "Call 555-0199 now."}]
        whole = client.chat.completions.create(model="m", messages=asked)
        assert whole.choices[0].message.content == "Call 555-0199 now."
        pieces = client.chat.completions.create(model="m", messages=asked, stream=True)
        said = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
        assert said == "Call 555-0199 now."
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "fine"}]})
        address = f"{watch.url}/chat/completions"
        ran = subprocess.run(
            ["curl", "-s", address, "-H", "content-type: application/json", "-d", body],
            capture_output=True,
            check=True,
        )
        assert json.loads(ran.stdout)["choices"][0]["message"]["content"] == "fine"

    assert judged_after(watch, ask) == (3, 2)
    found = watch.status()
    assert found.conserved.open == found.conserved.waiting == 0
    assert not found.faults


# Comments, both ends of line, a letter cut in two, bytes that are no text, no end of file.
ODD = [
    b": a comment\r\n\r\n",
    'data: {"choices":[{"delta":{"content":"zw\u00f6lf \U0001f642 555-0199"}}]}'.encode()[:45],
    'data: {"choices":[{"delta":{"content":"zw\u00f6lf \U0001f642 555-0199"}}]}'.encode()[45:],
    b"\n\n",
    b"event: other\ndata: \xff\xfe\x00\n\n",
    b"data: [DONE]",
]


CALL = {"name": "dial", "arguments": '{"number": "555-0199"}'}


def delta(index=0, **said) -> bytes:
    return json.dumps({"choices": [{"index": index, "delta": said}]}).encode()


def stream(*events: bytes) -> list[bytes]:
    return [b"data: " + event + b"\n\n" for event in [*events, b"[DONE]"]]


# What users see whole, in a form in which a judge could miss it.
HIDDEN = {
    "over two lines": stream(b'{"choices": [{"delta":\ndata: {"content": "555-0199"}}]}'),
    "two events in one": stream(delta(content="555-") + b"\ndata: " + delta(content="0199")),
    "among two choices": stream(
        *(delta(n % 2, content=c) for n, c in enumerate("5h5i5 -t0h1e9r9e"))
    ),
    "with an end of line of Unicode": stream(
        '{"choices": [{"delta": {"content": "\u2028555-0199\x85"}}]}'.encode()
    ),
    "as a refusal": stream(delta(refusal="555-0199")),
    "as an old call": stream(delta(function_call={"name": "dial", "arguments": "555-0199"})),
    "beside half a letter": stream(
        delta(content="\ud83d"), delta(content="\ude42 \ud800 555-0199")
    ),
    "after brackets without end": stream(b"[" * 100_000, delta(content="555-0199")),
    "between events": [b": hello\n\n", *stream(delta(content="Fine.")), b"Call 555-0199\n"],
    "behind a mark": [b'\xef\xbb\xbf{"choices": [{"message": {"content": "555-0199"}}]}'],
    "in a fault": [b'{"error": {"message": "555-0199"}}'],
}
UNLIKE = {
    "a fault": ("application/json", [b'{"error": {"message": "Out of memory."}}'], 500, {}),
    "nothing": ("application/json", [], 200, {}),
    "elsewhere": ("text/plain", [b"See there."], 302, {"location": "http://127.0.0.1:9/"}),
    "compressed": (
        "application/json",
        [gzip.compress(b"555-0199")],
        200,
        {"content-encoding": "gzip"},
    ),
}


def odd_or_tools(request):
    """What is asked for by name; a call of the tool that is offered; a stream of odd bytes."""
    asked = request["messages"][-1]["content"]
    if asked in HIDDEN:
        return "text/event-stream", HIDDEN[asked]
    if asked in UNLIKE:
        return UNLIKE[asked]
    if "tools" not in request:
        return "text/event-stream", ODD
    assert request["tools"][0]["function"]["name"] == "dial"
    called = {"index": 0, "id": "c1", "type": "function", "function": CALL}
    message = {"role": "assistant", "content": None, "tool_calls": [called]}
    part = {"index": 0, "finish_reason": "tool_calls"}
    shown = {"id": "x", "created": 1, "model": "m"}
    if request.get("stream"):
        event = {**shown, "object": "chat.completion.chunk", "choices": [part | {"delta": message}]}
        return "text/event-stream", [
            f"data: {json.dumps(event)}\n\n".encode(),
            b"data: [DONE]\n\n",
        ]
    body = {**shown, "object": "chat.completion", "choices": [part | {"message": message}]}
    return "application/json", [json.dumps(body).encode()]


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    """A watch before an endpoint that streams odd bytes and calls tools."""
    folder = tmp_path_factory.mktemp("strange")
    with (
        endpoint(odd_or_tools) as address,
        watching(settings_file(folder, [address], "limit = 0.99")) as running,
    ):
        yield running


def test_a_stream_is_relayed_byte_for_byte_and_judged_however_it_is_cut(strange):
    import httpx

    def ask():
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
        with httpx.stream("POST", f"{strange.url}/chat/completions", json=body) as reply:
            assert reply.headers["content-type"] == "text/event-stream"
            assert b"".join(reply.iter_raw()) == b"".join(ODD)

    assert judged_after(strange, ask) == (1, 1)


def test_what_users_see_is_judged_in_whatever_form_the_model_sends_it(strange):
    def ask():
        for name, sent in HIDDEN.items():
            assert strange.ask(name).content == b"".join(sent)

    assert judged_after(strange, ask) == (len(HIDDEN), len(HIDDEN))


def test_a_fault_of_the_model_is_no_clean_answer(strange):
    before = strange.status().failed

    def ask():
        statuses = [strange.ask(name).status_code for name in UNLIKE]
        assert statuses == [500, 200, 302, 502]

    assert judged_after(strange, ask) == (0, 0)
    assert strange.status().failed - before == len(UNLIKE)
    assert "got an error or nothing" in strange.status().page().to_markdown()


def test_tool_calls_go_through_the_official_client_and_are_judged(strange):
    openai = pytest.importorskip("openai")

    def ask():
        client = openai.OpenAI(base_url=strange.url, api_key="none")
        tools = [{"type": "function", "function": {"name": "dial", "parameters": {}}}]
        asked = {
            "model": "m",
            "messages": [{"role": "user", "content": "Call him."}],
            "tools": tools,
        }
        found = client.chat.completions.create(**asked).choices[0].message.tool_calls
        assert found[0].function.arguments == CALL["arguments"]
        pieces = list(client.chat.completions.create(**asked, stream=True))
        assert pieces[0].choices[0].delta.tool_calls[0].function.name == "dial"

    assert judged_after(strange, ask) == (2, 2)


def test_the_log_does_not_tell_what_was_said(watch):
    assert judged_after(watch, lambda: watch.ask("a secret of mine")) == (1, 0)
    for name in ("exchanges.jsonl", "verdicts.jsonl"):
        assert "secret" not in (watch.settings.folder / name).read_text()


async def streams(url: str, many: int, killed: asyncio.Event) -> list[float]:
    """Seconds from the kill to the end of each of many slow streams."""
    import aiohttp

    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "slowly"}],
        "stream": True,
        "max_tokens": 2000,
    }
    began, ends, start = asyncio.Semaphore(0), [], 0.0

    async def one(session: aiohttp.ClientSession) -> None:
        async with session.post(f"{url}/chat/completions", json=body) as reply:
            await reply.content.readany()
            began.release()
            async for _ in reply.content.iter_any():
                pass
            ends.append(time.monotonic())

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [asyncio.create_task(one(session)) for _ in range(many)]
        for _ in range(many):
            await began.acquire()
        start = time.monotonic()
        killed.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 90)
    return [end - start for end in ends]


def test_a_kill_ends_two_hundred_streams_at_once_and_the_next_request_is_refused(tmp_path):
    pytest.importorskip("aiohttp")
    with watched_model(tmp_path) as watch:

        async def both() -> list[float]:
            now = asyncio.Event()
            ended = asyncio.create_task(streams(watch.url, 200, now))
            await now.wait()
            kill(watch.settings, by="ann", why="a trial")
            return await ended

        ends = wait_for(both())
        assert len(ends) == 200
        assert max(ends) < 20  # of the forty seconds that each of them takes
        refused = watch.ask("anything")
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "stopped"
        actions = [
            (each["kind"], each.get("by")) for each in log_lines(watch.settings, "actions.jsonl")
        ]
        assert ("kill", "ann") in actions
        assert ("kill seen", "gateway") in actions
        assert "Nothing is answered" in watch.status().page().lead
        resume(watch.settings, by="ann", why="over")
        assert watch.ask("anything").status_code == 200
        stopped = [
            each
            for each in log_lines(watch.settings, "exchanges.jsonl")
            if each.get("ended") == "stopped"
        ]
        assert len(stopped) == 200


def test_a_signal_and_a_bare_file_stop_it_without_any_command(tmp_path):
    with watched_model(tmp_path) as watch:
        watch.settings.kill.touch()
        assert watch.ask("anything").status_code == 503
        watch.settings.kill.unlink()
        assert watch.ask("anything").status_code == 200
        watch.process.send_signal(signal.SIGUSR1)
        until(lambda: watch.ask("anything").status_code == 503)


def test_a_version_above_the_limit_is_stopped_and_the_other_answers_on(tmp_path):
    with (
        endpoint(lambda _: whole("All is well.")) as good,
        endpoint(lambda _: whole("Call 555-0199.")) as bad,
        watching(settings_file(tmp_path, [good, bad], "limit = 0.02")) as watch,
    ):
        until(
            lambda: (
                watch.ask("hello").status_code == 200
                and watch.status().versions[1].breaker == "open"
            )
        )
        assert {watch.ask("hello").headers["x-wellhead-version"] for _ in range(20)} == {"v1"}
        found = watch.status()
        assert found.versions[0].breaker == "closed"
        assert found.versions[0].flagged == 0
        actions = log_lines(watch.settings, "actions.jsonl")
        opened = [each for each in actions if each["kind"] == "open"]
        assert [(each["version"], each["by"]) for each in opened] == [("v2", "alarm: rate")]


def test_a_meter_that_is_silent_stops_everything(tmp_path):
    with watched_model(tmp_path, "silence = 1.0", "--no-meter") as watch:
        assert watch.ask("hello").status_code == 200
        until(lambda: watch.ask("hello").status_code == 503)
        assert "no verdict for" in watch.status().stopped


def test_a_gateway_that_is_killed_names_what_it_was_relaying_and_all_else_is_judged(tmp_path):
    import httpx

    with running_model([ScriptedEngine("m", says)]) as address:
        path = settings_file(tmp_path, [address])
        with watching(path) as watch:
            for _ in range(20):
                watch.ask("hello")
            slowly = [{"role": "user", "content": "slowly"}]
            body = {"stream": True, "messages": slowly, "max_tokens": 2000}
            with httpx.stream("POST", f"{watch.url}/chat/completions", json=body) as reply:
                pieces = reply.iter_bytes()  # held: a reader that is dropped hangs up
                next(pieces)
                exchange = reply.headers["x-wellhead-exchange"]
                os.kill(watch.process.pid, signal.SIGKILL)
                watch.process.wait(timeout=60)
            found = until(lambda: (s := watch.status()).conserved.verdicts == 20 and s)
            assert found.unfinished == (exchange,)
            assert exchange in found.page().to_markdown()
        with watching(path) as watch:
            watch.ask("hello")
            found = until(lambda: (s := watch.status()).conserved.verdicts == 21 and s)
            sums = found.conserved
            assert (sums.asked, sums.answered, sums.lost, sums.open) == (22, 21, 1, 0)
            assert found.unfinished == (exchange,)
            assert not found.faults
            assert found.well


def test_a_meter_that_is_killed_comes_back_and_judges_everything_once(watch):
    assert judged_after(watch, lambda: watch.ask("hello")) == (1, 0)
    kill_meter(watch)
    assert judged_after(watch, lambda: [watch.ask("Call 555-0199") for _ in range(20)]) == (20, 20)
    found = watch.status()
    assert (found.conserved.unknown, found.conserved.falsified) == (0, 0)
    assert "meter started again" in [each.kind for each in found.actions]


def kill_meter(watch) -> None:
    """kill -9 of the child of the gateway."""
    children = f"/proc/{watch.process.pid}/task/{watch.process.pid}/children"
    with open(children) as stream:
        [child] = stream.read().split()
    os.kill(int(child), signal.SIGKILL)


def test_a_second_gateway_on_the_same_logs_is_refused(watch):
    command = [sys.executable, "-m", "wellhead", "watch", "serve", str(watch.settings.path)]
    ran = subprocess.run([*command, "--port", "0"], capture_output=True, text=True)
    assert ran.returncode == 2
    assert "another gateway runs on" in ran.stderr


def test_a_model_that_cannot_be_reached_is_an_answer_that_clients_understand(tmp_path):
    path = settings_file(tmp_path, ["http://127.0.0.1:9"])
    with watching(path) as watch:
        refused = watch.ask("hello")
        assert refused.status_code == 502
        assert refused.json()["error"]["message"] == "The model cannot be reached."
        assert watch.ask("x", padding="y" * (3 << 20)).status_code == 413
