"""One million documents curated: peak memory, seconds, and hours of a processor for a terabyte.

Writes documents of three sentences, at random from the demo's, in 20 JSONL files, assays a random
sample of 3,000 of them with the general detector, and curates all of them, each step in a process
of its own. Needs the extra ``demo``.

    python benchmarks/curate_million.py [--documents 1000000] [--json FILE]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead.demo import load_demo

FILES = 20
STEPS = {
    "score": "import wellhead; wellhead.score({corpus!r})",
    "assay of a sample": (
        "import wellhead; wellhead.assay({corpus!r}, human={human!r}, sample=3000).save({report!r})"
    ),
    "plan": (
        "import wellhead; wellhead.curate({corpus!r}, assay={report!r}, policy='budget', dial=0.7)"
    ),
    "plan and new corpus": (
        "import wellhead; wellhead.curate({corpus!r}, assay={report!r}, policy='budget', dial=0.7, "
        "apply=True, out={out!r})"
    ),
}


def write(folder: Path, documents: int) -> None:
    """The corpus and a reference."""
    rng = np.random.default_rng(0)
    demo = load_demo(share=0.3, documents=400, seed=0)
    told = " ".join(row.text for row in demo.corpus)
    sentences = np.array([f"{one.strip()}." for one in told.split(".") if len(one) > 60])

    def text() -> str:
        return " ".join(sentences[rng.integers(0, sentences.size, 3)])

    (folder / "in").mkdir()
    for number in range(FILES):
        with (folder / "in" / f"{number:02}.jsonl").open("w", encoding="utf-8") as stream:
            for row in range(documents // FILES):
                stream.write(json.dumps({"id": f"{number}-{row}", "text": text()}) + "\n")
    people = [text() for _ in range(100)]
    (folder / "human.txt").write_text("\n".join(people) + "\n", encoding="utf-8")


def measured(code: str) -> tuple[float, float, float]:
    """Seconds, those of processors, and peak memory, in MB, of a process that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    tell = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used, int(done.stdout.split()[-1]) / 1024


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="wellhead-") as place:
        folder = Path(place)
        write(folder, arguments.documents)
        size = sum(path.stat().st_size for path in (folder / "in").iterdir()) / 1e6
        names = {
            "corpus": str(folder / "in"),
            "human": str(folder / "human.txt"),
            "report": str(folder / "report"),
            "out": str(folder / "out"),
        }
        for step, code in STEPS.items():
            rows.append((step, *measured(code.format(**names))))
            print(f"{step}: {rows[-1][1]:.0f} s", flush=True)
    print(f"\n{arguments.documents:,} documents, {size:.0f} MB\n")
    lines = [
        (step, f"{wall:.0f}", f"{used:.0f}", f"{peak:.0f}", f"{1e6 * used / size / 3600:.0f}")
        for step, wall, used, peak in rows
    ]
    heads = ("step", ">seconds", ">of processors", ">peak, MB", ">processor hours per terabyte")
    print(markdown_table(heads, lines))
    save_json(arguments.json, rows)


if __name__ == "__main__":
    main()
