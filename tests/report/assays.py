"""Assay results for tests of their report: real classes, simulated scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from wellhead._stats import Interval
from wellhead.prevalence.result import (
    AssayResult,
    Diagnostic,
    Documents,
    GroupShare,
    Histogram,
    Passage,
    References,
    Reproducibility,
)

WARNING = Diagnostic(
    "Are reference and corpus of similar length?",
    "warning",
    "Median length 312 characters in the corpus, 1,020 in the human reference.",
    "A reference of another length shifts p-values and share. Match the lengths.",
)
NOTE = Diagnostic("What was guessed?", "note", "Text is in column 'answer'.", "Say it yourself.")
CALM = Diagnostic(
    "Does the human reference describe this corpus?",
    "ok",
    "The low scores of the corpus are spread like those of the human reference.",
    "The scores say nothing against the reference.",
)
GROUPS = tuple(
    GroupShare(f"worker {i}", n, Interval(low, low + 0.1, low + 0.25), at_least, flagged)
    for i, (n, low, at_least, flagged) in enumerate(
        [(200, 0.4, 0.35, 80), (150, 0.1, 0.05, 20), (120, 0.0, 0.0, 2), (12, 0.05, 0.0, 0)]
    )
)


def assay_result(n: int = 812, truth: float = 0.21, **changes: Any) -> AssayResult:
    """A result of the anchored method on `n` simulated texts; `changes` replace its fields."""
    rng = np.random.default_rng(7)
    machine = rng.random(n) < truth
    scores = np.where(machine, rng.normal(2.2, 0.8, n), rng.normal(0, 1, n))
    human = rng.normal(0, 1, 100)
    p = (1 + (human[None, :] >= scores[:, None]).sum(axis=1)) / 101
    posterior = 1 / (1 + np.exp(-2.5 * (scores - 1.4)))
    flag = scores > 1.9
    table = pa.table(
        {
            "id": [f"answer-{i:04d}" for i in range(n)],
            "score": scores,
            "p_value": p,
            "flag": flag,
            "posterior": posterior,
            "duplicate": np.zeros(n, dtype=bool),
            "copied": np.zeros(n, dtype=bool),
            "group": [f"worker {i % 4}" for i in range(n)],
        }
    )
    order = np.argsort(-scores)[:20]
    result = AssayResult(
        share=Interval(0.124, 0.21, 0.314, 0.95),
        at_least=0.098,
        method="anchored",
        assumptions=(
            "The 100 known-human texts are of the same kind as the human part of the corpus, and "
            "people wrote them.",
            "The unknown generator differs from the 31 measured ones no more than these differ "
            "from each other, and the detector can see it.",
            "The flags and the at-least bound assume the human reference alone.",
        ),
        documents=Documents(n, int(flag.sum()), 14, 3, {"empty": 2, "not text": 1}, 0, n - 14),
        diagnostics=(WARNING, NOTE, CALM),
        upper_bound_only=False,
        references=References(100, {}, 0),
        false_discovery_rate=0.1,
        groups=GROUPS,
        groups_method="Simultaneous intervals: with 95% confidence all 4 hold at once.",
        reproducibility=Reproducibility(
            version="0.1.0",
            command="wellhead assay answers.jsonl --human known.jsonl --group-by worker",
            seed=0,
            scorer="general",
            revision="3f1c9a2b",
            hashes={"corpus": "9a3e" * 16, "human": "77b0" * 16},
        ),
        histogram=_histogram(scores, human, posterior),
        passages={f"answer-{i:04d}": _passages(i) for i in order},
        table=table,
    )
    return replace(result, **changes)


def _histogram(scores: np.ndarray, human: np.ndarray, posterior: np.ndarray) -> Histogram:
    edges = np.linspace(-3, 4.5, 33)

    def shares(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        return np.histogram(np.clip(values, -3, 4.5), edges, weights=weights)[0] / values.size

    return Histogram(edges, shares(scores), shares(human), shares(scores, posterior))


def _passages(i: int) -> tuple[Passage, ...]:
    return (
        Passage("In conclusion, it is important to note this.", 1.9),
        Passage(f"The reservoir dates from 18{i % 90 + 10}.", -0.4),
        Passage("It plays a crucial role in fostering a vibrant community.", 1.2),
        Passage("My nan used to fetch water there every morning.", -1.1),
    )


def without_reference(**changes: Any) -> AssayResult:
    """A result of the method that has nothing to compare with."""
    bare = assay_result()
    table = bare.table.set_column(2, "p_value", pa.nulls(bare.table.num_rows, pa.float64()))
    table = table.set_column(3, "flag", pa.array(np.zeros(table.num_rows, dtype=bool)))
    empty = np.zeros(bare.histogram.human.size)
    return replace(
        bare,
        **{
            "share": Interval(0.03, 0.24, 0.61, 0.95),
            "at_least": 0.0,
            "method": "cluster-random",
            "references": References(0, {}, 0),
            "documents": bare.documents._replace(flagged=0),
            "histogram": bare.histogram._replace(human=empty, machine=empty),
            "passages": {},
            "groups": (),
            "table": table,
            **changes,
        },
    )
