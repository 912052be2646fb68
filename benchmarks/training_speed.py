"""How long `wellhead detector train` takes for many texts, and how much memory.

Writes two Parquet files, as many texts by people as by machines, and trains on them in a process of
its own. So that there are enough, the texts in ``detection/`` are cut in two where their middle
sentence begins, and each text here is two halves drawn at random. Memory is what the process
itself holds, looked at ten times a second; pages of its temporary files come beside it, which the
system drops when it needs the room. A busy machine makes wall time long; processor time says what
the work is.

Run: ``python benchmarks/training_speed.py [--texts 10000 100000] [--json FILE]``. Linux only. The
data are not part of the project (`benchmarks/_harness.py`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from _harness import benchmark_arguments, markdown_table, needed, save_json
from wellhead.detect.spans import sentence_starts

SIDES = {"human": "human", "machine": "machine"}


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--texts", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()
    paths = [needed("detection", f"{name}.parquet") for name in ("dev", "dev2")]
    frame = pd.concat([pd.read_parquet(path, columns=["text", "label"]) for path in paths])
    rows = [_measured(frame, count) for count in sorted(arguments.texts)]
    columns = ["texts", ">MB", ">wall, s", ">processor, s", ">memory, MB", ">and of files, MB"]
    print(markdown_table(columns, [[f"{value:,.0f}" for value in row.values()] for row in rows]))
    save_json(arguments.json, rows)


def _measured(frame: pd.DataFrame, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        size = 0
        for label in SIDES:
            texts = _texts(frame.text[frame.label == label], count // 2)
            size += sum(len(text.encode()) for text in texts)
            pd.DataFrame({"text": texts}).to_parquet(Path(folder, f"{label}.parquet"))
        command = [sys.executable, "-m", "wellhead", "detector", "train", "--out", f"{folder}/made"]
        for label in SIDES:
            command += [f"--{label}", f"{folder}/{label}.parquet"]
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            held = _watched(process)
        wall = time.perf_counter() - started
        if process.returncode:
            sys.exit(f"wellhead detector train ended with {process.returncode}")
    return {"texts": count, "megabytes": size / 1e6, "wall": wall} | held


def _texts(texts: pd.Series[str], count: int) -> list[str]:
    """So many distinct texts of two halves each."""
    halves = []
    for text in texts:
        middle = min(sentence_starts(text), key=lambda at: abs(at - len(text) / 2))
        halves += [part for part in (text[:middle], text[middle:]) if part.strip()]
    rng, found = np.random.default_rng(0), dict[str, None]()
    while len(found) < count:
        one, other = (halves[at] for at in rng.integers(len(halves), size=2))
        found[f"{one.strip()} {other.strip()}"] = None
    return list(found)


def _watched(process: subprocess.Popen[Any]) -> dict[str, float]:
    """Processor time and the most memory of a process, until it ends."""
    status, ticks = Path(f"/proc/{process.pid}/status"), os.sysconf("SC_CLK_TCK")
    most, seconds = {"RssAnon": 0.0, "RssFile": 0.0}, 0.0
    while process.poll() is None:
        told = dict(re.findall(r"(\w+):\s+(\d+) kB", status.read_text()))
        most = {name: max(value, float(told.get(name, 0)) / 1024) for name, value in most.items()}
        times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        seconds = (int(times[11]) + int(times[12])) / ticks or seconds
        time.sleep(0.1)
    return {"processor": seconds, "memory": most["RssAnon"], "files": most["RssFile"]}


if __name__ == "__main__":
    main()
