"""How fast a generation is added to a store and verified, beside `sha256sum` on the same file.

A Parquet file of a million rows (text, doc_id, root_id, generation) is derived from as many
originals: hashed, its rows read, every root looked up. `sha256sum` and Python's own SHA-256 read
the same file in the same run. ``--rows N`` changes the size.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead.lineage import About, Generator, Reading, add, derive, init
from wellhead.lineage.verify import verify

CHARACTERS = 600


def write(path: Path, rows: int, generation: int) -> None:
    """Rows of incompressible letters, so that the file is as large as its text."""
    letters = np.random.default_rng(generation).integers(97, 123, rows * CHARACTERS, np.uint8)
    offsets = np.arange(rows + 1, dtype=np.int64) * CHARACTERS
    text = pa.LargeStringArray.from_buffers(
        rows, pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters.tobytes())
    )
    roots = [f"original-{number:08d}" for number in range(rows)]
    ids = roots if generation == 0 else [f"machine-{number:08d}" for number in range(rows)]
    columns = {
        "doc_id": ids,
        "root_id": roots,
        "generation": pa.array([generation] * rows, pa.int32()),
        "text": text,
    }
    pq.write_table(pa.table(columns), path, compression="none", use_dictionary=False)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The best of several runs, files warm."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def ours(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def measured(folder: Path, rows: int) -> dict[str, float]:
    """Megabytes a second for each way through the file."""
    human, machine = folder / "human.parquet", folder / "machine.parquet"
    write(human, rows, 0)
    write(machine, rows, 1)
    store, leave = init(folder / "store"), Reading(keep=False)
    original = add(store, [human], writers="people", reading=leave)
    number = iter(range(1000))

    def derived() -> None:
        about = About(name=f"g{next(number)}", generator=Generator(model="m"))
        derive(store, [machine], parents=[original], about=about, reading=leave)

    def added() -> None:
        about = About(name=f"o{next(number)}")
        add(store, [human], writers="people", about=about, reading=leave)

    megabytes = machine.stat().st_size / 1e6
    ways: dict[str, Callable[[], object]] = {
        "sha256 (hashlib)": lambda: ours(machine),
        "derive": derived,
        "add": added,
    }
    if tool := shutil.which("sha256sum"):
        command = [tool, str(machine)]
        ways["sha256sum"] = lambda: subprocess.run(command, check=True, capture_output=True)
    found = {name: megabytes / seconds(work) for name, work in ways.items()}
    checked = verify(store)
    found["verify, whole store"] = checked.bytes / 1e6 / seconds(lambda: verify(store), 1)
    return {"megabytes": megabytes, **found}


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
        found = measured(Path(folder), options.rows)
    size = found.pop("megabytes")
    base = found.get("sha256sum", found["sha256 (hashlib)"])
    rows = [[name, f"{rate:,.0f}", f"{base / rate:.2f}"] for name, rate in found.items()]
    print(f"{options.rows:,} rows, {size:,.0f} MB\n")
    print(markdown_table(["way", ">MB/s", ">time against sha256sum"], rows))
    save_json(options.json, {"rows": options.rows, "megabytes": size, "rates": found})


if __name__ == "__main__":
    main()
