"""The table of docs/evaluate.md: the suite `quick` on every generation of a run of `lm-quick`.

    python benchmarks/evaluate_quick.py [--run runs/lm-quick] [--out evaluations] [--json FILE]

Needs the extras `evaluate` and `demo`, and the run: wellhead collapse run lm-quick.
"""

from __future__ import annotations

from pathlib import Path

import wellhead
from _harness import benchmark_arguments, markdown_table, save_json


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/lm-quick"))
    parser.add_argument("--out", type=Path, default=Path("evaluations"))
    arguments = parser.parse_args()
    found = wellhead.evaluate(arguments.run, out=arguments.out, show=True)
    tasks = [task.name for task in found.tasks]
    rows = []
    for series in found.series:
        cells = []
        for task in tasks:
            ends = found.of(task, series)
            fell = [
                each.generation
                for each in found.fallen
                if (each.series, each.task) == (series, task)
            ]
            bits = [each.bits_per_byte or float("nan") for each in (ends[0], ends[-1])]
            when = f", from {min(fell)}" if fell else ""
            cells.append(f"{bits[0]:.2f} → {bits[1]:.2f}{when}")
        rows.append((series, *cells))
    print(markdown_table(("bits per byte, first → last", *tasks), rows))
    save_json(arguments.json, found.to_dict(rows=0))


if __name__ == "__main__":
    main()
