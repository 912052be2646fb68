"""What the gateway costs: requests a second and milliseconds, beside the bare endpoint.

A scripted endpoint in a process of its own answers with a stream of 20 pieces; clients ask it
directly and through ``wellhead watch serve`` (logging every exchange, with its meter), one at a
time and sixteen at a time, taking turns so that both see the same machine. Printed are the
throughput and the time to the last byte (median, p95), and the differences. Run it on an idle
machine; it takes about a minute.

    python benchmarks/watch_gateway.py [--json FILE] [--requests 400] [--pace 0.002]
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from _harness import benchmark_arguments, markdown_table, save_json

BODY: dict[str, object] = {
    "stream": True,
    "messages": [{"role": "user", "content": "hello"}],
}


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """A wellhead server in a process of its own; its address."""
    command = [sys.executable, "-m", "wellhead", *arguments, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        found = None
        while process.stderr and (line := process.stderr.readline()):
            if found := re.search(r"http://[\w.:]+", line):
                break
        if not found:
            sys.exit(f"{' '.join(command)} did not start")
        yield found.group()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


async def measure(url: str, requests: int, at_once: int) -> tuple[float, list[float]]:
    """Requests a second, and the seconds to the last byte of each."""
    import aiohttp

    taken: list[float] = []
    left = iter(range(requests))

    async def client(session: aiohttp.ClientSession) -> None:
        for _ in left:
            start = time.perf_counter()
            async with session.post(f"{url}/v1/chat/completions", json=BODY) as reply:
                reply.raise_for_status()
                async for _piece in reply.content.iter_any():
                    pass
            taken.append(time.perf_counter() - start)

    async with aiohttp.ClientSession() as session:
        start = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(at_once)))
        return requests / (time.perf_counter() - start), taken


def compare(bare: str, watched: str, requests: int, at_once: int) -> dict[str, float]:
    """Both in turns of a tenth each."""
    speed: dict[str, list[float]] = {"bare": [], "watched": []}
    times: dict[str, list[float]] = {"bare": [], "watched": []}
    for turn in range(11):
        for name, url in (("bare", bare), ("watched", watched)):
            rate, taken = asyncio.run(measure(url, max(requests // 10, at_once), at_once))
            if turn:  # the first one warms up
                speed[name].append(rate)
                times[name] += taken
    bare_p, watched_p = (np.percentile(times[name], [50, 95]) * 1000 for name in times)
    return {
        "at_once": at_once,
        "bare_per_second": float(np.median(speed["bare"])),
        "watched_per_second": float(np.median(speed["watched"])),
        "bare_p50": float(bare_p[0]),
        "watched_p50": float(watched_p[0]),
        "bare_p95": float(bare_p[1]),
        "watched_p95": float(watched_p[1]),
    }


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--pace", type=float, default=0.002, help="seconds before each piece")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        line = {"say": "word " * 20, "pace": arguments.pace}
        (folder / "script.jsonl").write_text(json.dumps(line) + "\n")
        (folder / "rules.toml").write_text("[[rule]]\nname = 'x'\npattern = 'y'\n")
        with running("serve", f"scripted:{folder / 'script.jsonl'}") as bare:
            with urllib.request.urlopen(f"{bare}/v1/models") as reply:
                BODY["model"] = json.load(reply)["data"][0]["id"]
            (folder / "WATCH.toml").write_text(
                f'[[version]]\nname = "v"\nupstream = "{bare}/v1"\n'
                '[[verdict]]\nkind = "rules"\nfile = "rules.toml"\n'
            )
            with running("watch", "serve", str(folder / "WATCH.toml")) as watched:
                rows = [compare(bare, watched, arguments.requests, at_once) for at_once in (1, 16)]
    print(
        markdown_table(
            (
                *(">at once", ">bare, per second", ">watched, per second", ">part"),
                *(">more, median", ">more, p95"),
            ),
            [
                (
                    f"{row['at_once']:.0f}",
                    f"{row['bare_per_second']:.0f}",
                    f"{row['watched_per_second']:.0f}",
                    f"{row['watched_per_second'] / row['bare_per_second']:.0%}",
                    f"{row['watched_p50'] - row['bare_p50']:.1f} ms",
                    f"{row['watched_p95'] - row['bare_p95']:.1f} ms",
                )
                for row in rows
            ],
        )
    )
    save_json(arguments.json, rows)


if __name__ == "__main__":
    main()
