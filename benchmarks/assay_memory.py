"""How much memory and time an assay of many documents takes: one streamed pass, measured.

Writes a corpus of State of the Union paragraphs, each made distinct by a number, into a temporary
folder, runs ``wellhead assay`` on it in a process of its own and prints that process's peak
resident memory. Needs the extra ``demo``.

Run: ``python benchmarks/assay_memory.py [--documents 10000 100000] [--json FILE]``.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead.demo import load_demo


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()
    rows = [_measured(count) for count in sorted(arguments.documents)]
    columns = ("documents", "corpus, MB", "seconds", "documents a second", "peak memory, MB")
    print(
        markdown_table(
            columns,
            [
                (
                    f"{row['documents']:,}",
                    f"{row['megabytes']:.0f}",
                    f"{row['seconds']:.1f}",
                    f"{row['documents'] / row['seconds']:,.0f}",
                    f"{row['peak_megabytes']:.0f}",
                )
                for row in rows
            ],
        )
    )
    save_json(arguments.json, rows)


def _measured(count: int) -> dict[str, float]:
    demo = load_demo(share=0.3, documents=400, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        corpus, human = Path(folder, "corpus.jsonl"), Path(folder, "human.jsonl")
        texts = [row.text for row in demo.corpus]
        with corpus.open("w", encoding="utf-8") as stream:
            for i in range(count):
                row = {"id": str(i), "text": f"{texts[i % len(texts)]} ({i})"}
                stream.write(json.dumps(row) + "\n")
        with human.open("w", encoding="utf-8") as stream:
            for row in demo.human:
                stream.write(json.dumps({"id": row.id, "text": row.text}) + "\n")
        command = [sys.executable, "-m", "wellhead", "assay", str(corpus), "--human", str(human)]
        started = time.perf_counter()
        subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = corpus.stat().st_size / 1e6
    return {
        "documents": count,
        "megabytes": size,
        "seconds": seconds,
        "peak_megabytes": peak,
    }


if __name__ == "__main__":
    main()
