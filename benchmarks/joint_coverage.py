"""Do the joint intervals hold the truth, and do they say when they may not?

Collections are drawn with known error rates and shares; nothing but the model is needed, so no
data. Four tables:

grid       two methods that err independently, in groups with different shares: how often the 95 %
           interval holds the share. Where the groups hardly differ the data do not settle the
           share, and what is given is a range; the rule for "identified" (a test of the groups at
           5 %) was set before, and a cell counts as identified when three of four draws are. That
           rule of three in four was chosen on `--grid tuning`: other error rates, shares, sizes
           and seeds; the line for nine in ten was added after seeing the grid.
one group  nothing determines the share: the range that is given.
echo       the second method repeats the first one's answer in a part of the documents.
third      the same with a third method that is independent: how often the report warns, and
           whether what it reports then holds.

    python benchmarks/joint_coverage.py [--repeats 2000] [--grid tuning] [--json FILE]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import chi2

from _harness import benchmark_arguments, save_json
from wellhead._progress import progress
from wellhead.consensus.em import Fit, fit
from wellhead.consensus.estimate import ALPHA, Estimate, estimate
from wellhead.consensus.identify import homogeneity, identify
from wellhead.consensus.likelihood import model_of
from wellhead.consensus.profile import share_intervals, worse_by
from wellhead.consensus.tables import Tables
from wellhead.consensus.votes import Votes

LEVEL = 0.95
THRESHOLD = float(chi2.ppf(LEVEL, 1))
IDENTIFIED = 0.75
# Widths need a fit at every point of a grid; a part of the draws is enough for a median.
WIDTHS = 60
ECHOES = (0.0, 0.1, 0.2, 0.3, 0.5)
PATTERNS = np.array(list(product((1, 0), repeat=2)))

Rates = tuple[tuple[float, ...], tuple[float, ...]]


class Grid(NamedTuple):
    """Sensitivities and specificities, shares of the groups, documents, and the first seed."""

    rates: tuple[Rates, ...]
    shares: tuple[tuple[float, ...], ...]
    sizes: tuple[int, ...]
    seed: int


GRIDS = {
    "report": Grid(
        (
            ((0.95, 0.9), (0.95, 0.98)),
            ((0.9, 0.8), (0.95, 0.97)),
            ((0.7, 0.6), (0.9, 0.99)),
            ((0.8, 0.8), (0.8, 0.8)),
        ),
        (
            (0.1, 0.7),
            (0.02, 0.3),
            (0.5, 0.8),
            (0.1, 0.3, 0.6),
            (0.2, 0.5),
            (0.05, 0.15),
            (0.3, 0.4),
            (0.3, 0.3),
        ),
        (200, 1000),
        0,
    ),
    "tuning": Grid(
        (((0.85, 0.7), (0.97, 0.93)), ((0.9, 0.75), (0.85, 0.95)), ((0.65, 0.8), (0.95, 0.9))),
        (
            (0.05, 0.5),
            (0.15, 0.35),
            (0.25, 0.45),
            (0.4, 0.6),
            (0.3, 0.38),
            (0.2, 0.25),
            (0.4, 0.4),
            (0.1, 0.1),
        ),
        (150, 400, 1500),
        5000,
    ),
}


def main() -> None:
    """Print the tables; write JSON when asked."""
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--grid", choices=sorted(GRIDS), default="report")
    options = parser.parse_args()
    grid = GRIDS[options.grid]
    cells = list(product(grid.shares, grid.rates, grid.sizes))
    with progress("coverage", len(cells)) as bar:
        rows = []
        for number, (shares, rates, n) in enumerate(cells):
            rows.append(cell(rates, shares, n, 0.0, options.repeats, grid.seed + number))
            bar.advance()
    show_grid(rows, options.repeats)
    result: dict[str, Any] = {"grid": rows}
    if options.grid == "report":
        few = min(options.repeats, 400)
        result["one group"] = [one_group(rates, few) for rates in grid.rates]
        result["echo"] = [
            cell(((0.6, 0.6), (0.95, 0.95)), (0.1, 0.6), n, echo, options.repeats, 99)
            for n, echo in product((300, 3000), ECHOES)
        ]
        result["third"] = [third(n, echo, few) for n, echo in product((300, 1000, 3000), ECHOES)]
        show_rest(result, few)
    save_json(options.json, result)


# -- two methods -----------------------------------------------------------------------------------


def cell(
    rates: Rates, shares: tuple[float, ...], n: int, echo: float, repeats: int, seed: int
) -> dict[str, Any]:
    """One cell: how often the interval holds, how often it is called one, its median width."""
    tables = drawn(rates, shares, n, echo, repeats, seed)
    model = model_of(tables)
    best = fit(tables, model)
    truth = np.full((repeats, 1), float(np.mean(shares)))
    held = worse_by(tables, model, best, truth)[:, 0] <= THRESHOLD
    identified = np.array([_groups_differ(tables, i) for i in range(repeats)])
    few = tables.with_counts(tables.counts[:WIDTHS])
    ends = share_intervals(few, model, fit(few, model))
    return {
        "sensitivity": rates[0],
        "specificity": rates[1],
        "shares": shares,
        "n": n,
        "echo": echo,
        "held": float(held.mean()),
        "identified": float(identified.mean()),
        "held_when_identified": float(held[identified].mean()) if identified.any() else None,
        "width": float(np.median(ends[:, 1] - ends[:, 0])),
    }


def _groups_differ(tables: Tables, draw: int) -> bool:
    """What `identify` asks of groups when nothing else determines the share."""
    p_value = homogeneity(tables.with_counts(tables.counts[draw]))
    return p_value is not None and p_value <= 0.05


def drawn(
    rates: Rates, shares: tuple[float, ...], n: int, echo: float, repeats: int, seed: int
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


def one_group(rates: Rates, repeats: int, share: float = 0.3, n: int = 1000) -> dict[str, Any]:
    """Two methods and nothing else: the range that is given, and that it is called one."""
    tables = drawn(rates, (share,), n, 0.0, repeats, 77)
    model = model_of(tables)
    best: Fit = fit(tables, model)
    ends = share_intervals(tables, model, best)
    return {
        "sensitivity": rates[0],
        "specificity": rates[1],
        "held": float(((ends[:, 0] <= share) & (share <= ends[:, 1])).mean()),
        "width": float(np.median(ends[:, 1] - ends[:, 0])),
        "verdict": identify(tables.with_counts(tables.counts[0]), model).verdict,
    }


# -- three methods ---------------------------------------------------------------------------------


def third(n: int, echo: float, repeats: int) -> dict[str, Any]:
    """Two methods that echo and an independent third, in two groups: warnings and coverage."""
    found = [(votes, estimate(votes, rates=False, repeats=99, seed=i), share)
             for i in range(repeats) for votes, share in [three_methods(n, echo, i)]]  # fmt: skip
    plain = [
        estimate(votes, rates=False, repeats=0).share.covers(share) for votes, _, share in found
    ]
    right = [set(e.dependent) == {"a", "b"} for _, e, _ in found if e.dependent]
    return {
        "n": n,
        "echo": echo,
        "warned": float(np.mean([_warned(e) for _, e, _ in found])),
        "right_pair": float(np.mean(right)) if right else None,
        "held": float(np.mean([e.share.covers(share) for _, e, share in found])),
        "held_if_not_relaxed": float(np.mean(plain)),
        "width": float(np.median([e.share.width for _, e, _ in found])),
    }


def _warned(found: Estimate) -> bool:
    return found.independence is not None and found.independence.p_value < ALPHA


def three_methods(n: int, echo: float, seed: int) -> tuple[Votes, float]:
    """Votes of methods a, b (repeating a) and c on n documents, and the share behind them."""
    rng = np.random.default_rng(10_000 + seed)
    shares = (0.1, 0.6)
    group = np.arange(n) % 2
    truth = rng.random(n) < np.array(shares)[group]
    says = np.where(truth[:, None], (0.6, 0.6, 0.8), (0.05, 0.05, 0.1))
    votes = (rng.random(says.shape) < says).astype(np.int8)
    votes[:, 1] = np.where(rng.random(n) < echo, votes[:, 0], votes[:, 1])
    made = Votes(
        ids=tuple(map(str, range(n))),
        methods=("a", "b", "c"),
        votes=votes,
        values=np.full(votes.shape, np.nan),
        truth=np.full(n, -1),
        outside=np.zeros(n, dtype=bool),
        groups=group.astype(str),
        about=tuple({} for _ in range(n)),
    )
    return made, float(np.mean(shares))


# -- printing --------------------------------------------------------------------------------------


def show_grid(rows: list[dict[str, Any]], repeats: int) -> None:
    """Every cell, then the range over those that are identified and over the others."""
    print("| shares | sensitivity | specificity | n | identified | holds the share | width |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    for row in rows:
        parts = [_listed(row[k]) for k in ("shares", "sensitivity", "specificity")]
        told = [f"{row[k]:.1%}" for k in ("identified", "held", "width")]
        print(f"| {' | '.join(parts)} | {row['n']} | {' | '.join(told)} |")
    for words, chosen in (
        ("nine of ten draws call identified", [r for r in rows if r["identified"] >= 0.9]),
        ("three of four draws call identified", [r for r in rows if r["identified"] >= IDENTIFIED]),
        ("fewer draws call identified", [r for r in rows if r["identified"] < IDENTIFIED]),
    ):
        if not chosen:
            continue
        held = [row["held"] for row in chosen]
        inside = sum(0.93 <= h <= 0.98 for h in held)
        print(f"\ncells that {words}: {min(held):.1%} to {max(held):.1%};", end=" ")
        print(f"{inside} of {len(held)} within 93 to 98 %")
    print(f"Monte Carlo error of a cell: ±{1.96 * math.sqrt(LEVEL * (1 - LEVEL) / repeats):.1%}")
    alike = [row for row in rows if len(set(row["shares"])) == 1 and row["identified"]]
    if alike:
        called = np.mean([row["identified"] for row in alike])
        held = [row["held_when_identified"] for row in alike]
        print(f"groups that are alike are called different in {called:.1%} of draws;", end=" ")
        print(f"of these intervals {min(held):.0%} to {max(held):.0%} hold the share")
    by_shares(rows)


def by_shares(rows: list[dict[str, Any]]) -> None:
    """The ranges over error rates, as in the documentation."""
    print("\n| shares of the groups | n | called identified | holds the share | median width |")
    print("| --- | ---: | ---: | ---: | ---: |")
    keys = list(dict.fromkeys((row["shares"], row["n"]) for row in rows))
    for shares, n in keys:
        mine = [row for row in rows if (row["shares"], row["n"]) == (shares, n)]
        told = [_span([row[k] for row in mine]) for k in ("identified", "held", "width")]
        print(f"| {_listed(shares)} | {n:,} | {' | '.join(told)} |")


def show_rest(result: dict[str, Any], few: int) -> None:
    """The tables beside the grid."""
    print("\nTwo methods, one group (share 30 %, n = 1,000):\n")
    print("| sensitivity | specificity | verdict | range holds the share | median width |")
    print("| --- | --- | --- | ---: | ---: |")
    for row in result["one group"]:
        rates = [_listed(row[k]) for k in ("sensitivity", "specificity")]
        print(
            f"| {' | '.join(rates)} | {row['verdict']} | {row['held']:.1%} | {row['width']:.1%} |"
        )
    print("\nTwo methods, the second repeats the first in a part of the documents:\n")
    print("| n | part | holds the share | median width |")
    print("| ---: | ---: | ---: | ---: |")
    for row in result["echo"]:
        print(f"| {row['n']:,} | {row['echo']:.0%} | {row['held']:.1%} | {row['width']:.1%} |")
    print(f"\nThe same with an independent third method ({few} draws a row):\n")
    print("| n | part | warned | right pair | reported holds | if not relaxed | width |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in result["third"]:
        pair = "–" if row["right_pair"] is None else f"{row['right_pair']:.0%}"
        told = [f"{row[k]:.1%}" for k in ("held", "held_if_not_relaxed", "width")]
        print(f"| {row['n']:,} | {row['echo']:.0%} | {row['warned']:.0%} | {pair} |", end=" ")
        print(f"{' | '.join(told)} |")


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{x:g}" for x in values)


def _span(values: Sequence[float]) -> str:
    low, high = f"{100 * min(values):.1f}", f"{100 * max(values):.1f}"
    return f"{low} %" if low == high else f"{low}–{high} %"


if __name__ == "__main__":
    main()
