"""How long simulated writers wait for an acknowledgement, and whether anything is lost.

Each writer enters through the study's page, starts a session and sends a batch of about 35
events every five seconds, as the task page does. Prints percentiles of the time from sending a
batch to its acknowledgement (the server has committed it to disk by then), what the server used
of the processor, and, at the end, compares every writer's acknowledged text with what the server
has kept and checks every chain. Server and writers share this machine; all traffic stays on
loopback and is bounded by the options.

    python benchmarks/collect_load.py [--writers 500] [--seconds 60] [--postgres]
        [--processes 1] [--json FILE]

Data: none. ``--postgres`` starts a temporary PostgreSQL cluster and says so when none is installed.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from _harness import benchmark_arguments, save_json
from wellhead.collect.create import new_study
from wellhead.collect.server.host import open_host
from wellhead.collect.store.opening import stored_bytes
from wellhead.collect.study import Study
from wellhead.collect.verify import verify_study

# The simulated writers are the ones of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "collect"))
from loopback import LoadWriter, Server
from postgres_cluster import postgres_programs, temporary_postgres

EVERY_SECONDS = 5.0
WORDS = "seventeen letters "  # 18 keys and 18 edits make one batch


def main() -> None:
    """Run the benchmark once and print it."""
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--writers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--processes", type=int, default=1, help="of the server; PostgreSQL only")
    options = parser.parse_args()
    if options.postgres and postgres_programs() is None:
        sys.exit("PostgreSQL is not installed: initdb was not found.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(temporary_postgres()) if options.postgres else None
        result = measure(folder, database, options.writers, options.seconds, options.processes)
    show(result)
    save_json(options.json, result)


def measure(
    folder: Path, database: str | None, count: int, seconds: float, processes: int = 1
) -> dict[str, Any]:
    """Serve a fresh study, load it, and check what was kept."""
    study = roomy_study(folder)
    server = Server(study.path, database=database, processes=processes)
    server.start()
    began, used = time.perf_counter(), server.cpu_seconds()
    try:
        latencies, lost = asyncio.run(load(server, count, seconds))
        wall, cpu = time.perf_counter() - began, server.cpu_seconds() - used
    finally:
        server.stop()
    host = open_host([study], database=database)
    verified = host.store.read(lambda c: verify_study(c, study, host.keys[study.id]))
    stored = host.store.read(lambda c: stored_bytes(c, study.id))
    host.store.close()
    milliseconds = 1000 * np.array(latencies)
    return {
        "database": "PostgreSQL" if database else "SQLite",
        "writers": count,
        "processes": processes,
        "seconds": seconds,
        "batches": len(latencies),
        "per_second": len(latencies) / seconds,
        "ack_ms": {f"p{q}": float(np.percentile(milliseconds, q)) for q in (50, 95, 99, 100)},
        "characters_lost": lost,
        "chains": verified.sessions,
        "chain_breaks": len(verified.breaks),
        "kilobytes_per_answer": stored / 1024 / max(1, verified.sessions),
        "bytes_per_character": stored / max(1, len(WORDS) * len(latencies)),
        "server_cores": cpu / wall,
        "cores": os.cpu_count(),
        "disk_flush_ms": flushes(folder),
        "machine_load": os.getloadavg()[0],
    }


def flushes(folder: Path) -> dict[str, float]:
    """How long this disk itself takes to flush 8 KiB, in milliseconds: the floor of any commit."""
    times = []
    with (folder / "flush").open("wb", buffering=0) as stream:
        for _ in range(200):
            stream.write(bytes(8192))
            began = time.perf_counter()
            os.fsync(stream.fileno())
            times.append(1000 * (time.perf_counter() - began))
            time.sleep(0.01)
    return {f"p{q}": float(np.percentile(times, q)) for q in (50, 95, 99)}


def roomy_study(folder: Path) -> Study:
    """A study that lets all writers start at once from one address."""
    study = new_study(folder / "load")
    text = study.path.read_text()
    study.path.write_text(text.replace("# starts_per_minute = 120", "starts_per_minute = 100000"))
    return study


async def load(server: Server, count: int, seconds: float) -> tuple[list[float], int]:
    """Latencies of all batches in seconds, and how many acknowledged characters are missing."""
    writers = [LoadWriter(server.port, "load", number) for number in range(count)]
    for start in range(0, count, 20):
        await asyncio.gather(*(writer.start() for writer in writers[start : start + 20]))
    end = time.perf_counter() + seconds
    await asyncio.gather(*(write(writer, end) for writer in writers))
    lost = 0
    for writer in writers:
        kept = await writer.kept()
        lost += missing(writer.acknowledged, kept)
        writer.connection.close()
    return [latency for writer in writers for latency in writer.latencies], lost


def missing(acknowledged: str, kept: str) -> int:
    """How many characters at the end of the acknowledged text are not kept."""
    same = 0
    while same < min(len(acknowledged), len(kept)) and acknowledged[same] == kept[same]:
        same += 1
    return len(acknowledged) - same


async def write(writer: LoadWriter, end: float) -> None:
    """Send a batch every five seconds from a random moment on."""
    await asyncio.sleep(random.Random(writer.number).uniform(0, EVERY_SECONDS))
    while (now := time.perf_counter()) < end:
        await writer.send(WORDS)
        await asyncio.sleep(max(0.0, now + EVERY_SECONDS - time.perf_counter()))


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    print(
        f"{result['writers']} writers for {result['seconds']:.0f} s on {result['database']}, "
        f"{result['processes']} server process(es): "
        f"{result['batches']} batches, {result['per_second']:.0f} a second"
    )
    for name, value in result["ack_ms"].items():
        print(f"  acknowledged within {name:>5}: {value:8.1f} ms")
    flush = ", ".join(f"{name} {value:.1f}" for name, value in result["disk_flush_ms"].items())
    print(f"  one flush of this disk, for comparison: {flush} ms")
    print(f"  acknowledged characters lost: {result['characters_lost']}")
    print(f"  chains checked: {result['chains']}, breaks: {result['chain_breaks']}")
    print(
        f"  stored: {result['kilobytes_per_answer']:.0f} KB of batches an answer, "
        f"{result['bytes_per_character']:.0f} bytes a typed character"
    )
    print(
        f"  the server used {result['server_cores']:.2f} of {result['cores']} cores; "
        f"machine load at the end {result['machine_load']:.1f}"
    )


if __name__ == "__main__":
    main()
