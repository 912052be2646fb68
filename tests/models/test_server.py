"""The server as its clients see it: OpenAI's own client, and raw HTTP where that hides too much."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

openai = pytest.importorskip("openai", reason="needs wellhead[chat]")
pytest.importorskip("fastapi", reason="needs wellhead[chat]")
from running_server import running  # noqa: E402

from wellhead._waiting import wait_for  # noqa: E402
from wellhead.models.engine import Message, Piece, Prompt, Sampling, write  # noqa: E402
from wellhead.models.opening import open_engine  # noqa: E402
from wellhead.models.resolve import resolve  # noqa: E402
from wellhead.models.scripted import Line, ScriptedEngine  # noqa: E402
from wellhead.models.server import Desk, Limits  # noqa: E402

SLOW = "word " * 400


def said(prompt: Prompt) -> Line:
    """Fails in the middle, is slow, or repeats, as the prompt asks."""
    if "fail" in prompt.last:
        return Line("one two three four", fail_after=2)
    return Line(SLOW, pace=0.02) if "slow" in prompt.last else Line(prompt.last)


@pytest.fixture
def parrot() -> ScriptedEngine:
    return ScriptedEngine("parrot", said)


@pytest.fixture
def base(parrot: ScriptedEngine) -> Iterator[str]:
    with running([parrot]) as address:
        yield address


@pytest.fixture
def client(base: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as made:
        yield made


def ask(text: str) -> dict[str, object]:
    return {"model": "parrot", "messages": [{"role": "user", "content": text}]}


def soon(condition: object) -> bool:
    """Whether it holds within a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_models_are_listed_and_found_by_name(client: openai.OpenAI):
    assert [model.id for model in client.models.list().data] == ["parrot"]
    assert client.models.retrieve("parrot").owned_by == "wellhead"


def test_a_conversation_is_answered_whole_with_its_usage(client: openai.OpenAI):
    whole = client.chat.completions.create(**ask("Good day to you"))  # type: ignore[call-overload]
    assert whole.choices[0].message.content == "Good day to you"
    assert whole.choices[0].finish_reason == "stop"
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (4, 4)


def test_a_stream_brings_the_same_answer_and_its_usage_where_asked_for(client: openai.OpenAI):
    stream = client.chat.completions.create(
        **ask("Good day to you"),  # type: ignore[call-overload]
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == (
        "Good day to you"
    )
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens == 8
    assert len(chunks) > 5


def test_several_prompts_are_continued_each_under_its_index(client: openai.OpenAI):
    texts = ["one two", "three", "four five six"]
    whole = client.completions.create(model="parrot", prompt=texts)
    assert [choice.text for choice in whole.choices] == texts
    streamed = ["", "", ""]
    for chunk in client.completions.create(model="parrot", prompt=texts, stream=True):
        streamed[chunk.choices[0].index] += chunk.choices[0].text
    assert streamed == texts


def test_length_and_stop_texts_end_an_answer(client: openai.OpenAI):
    cut = client.completions.create(model="parrot", prompt="a b c d", max_tokens=2)
    assert (cut.choices[0].text, cut.choices[0].finish_reason) == ("a b", "length")
    stopped = client.completions.create(model="parrot", prompt="a b c d", stop=[" c"])
    assert (stopped.choices[0].text, stopped.choices[0].finish_reason) == ("a b", "stop")


def test_log_probabilities_come_in_the_form_of_each_endpoint(client: openai.OpenAI):
    chat = client.chat.completions.create(**ask("a b"), logprobs=True, top_logprobs=1)  # type: ignore[call-overload]
    assert [log.token for log in chat.choices[0].logprobs.content] == ["a", " b"]
    plain = client.completions.create(model="parrot", prompt="a b", logprobs=1)
    assert plain.choices[0].logprobs.token_logprobs == [0.0, 0.0]


def test_what_is_wrong_is_refused_in_openais_form(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError) as unknown:
        client.completions.create(model="gpt-9", prompt="x")
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.completions.create(model="parrot", prompt="x", temperature=7)
    with pytest.raises(openai.BadRequestError, match="tools"):
        client.chat.completions.create(**ask("x"), tools=[{"type": "function"}])  # type: ignore[call-overload]
    with pytest.raises(openai.BadRequestError, match="n:"):
        client.completions.create(model="parrot", prompt="x", n=3)
    with pytest.raises(openai.BadRequestError, match="stop: List should have at most 4") as many:
        client.completions.create(model="parrot", prompt="x", stop=list("abcde"))
    assert many.value.param == "stop"
    with pytest.raises(openai.BadRequestError, match="prompt: List should have at most 32"):
        client.completions.create(model="parrot", prompt=["x"] * 33)
    seen = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    with pytest.raises(openai.BadRequestError, match=r"content\.0\.type: .*'text'"):
        client.chat.completions.create(
            model="parrot",
            messages=[{"role": "user", "content": seen}],  # type: ignore[list-item]
        )
    plain = {"content-type": "application/json"}
    url = f"{client.base_url}completions"
    cut = httpx.post(url, content='{"model": "parrot",', headers=plain)
    assert cut.status_code == 400
    assert cut.json()["error"]["message"].startswith("expected a body of JSON")
    with pytest.raises(openai.APIStatusError) as large:
        client.completions.create(model="parrot", prompt="x" * 3_000_000)
    assert large.value.status_code == 413


def test_an_engine_that_fails_in_the_middle_is_an_error_and_never_a_short_answer(
    client: openai.OpenAI,
):
    with pytest.raises(openai.InternalServerError) as failed:
        client.chat.completions.create(**ask("fail"))  # type: ignore[call-overload]
    assert failed.value.status_code == 502
    stream = client.chat.completions.create(**ask("fail"), stream=True)  # type: ignore[call-overload]
    seen: list[str] = []
    with pytest.raises(openai.APIError, match="failed"):
        seen.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert "".join(seen) == "one two"


class Breaks(ScriptedEngine):
    """Raises what no engine should, after its first word."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        yield Piece("one")
        raise KeyError("/home/me/weights")


def test_an_engine_that_breaks_in_an_unforeseen_way_is_an_error_that_tells_nothing_within():
    with (
        running([Breaks("breaks")]) as base,
        openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as client,
    ):
        asked = {"model": "breaks", "prompt": "x"}
        with pytest.raises(openai.InternalServerError, match="stopped working") as whole:
            client.completions.create(**asked)  # type: ignore[call-overload]
        with pytest.raises(openai.APIError, match="stopped working") as streamed:
            list(client.completions.create(**asked, stream=True))  # type: ignore[call-overload]
        assert "weights" not in f"{whole.value}{streamed.value}"


def test_a_client_that_goes_away_ends_the_work(client: openai.OpenAI, parrot: ScriptedEngine):
    with client.chat.completions.create(**ask("slow"), stream=True) as stream:  # type: ignore[call-overload]
        next(iter(stream))
        assert parrot.running == 1
    assert soon(lambda: parrot.running == 0)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).chat.completions.create(**ask("slow"))  # type: ignore[call-overload]
    assert soon(lambda: parrot.running == 0)


def begun(engine: ScriptedEngine) -> list[str]:
    """The first word of each prompt, in the order in which their answers begin."""
    order: list[str] = []
    script = engine.script
    engine.script = lambda prompt: order.append(prompt.last.split()[0]) or script(prompt)  # type: ignore[func-returns-value]
    return order


async def in_line(desk: Desk, count: int) -> None:
    """Until so many wait, or have a place."""
    end = time.monotonic() + 60
    while desk.waiting["parrot"] != count and time.monotonic() < end:
        await asyncio.sleep(0.002)
    assert desk.waiting["parrot"] == count


class Held(ScriptedEngine):
    """Begins an answer at once, and goes on with it when it is let go."""

    free = False

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        async with aclosing(super().stream(prompt)) as pieces:
            async for piece in pieces:
                while not self.free:
                    await asyncio.sleep(0.002)
                yield piece


def test_32_clients_at_once_lose_nothing_and_are_served_in_order_of_arrival():
    """Two places, and answers of very different lengths; three clients go away while they wait."""
    engine = Held("parrot", lambda p: Line(p.last, pace=0.001), places=2)
    order, desks, gone = begun(engine), [], {9, 17, 31}

    async def one(client: openai.AsyncOpenAI, text: str) -> str:
        stream = await client.chat.completions.create(**ask(text), stream=True)  # type: ignore[call-overload]
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    async def every(base: str) -> list[object]:
        (desk,) = desks
        texts = [f"{n} " + "word " * (60 * (n < 2) + 7 * (n % 4 == 0)) + "end" for n in range(32)]
        async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as c:
            tasks = []
            for number, text in enumerate(texts):
                tasks.append(asyncio.create_task(one(c, text)))
                if number < 2:
                    while len(order) <= number:
                        await asyncio.sleep(0.002)
                else:
                    await in_line(desk, number - 1)
            for number in gone:
                tasks[number].cancel()
            await in_line(desk, 30 - len(gone))
            engine.free = True
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        return [a == t for a, t in zip(answers, texts, strict=True)]

    with running([engine], pages=lambda desk: desks.append(desk) or []) as base:
        complete = wait_for(every(base))
    assert complete == [number not in gone for number in range(32)]
    assert order == [str(number) for number in range(32) if number not in gone]
    assert engine.running == 0


def test_a_request_with_many_prompts_does_not_hold_up_those_with_one():
    engine = Held("parrot", lambda p: Line(p.last, pace=0.001), places=1)
    order, desks = begun(engine), []

    async def both(base: str) -> None:
        url = f"{base}/v1/completions"
        async with httpx.AsyncClient(timeout=30) as http:
            many = {"model": "parrot", "prompt": ["many a b"] * 12}
            first = asyncio.create_task(http.post(url, json=many))
            await in_line(desks[0], 11)
            texts = [{"model": "parrot", "prompt": f"one{n} a b"} for n in range(3)]
            rest = [asyncio.create_task(http.post(url, json=text)) for text in texts]
            await in_line(desks[0], 14)
            engine.free = True
            answers = await asyncio.gather(first, *rest)
        assert [answer.status_code for answer in answers] == [200] * 4

    with running([engine], pages=lambda desk: desks.append(desk) or []) as base:
        wait_for(both(base))
    late = order.index(next(each for each in reversed(order) if each != "many"))
    # Three have come: before the last of them no more than what had begun, and one in line.
    assert order[: late + 1].count("many") <= 5
    assert order.count("many") == 12


def test_whoever_comes_when_the_queue_is_full_is_told_to_come_again():
    engine = ScriptedEngine("parrot", lambda _: Line(SLOW, pace=0.02), places=1)
    with running([engine], Limits(waiting=1)) as base, httpx.Client(base_url=base) as http:

        async def three() -> list[int]:
            """The status of whoever is answered first; the others hang up."""
            async with httpx.AsyncClient(base_url=base, timeout=60) as client:
                body = {"model": "parrot", "prompt": "x"}
                asked = [
                    asyncio.create_task(client.post("/v1/completions", json=body)) for _ in "abc"
                ]
                told, others = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                for each in others:
                    each.cancel()
                await asyncio.wait(others)
                return [each.result().status_code for each in told]

        assert wait_for(three()) == [429]
        assert soon(lambda: engine.running == 0)
        assert http.get("/healthz").status_code == 200


def test_an_engine_that_falls_silent_is_given_up():
    engine = ScriptedEngine("mute", lambda _: Line("one two", pace=30))
    with running([engine], Limits(seconds=0.2)) as base:
        answer = httpx.post(f"{base}/v1/completions", json={"model": "mute", "prompt": "x"})
    assert answer.status_code == 502
    assert engine.running == 0


def test_a_token_is_asked_for_where_one_is_set(parrot: ScriptedEngine):
    with running([parrot], token="secret") as base:
        assert httpx.get(f"{base}/v1/models").status_code == 401
        with openai.OpenAI(base_url=f"{base}/v1", api_key="secret") as client:
            assert client.models.list().data
        with (
            openai.OpenAI(base_url=f"{base}/v1", api_key="wrong") as client,
            pytest.raises(openai.AuthenticationError),
        ):
            client.models.list()


def test_pages_of_other_sites_and_foreign_names_may_not_ask(base: str):
    body = json.dumps({"model": "parrot", "prompt": "x"})
    plain = {"content-type": "application/json"}
    url = f"{base}/v1/completions"
    assert httpx.post(url, content=body, headers=plain).status_code == 200
    elsewhere = {**plain, "origin": "https://example.org"}
    assert httpx.post(url, content=body, headers=elsewhere).status_code == 403
    assert httpx.get(f"{base}/v1/models", headers={"host": "example.org"}).status_code == 403
    unasked = httpx.post(url, content=body, headers={"content-type": "text/plain"})
    assert unasked.status_code == 400


def test_our_remote_engine_hears_from_our_server_what_its_engine_says(base: str):
    remote = open_engine(resolve(f"{base}/v1"))
    assert remote.name == "parrot"
    talk = Prompt(messages=(Message("user", "Good day to you"),))
    plain = Prompt("a b c", sampling=Sampling(length=2, seed=1, logprobs=1))
    spoken, continued = write(remote, [talk, plain])
    assert (spoken.text, spoken.usage.answer) == ("Good day to you", 4)
    assert (continued.text, continued.finish) == ("a b", "length")
    assert [log.token for log in continued.logs] == ["a", " b"]


def test_a_checkpoint_is_served_with_seeds_that_hold(tiny: Path):
    engine = open_engine(resolve(str(tiny)))
    with (
        running([engine]) as base,
        openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as client,
    ):
        texts = [
            client.completions.create(model=engine.name, prompt="the", seed=seed, max_tokens=9)
            .choices[0]
            .text
            for seed in (1, 1, 2)
        ]
        with pytest.raises(openai.BadRequestError, match="no template"):
            client.chat.completions.create(
                model=engine.name, messages=[{"role": "user", "content": "x"}]
            )
        with pytest.raises(openai.BadRequestError) as long:
            client.completions.create(model=engine.name, prompt="x" * 600)
    assert texts[0] == texts[1] != texts[2]
    assert long.value.code == "context_length_exceeded"


def test_a_text_is_given_back_with_the_probability_of_every_token(tiny: Path):
    engine = open_engine(resolve(str(tiny)))
    text = "the state of the union is good"
    with (
        running([engine]) as base,
        openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as client,
    ):
        asked = {"model": engine.name, "echo": True, "logprobs": 1}
        bare = client.completions.create(prompt=text, max_tokens=0, **asked)  # type: ignore[call-overload]
        more = client.completions.create(prompt=text, max_tokens=2, seed=1, **asked)  # type: ignore[call-overload]
        remote = open_engine(resolve(f"{base}/v1"))
        heard = wait_for(remote.surprise(Prompt("the state of"), " the union is good"))
        with pytest.raises(openai.BadRequestError, match="stream"):
            client.completions.create(prompt=text, stream=True, **asked)  # type: ignore[call-overload]
    told = bare.choices[0].logprobs
    assert (bare.choices[0].text, "".join(told.tokens)) == (text, text)
    assert told.token_logprobs[0] is None
    assert bare.usage.prompt_tokens == len(told.tokens)
    nats = wait_for(open_engine(resolve(str(tiny))).surprise(Prompt("the state of"), text[12:]))
    assert heard == pytest.approx(nats, rel=1e-5)
    assert more.choices[0].text.startswith(text)
    assert len(more.choices[0].logprobs.tokens) == len(told.tokens) + 2
    assert more.usage.completion_tokens == 2


def test_a_model_without_probabilities_says_so_when_asked_for_them(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError, match="how probable"):
        client.completions.create(model="parrot", prompt="x", echo=True, logprobs=1)
    with pytest.raises(openai.BadRequestError, match="max_tokens"):
        client.completions.create(model="parrot", prompt="x", max_tokens=0)


def test_the_command_serves_until_told_to_stop_and_finishes_what_it_writes(tmp_path: Path):
    script = {"say": "word " * 60, "pace": 0.02}
    (tmp_path / "slow.jsonl").write_text(json.dumps(script))
    model = f"scripted:{tmp_path / 'slow.jsonl'}"
    command = [sys.executable, "-m", "wellhead", "serve", model, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stderr
    try:
        address = next(
            found[1] for line in process.stderr if (found := re.search(r"api: +(\S+)", line))
        )
        with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
            stream = iter(client.completions.create(model=model, prompt="x", stream=True))
            text = next(stream).choices[0].text
            process.send_signal(signal.SIGTERM)
            text += "".join(chunk.choices[0].text for chunk in stream)
        assert text.split() == ["word"] * 60
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.stderr.close()
        process.wait()
