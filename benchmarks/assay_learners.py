"""What an assay says of people who write English as a second language.

Corpora of the 90 essays of ``sherbold/forum-essay`` in `detection/dev2.parquet`, all by people,
many of them German pupils; the truth is 0. They count with the scores of models that had seen
neither essays nor one group of makers, those of ``--table``, once for each of these models, and the
library is without essays. The data are not part of this project (`benchmarks/_harness.py`).

- no reference: all essays, and halves of them, by the scores alone. An assay without a reference
  begins at 0 because of what this shows.
- other essays: a reference of 50, a corpus of the others.
- another kind: all essays against people of each other kind.

Run: ``python benchmarks/assay_learners.py --table leave_out_scores.parquet [--json FILE]``; about
ten minutes of one core. ``tools/fit_general_detector.py --measure-only --table`` writes the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from _harness import benchmark_arguments, markdown_table, save_json
from assay_mismatch import REFERENCE, Texts, Trial, drawn_from, outcome, split, with_texts
from wellhead._progress import progress
from wellhead.detect import Cluster, load_scorer
from wellhead.prevalence.estimate import EFFECTIVE_UNANCHORED
from wellhead.prevalence.library import library_of
from wellhead.prevalence.no_reference import cluster_random_share

ESSAYS, GROUP = "sherbold/forum-essay", "essay"
HALVES, DRAWS, LEAST = 4, 5, 50


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--table", type=Path, required=True, help="scores of models left out")
    parser.add_argument("--detector", default="general", help="whose scores they are")
    arguments = parser.parse_args()
    everybody = library_of(load_scorer(arguments.detector))
    library = tuple(one for one in everybody if one.domain_group != GROUP)
    frame = with_texts(arguments.table)
    human = frame[frame.label == "human"]
    rng = np.random.default_rng(0)
    pools = {
        str(maker): drawn_from(rows)
        for maker, rows in human[human.kind_of_text == ESSAYS].groupby("fold_generator")
    }
    alone = list(_alone(pools, library, rng))
    trials = [*_other_essays(pools, rng), *_other_kinds(human, pools, rng)]
    outcomes = []
    with progress("trials", total=len(trials)) as bar:
        for number, trial in enumerate(trials):
            outcomes.append(outcome(trial, library, number))
            bar.advance()
    print(_report(alone, outcomes))
    save_json(arguments.json, {"alone": alone, "outcomes": outcomes})


def _alone(
    pools: dict[str, Texts], library: tuple[Cluster, ...], rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Intervals without a reference, by the scores alone."""
    for pool in pools.values():
        parts = [pool, *(split(pool, rng, len(pool.texts) // 2)[0] for _ in range(HALVES))]
        for what, part in zip(["all", *["half"] * HALVES], parts, strict=True):
            share = cluster_random_share(part.scores, library, effective=EFFECTIVE_UNANCHORED)
            yield {"corpus": what, "low": share.low, "point": share.point, "high": share.high}


def _other_essays(pools: dict[str, Texts], rng: np.random.Generator) -> Iterator[Trial]:
    for maker, pool in pools.items():
        for _ in range(DRAWS):
            human, corpus = split(pool, rng, LEAST, len(pool.texts) - LEAST)
            yield Trial("other essays", maker, 0.0, 0.5, human, corpus)


def _other_kinds(
    human: pd.DataFrame, pools: dict[str, Texts], rng: np.random.Generator
) -> Iterator[Trial]:
    """All essays against each other kind; the makers left out take turns."""
    makers = list(pools)
    kinds = human[human.kind_of_text != ESSAYS].groupby("kind_of_text")
    for number, (kind, rows) in enumerate(kinds):
        maker = makers[number % len(makers)]
        same = rows[rows.fold_generator == maker]
        theirs = same if len(same) else rows[rows.fold_generator == rows.fold_generator.iloc[0]]
        if len(theirs) >= LEAST:
            (reference,) = split(drawn_from(theirs), rng, REFERENCE)
            yield Trial("another kind", str(kind), 0.0, 0.5, reference, pools[maker])


def _report(alone: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> str:
    lines = []
    for what in ("all", "half"):
        lows = [one["low"] for one in alone if one["corpus"] == what]
        lines.append(_line(f"no reference, {what}, scores alone", lows, None, None))
    for what in ("other essays", "another kind"):
        some = [one for one in outcomes if one["design"] == what]
        lows = [one["before"][0] for one in some]
        lines.append(_line(f"{what}, scores alone", lows, None, [one["flags"][0] for one in some]))
        lows = [0.0 if one["withheld"] else one["after"][0] for one in some]
        unsaid = sum(one["withheld"] for one in some)
        lines.append(_line(f"{what}, as shown", lows, unsaid, [one["flags"][1] for one in some]))
    columns = ["reference and corpus", ">corpora", ">lower end", ">zero inside",
               ">cannot be said", ">with a flag"]  # fmt: skip
    return markdown_table(columns, lines)


def _line(
    what: str, lows: list[float], unsaid: int | None, flags: list[list[int]] | None
) -> list[object]:
    ends = f"{100 * min(lows):.1f} to {100 * max(lows):.1f} %"
    flagged = "–" if flags is None else sum(sum(one[:2]) > 0 for one in flags)
    zero = sum(low < 1e-9 for low in lows)
    return [what, len(lows), ends, zero, "–" if unsaid is None else unsaid, flagged]


if __name__ == "__main__":
    main()
