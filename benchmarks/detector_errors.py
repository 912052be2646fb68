"""How wrong the general detector is on domains and generators that it has never seen.

Run from the repository root::

    python tools/fit_general_detector.py --measure-only --table leave_out_scores.parquet
    python benchmarks/detector_errors.py --table leave_out_scores.parquet

The first command fits one model for each (domain, generator family) without either of them and
scores both with it; the data it needs are not part of the project (`tools/general_texts.py` says
where they are looked for and which they are). The second prints three tables and writes
``detector_errors.json``:

1. area under the curve, and machine texts caught at the threshold that flags 5 % of the people of
   the same domain, by kind of text;
2. the same by length;
3. what becomes of a nominal 5 % when the threshold is taken from all the *other* domains.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from _harness import benchmark_arguments, save_json

NOMINAL = 0.05
LEAST_MACHINE, LEAST_HUMAN = 60, 100
CELL = ["fold_domain", "fold_generator", "source", "domain"]
LENGTHS = (0, 300, 600, 1200, 10**9)


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_errors.json")
    parser.add_argument("--table", type=Path, required=True, help="leave-out scores")
    arguments = parser.parse_args()
    if not arguments.table.exists():
        parser.error(f"{arguments.table} is missing; make it with the first command above")
    scores = pd.read_parquet(arguments.table)
    scores = scores[~scores.kind.str.startswith("adversarial")]
    clusters = errors(scores)
    tables = {
        "kinds": by_kind(clusters),
        "lengths": by_length(scores),
        "threshold_from_elsewhere": threshold_from_elsewhere(scores),
        "clusters": clusters,
    }
    for name, table in tables.items():
        print(f"\n{name}\n{table.round(3).to_string(index=False)}")
    records = {name: table.round(4).to_dict("records") for name, table in tables.items()}
    save_json(arguments.json, records)


def errors(scores: pd.DataFrame) -> pd.DataFrame:
    """One row for each (domain, generator) with enough texts on both sides."""
    rows = []
    for cell, part in scores.groupby(CELL):
        human = part.score[part.label == "human"].to_numpy()
        machines = part[part.label == "machine"]
        for generator, machine in machines.groupby("generator"):
            if len(machine) >= LEAST_MACHINE and len(human) >= LEAST_HUMAN:
                rows.append(
                    dict(zip(CELL, cell, strict=True))
                    | {"generator": generator, "human": len(human), "machine": len(machine)}
                    | dict(zip(("auc", "caught"), _error(human, machine.score), strict=True))
                )
    return pd.DataFrame(rows)


def by_kind(clusters: pd.DataFrame) -> pd.DataFrame:
    """Means over clusters, by what the machine was asked to do."""
    task = {
        "detectrl": "written from a title or opening, some paraphrased",
        "l2r": "rewritten from a human text",
        "raidar": "lightly rewritten from a human paragraph",
        "fdg": "continued from 30 human words",
        "fdg_oss": "continued by a base model",
    }
    base = (clusters.source == "fdg") & (clusters.generator == "davinci")
    kind = clusters.source.map(task).mask(base, task["fdg_oss"])
    grouped = clusters.assign(kind=kind).groupby("kind")
    return grouped.agg(
        clusters=("auc", "size"),
        auc=("auc", "mean"),
        lowest=("auc", "min"),
        caught=("caught", "mean"),
    ).reset_index()


def by_length(scores: pd.DataFrame) -> pd.DataFrame:
    """Means over domains of texts by chat models, people and machines of the same length."""
    chat = scores[~scores.source.isin(["fdg_oss", "raidar"])]
    rows = []
    for low, high in pairwise(LENGTHS):
        part = chat[(chat.n_chars >= low) & (chat.n_chars < high)]
        found = [
            _error(one.score[one.label == "human"], one.score[one.label == "machine"])
            for _, one in part.groupby(CELL)
            if min((one.label == "human").sum(), (one.label == "machine").sum()) >= 40
        ]
        auc, caught = np.mean(found, axis=0)
        rows.append({"from": low, "below": high, "cells": len(found), "auc": auc, "caught": caught})
    return pd.DataFrame(rows)


def threshold_from_elsewhere(scores: pd.DataFrame) -> pd.DataFrame:
    """False-positive rate in each domain at the threshold of the people of all other domains."""
    human = scores[scores.label == "human"].drop_duplicates(["row"])
    rows = []
    for (source, domain, group), here in human.groupby(["source", "domain", "fold_domain"]):
        if len(here) < LEAST_HUMAN:
            continue
        threshold = np.quantile(human.score[human.fold_domain != group], 1 - NOMINAL)
        flagged = float((here.score > threshold).mean())
        rows.append({"source": source, "domain": domain, "human": len(here), "flagged": flagged})
    return pd.DataFrame(rows)


def _error(human: pd.Series, machine: pd.Series) -> tuple[float, float]:
    people, theirs = np.sort(np.asarray(human)), np.asarray(machine)
    below = np.searchsorted(people, theirs, "left") + np.searchsorted(people, theirs, "right")
    caught = (theirs > np.quantile(people, 1 - NOMINAL)).mean()
    return float(below.mean() / 2 / len(people)), float(caught)


if __name__ == "__main__":
    main()
