"""Do the joint intervals hold the truth? Two methods over a grid, and what dependence does.

For every cell, many collections are drawn with known error rates and shares; the table says how
often the 95 % profile-likelihood interval held the share, and how wide it was in the middle.
Nothing but the model is needed, so no data.

    python benchmarks/joint_coverage.py [--repeats 1000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from wellhead._atomic import write_text
from wellhead._progress import progress
from wellhead.assay.joint.density import model_of
from wellhead.assay.joint.identify import identify
from wellhead.assay.joint.latent import fit
from wellhead.assay.joint.profile import share_intervals, worse_by
from wellhead.assay.joint.tables import Tables

RATES = (
    ((0.95, 0.9), (0.95, 0.98)),
    ((0.9, 0.8), (0.95, 0.97)),
    ((0.7, 0.6), (0.9, 0.99)),
    ((0.8, 0.8), (0.8, 0.8)),
)
SHARES = ((0.02, 0.3), (0.1, 0.7), (0.2, 0.5), (0.3, 0.4), (0.3, 0.3))
SIZES = (200, 1000)
ECHOES = (0.0, 0.1, 0.2, 0.3, 0.5)
# Widths need a fit at every point of a grid; a part of the draws is enough for a median.
WIDTHS = 40
THRESHOLD = 3.841458820694124
PATTERNS = np.array(list(product((1, 0), repeat=2)))


def main() -> None:
    """Print the tables; write JSON when asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cells = list(product(RATES, SHARES, SIZES))
    rows = []
    with progress("coverage", len(cells) + 2 * len(ECHOES)) as bar:
        for number, (rates, shares, n) in enumerate(cells):
            rows.append(cell(rates, shares, n, 0.0, options.repeats, number))
            bar.advance()
        broken = []
        for n, echo in product((300, 3000), ECHOES):
            broken.append(
                cell(((0.6, 0.6), (0.95, 0.95)), (0.1, 0.6), n, echo, options.repeats, 99)
            )
            bar.advance()
    print(
        "| finds (Se) | spares (Sp) | shares of the groups | n | holds the share | median width |"
    )
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for row in rows:
        print(line(row))
    print("\nSecond method repeats the first in a part of the documents:\n")
    print("| n | part | holds the share | median width |")
    print("| ---: | ---: | ---: | ---: |")
    for row in broken:
        print(f"| {row['n']} | {row['echo']:.0%} | {row['held']:.1%} | {row['width']:.1%} |")
    differ = [row["held"] for row in rows if row["shares"][0] != row["shares"][1]]
    print(f"\ncells whose groups differ: {min(differ):.1%} to {max(differ):.1%}")
    if options.json:
        write_text(options.json, json.dumps({"grid": rows, "echo": broken}, indent=1) + "\n")


def cell(
    rates: tuple[tuple[float, ...], tuple[float, ...]],
    shares: tuple[float, ...],
    n: int,
    echo: float,
    repeats: int,
    seed: int,
) -> dict[str, Any]:
    """One cell: how often the interval holds, and its median width."""
    tables = drawn(rates, shares, n, echo, repeats, seed)
    model = model_of(tables)
    best = fit(tables, model)
    truth = np.full((repeats, 1), float(np.mean(shares)))
    held = worse_by(tables, model, best, truth)[:, 0] <= THRESHOLD
    few = tables.with_counts(tables.counts[:WIDTHS])
    ends = share_intervals(few, model, fit(few, model))
    one = tables.with_counts(tables.counts[0])
    return {
        "sensitivity": rates[0],
        "specificity": rates[1],
        "shares": shares,
        "n": n,
        "echo": echo,
        "held": float(held.mean()),
        "width": float(np.median(ends[:, 1] - ends[:, 0])),
        "verdict": identify(one, model).verdict,
    }


def drawn(
    rates: tuple[tuple[float, ...], tuple[float, ...]],
    shares: tuple[float, ...],
    n: int,
    echo: float,
    repeats: int,
    seed: int,
) -> Tables:
    """Collections of n documents in equal groups."""
    rng = np.random.default_rng(seed)
    machine = pattern_probabilities(np.array(rates[0]), echo)
    human = pattern_probabilities(1 - np.array(rates[1]), echo)
    counts = np.stack(
        [rng.multinomial(n // len(shares), s * machine + (1 - s) * human, repeats) for s in shares],
        axis=1,
    ).astype(float)
    groups = len(shares)
    nothing = np.zeros(0, dtype=np.int64)
    return Tables(
        patterns=PATTERNS,
        counts=counts,
        known=np.zeros((2, groups, len(PATTERNS))),
        weights=np.full(groups, 1 / groups),
        groups=tuple(str(i) for i in range(groups)),
        row=nothing,
        group=nothing,
    )


def pattern_probabilities(says: np.ndarray, echo: float) -> np.ndarray:
    """Probability of each pattern when the methods say machine with these probabilities."""
    first, second = np.where(PATTERNS == 1, says, 1 - says).T
    return first * ((1 - echo) * second + echo * (PATTERNS[:, 0] == PATTERNS[:, 1]))


def line(row: dict[str, Any]) -> str:
    """One row of the printed table."""
    parts = [", ".join(f"{x:g}" for x in row[k]) for k in ("sensitivity", "specificity", "shares")]
    return f"| {' | '.join(parts)} | {row['n']} | {row['held']:.1%} | {row['width']:.1%} |"


if __name__ == "__main__":
    main()
