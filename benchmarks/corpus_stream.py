"""Peak memory and speed of one pass over a corpus, for every format and two sizes.

The documents are made here, from random words, so that nothing has to be downloaded. Each pass
runs in a process of its own and reads its peak resident memory from Linux (`VmHWM`). A pass
counts rows, hashes every text, finds exact duplicates and hands out Arrow batches.

    python benchmarks/corpus_stream.py --json corpus_stream.json
"""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from _harness import benchmark_arguments, save_json

SIZES = (10_000, 100_000)
WORDS = 150
PASS = """
import sys
from wellhead.corpus import open_corpus
corpus = open_corpus(sys.argv[1])
for batch in corpus.batches(): pass
status = open("/proc/self/status").read().splitlines()
print(corpus.census.documents, next(line.split()[1] for line in status if "VmHWM" in line))
"""


class Row(NamedTuple):
    """One pass: format, documents, file size, seconds, peak memory in MiB."""

    format: str
    documents: int
    file_mib: float
    seconds: float
    peak_mib: float


def texts(documents: int) -> Iterator[str]:
    """Random documents of `WORDS` words."""
    random = np.random.default_rng(1)
    letters = random.integers(97, 123, (20_000, 7), dtype=np.uint8)
    words = np.array([bytes(row[: 2 + i % 6]).decode() for i, row in enumerate(letters)])
    for _ in range(documents):
        yield " ".join(words[random.integers(0, len(words), WORDS)])


def write_jsonl(path: Path, documents: int) -> None:
    with path.open("w") as stream:
        for number, text in enumerate(texts(documents)):
            stream.write(json.dumps({"id": f"n{number}", "text": text, "n": number}) + "\n")


def write_gzip(path: Path, documents: int) -> None:
    with gzip.open(path, "wt", compresslevel=1) as stream:
        for number, text in enumerate(texts(documents)):
            stream.write(json.dumps({"id": f"n{number}", "text": text, "n": number}) + "\n")


def write_array(path: Path, documents: int) -> None:
    with path.open("w") as stream:
        for number, text in enumerate(texts(documents)):
            stream.write(("," if number else "[") + json.dumps({"text": text, "n": number}))
        stream.write("]")


def write_csv(path: Path, documents: int) -> None:
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["n", "text"])
        rows.writerows(enumerate(texts(documents)))


def write_parquet(path: Path, documents: int) -> None:
    table = pa.table({"text": list(texts(documents)), "n": range(documents)})
    pq.write_table(table, path)


FORMATS = {
    "JSONL": (write_jsonl, "t.jsonl"),
    "JSONL, gzip": (write_gzip, "t.jsonl.gz"),
    "JSON array": (write_array, "t.json"),
    "CSV": (write_csv, "t.csv"),
    "Parquet, one row group": (write_parquet, "t.parquet"),
}


def measure(name: str, path: Path) -> Row:
    """One pass over `path` in a fresh process."""
    start = time.perf_counter()
    command = [sys.executable, "-c", PASS, str(path)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds = time.perf_counter() - start
    documents, peak = map(int, told.split())
    return Row(name, documents, path.stat().st_size / 2**20, seconds, peak / 1024)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    options = parser.parse_args()
    rows = []
    print(f"{'format':24}{'documents':>10}{'file, MiB':>11}{'seconds':>9}{'peak, MiB':>11}")
    for name, (write, file) in FORMATS.items():
        for documents in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder) / file, documents)
                row = measure(name, Path(folder) / file)
            rows.append(row)
            print(
                f"{row.format:24}{row.documents:10}{row.file_mib:11.1f}"
                f"{row.seconds:9.1f}{row.peak_mib:11.0f}"
            )
    save_json(options.json, rows)


if __name__ == "__main__":
    main()
