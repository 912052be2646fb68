"""What each preset of the collapse laboratory costs, at its quick setting unless told otherwise.

Every preset is run as a user runs it, by the command, in a new folder, and gets its report. Wall
time depends on what else the machine does; processor time is what the preset itself took, over all
its processes. Presets whose extra is not installed are named as skipped.

    python benchmarks/collapse_presets.py [PRESET ...] [--workers 2] [--full] [--set name=value]
                                          [--json FILE]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _harness import benchmark_arguments, save_json

SIMULATIONS = (
    "shumailov-paper",
    "shumailov-code",
    "gerstgrasser",
    "kazdan",
    "mad",
    "suresh",
    "golden-ratio",
    "words",
    "digits",
)
MISSING_EXTRA = 4


def command(*arguments: str | Path) -> int:
    words = [sys.executable, "-m", "wellhead", "collapse", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in (0, MISSING_EXTRA):
        sys.exit(done.stderr)
    return done.returncode


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def measure(preset: str, folder: Path, options: list[str]) -> dict[str, float | str] | None:
    """Seconds of one preset and bytes of its report; None where an extra is missing."""
    began, used = time.perf_counter(), processor_seconds()
    if command("run", preset, "--out", folder, *options) == MISSING_EXTRA:
        return None
    command("report", folder)
    return {
        "preset": preset,
        "wall": time.perf_counter() - began,
        "processor": processor_seconds() - used,
        "report_bytes": float((folder / "report.html").stat().st_size),
    }


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("presets", nargs="*", default=SIMULATIONS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    told = ["--workers", str(options.workers), *["--full"] * options.full]
    told += [word for change in options.set for word in ("--set", change)]
    print(f"{'preset':18}{'wall s':>9}{'processor s':>13}{'report KB':>11}")
    rows = []
    with tempfile.TemporaryDirectory() as root:
        for preset in options.presets:
            row = measure(preset, Path(root) / preset, told)
            if row is None:
                print(f"{preset:18} skipped: its extra is not installed")
                continue
            rows.append(row)
            print(
                f"{preset:18}{row['wall']:9.1f}{row['processor']:13.1f}"
                f"{float(row['report_bytes']) / 1000:11.0f}",
                flush=True,
            )
    wall, processor = (sum(float(row[name]) for row in rows) for name in ("wall", "processor"))
    print(f"{'all':18}{wall:9.1f}{processor:13.1f}")
    whole = {"workers": options.workers, "presets": rows, "wall": wall, "processor": processor}
    save_json(options.json, whole)


if __name__ == "__main__":
    main()
