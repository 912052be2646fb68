"""The figures of docs/lm.md about recursion: runs the preset `lm-quick`, prints its tables.

    python benchmarks/lm_quick.py [--out runs/lm-quick] [--workers N] [--json lm_quick.json]

A run folder that is there is finished or only read, and says what of it is missing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from wellhead.collapse import Run, run
from wellhead.errors import BadSetting

SHOWN = {
    "perplexity": "perplexity of real text",
    "output_perplexity": "perplexity of output under generation 0",
    "output_distinct_2": "distinct word pairs of output",
    "new_words": "invented words in output",
}
WORDS = ("1_to_2", "3_to_9", "10_to_99", "100_and_more")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/lm-quick"))
    parser.add_argument("--workers", type=int)
    parser.add_argument("--read", action="store_true", help="read the folder as it is")
    parser.add_argument("--json", type=Path, default=Path("lm_quick.json"))
    arguments = parser.parse_args()
    if arguments.read:
        found = Run.load(arguments.out)
    else:
        found = run("lm-quick", out=arguments.out, workers=arguments.workers, show=True)
    print(f"{found.cells[0]} of {found.cells[1]} cells, {found.seconds:.0f} s of computing\n")
    print("| | generation 0 | last | seeds |\n| --- | --- | --- | --- |")
    table = {}
    for setting in found.plan.settings:
        for measure, title in SHOWN.items():
            ends = [spread(found, measure, setting.label, at) for at in (0, setting.generations)]
            if ends[1][3]:
                table[f"{setting.label}: {measure}"] = ends
                print(f"| {setting.label}: {title} |", " | ".join(map(said, ends)), end="")
                print(f" | {ends[1][3]} |")
    print("\nloss on real words above generation 0, nats per word\n")
    print("| | seen 1-2 times | 3-9 | 10-99 | 100 and more |\n| --- | --- | --- | --- | --- |")
    for setting in found.plan.settings:
        grown = [gain(found, f"loss_{name}", setting.label, setting.generations) for name in WORDS]
        table[f"{setting.label}: words"] = grown
        print(f"| {setting.label} | {' | '.join(f'{each:.2f}' for each in grown)} |")
    arguments.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


def spread(found: Run, measure: str, label: str, at: int) -> tuple[float, float, float, int]:
    """Mean, least and most over seeds, and how many."""
    try:
        values = found.values(measure, label, at)
    except BadSetting:
        return float("nan"), float("nan"), float("nan"), 0
    if not len(values):
        return float("nan"), float("nan"), float("nan"), 0
    return float(values.mean()), float(values.min()), float(values.max()), len(values)


def gain(found: Run, measure: str, label: str, at: int) -> float:
    after, before = (found.values(measure, label, place) for place in (at, 0))
    return float(np.mean(after) - np.mean(before)) if len(after) else float("nan")


def said(values: tuple[float, float, float, int]) -> str:
    mean, low, high, _ = values
    return f"{written(mean)} ({written(low)} to {written(high)})"


def written(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    main()
