"""The figures of docs/lm.md about a detector in the loop: runs the preset `drayson`.

    python benchmarks/lm_detector.py [--out runs/drayson] [--seeds 3] [--generations 3]
        [--sampler unbiased] [--workers N] [--read] [--json lm_detector.json]

For each setting: the real share that its training data had after selection (a_eff), the inflation κ
that theory expects from it, the effective size and κ with it, the loss on held-out real text
above generation 0, and in how many seeds that lies below no selection. Then Kendall's τ between the
orders by κ and by loss, over the means and within each seed. What counts was fixed before the run:
selection beats none when its excess loss is lower in every seed; the order by κ holds when τ over
the means is 1. κ takes training sets that keep their size, so that it says nothing about an oracle
that drops without replacing. The second κ, the trained detector and the refilling of the oracles
came after trials of one seed and one generation on a seventh of the text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead import collapse
from wellhead.recursion import Run
from wellhead.recursion.theory_vs_observed import excess_losses, order_agreement

NONE = "no selection"


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="lm_detector.json")
    parser.add_argument("--out", type=Path, default=Path("runs/drayson"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--generations", type=int, default=3)
    parser.add_argument("--sampler", help="another sampler than that of the preset")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--read", action="store_true", help="read the folder as it is")
    arguments = parser.parse_args()
    if arguments.read:
        found = Run.load(arguments.out)
    else:
        changes = {"seeds": arguments.seeds, "generations": arguments.generations}
        if arguments.sampler:
            changes["sampler.name"] = arguments.sampler
        found = collapse(
            "drayson", changes=changes, out=arguments.out, workers=arguments.workers, show=True
        )
    print(f"{found.cells[0]} of {found.cells[1]} cells, {found.seconds:.0f} s of computing\n")
    report(found, arguments.json)


def report(found: Run, file: Path) -> None:
    gained = {row.setting: gains(found, row.setting) for row in excess_losses(found)}
    seeds = min(len(values) for values in gained.values())
    columns = ("setting", ">real share", ">κ", ">size", ">κ, sized", "excess loss")
    rows = excess_losses(found)
    lines = []
    for row in rows:
        better = int((gained[row.setting][:seeds] < gained[NONE][:seeds]).sum())
        verdict = "" if row.setting == NONE else f"{better} of {seeds} seeds"
        figures = [f"{x:.2f}" for x in (row.real_share, row.kappa, row.size, row.sized)]
        told = f"{row.observed:.3f} ({row.low:.3f} to {row.high:.3f})"
        lines.append((row.setting, *figures, told, verdict))
    print(markdown_table((*columns, "below no selection"), lines))
    within = {}
    for forecast in ("kappa", "sized"):
        known = [row for row in rows if np.isfinite(getattr(row, forecast))]
        within[forecast] = [
            float(
                kendalltau(
                    [getattr(row, forecast) for row in known],
                    [gained[row.setting][seed] for row in known],
                )[0]
            )
            for seed in range(seeds)
        ]
        each = ", ".join(f"{value:.2f}" for value in within[forecast])
        print(
            f"\nKendall's τ by {forecast}: {order_agreement(rows, forecast):.2f} over means, ",
            end="",
        )
        print(f"{each} within seeds")
    save_json(file, {"rows": rows, "within_seeds": within})


def gains(found: Run, label: str) -> np.ndarray:
    """Loss of the last generation above generation 0, by seed."""
    last = next(each for each in found.plan.settings if each.label == label).generations
    start, end = (found.values("loss", label, generation) for generation in (0, last))
    return np.asarray(end - start)


if __name__ == "__main__":
    main()
