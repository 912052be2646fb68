"""The collapse laboratory against closed forms, and a bigram model of real text.

First table: measures simulated by `wellhead collapse` beside the exact expectation, with the
distance in standard errors; settings are those of the published theory (see docs/theory.md).
Second table: a bigram language model of WikiText-2 in four regimes (interpolation .7/.29/.01 for
scoring, raw bigrams for drawing), perplexity of held-out text and share of words left, beside the
share foretold from the counts of the first text alone.

    python benchmarks/collapse_reference.py [--seeds 3] [--json FILE] [--no-text]

Data: ``wikitext2/train.txt`` (WikiText-2, CC BY-SA), found through WELLHEAD_DATA or
../shared/data; without it the second table is left out, and the script says so.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import wellhead.recursion
from _harness import DATA, benchmark_arguments, save_json
from wellhead.recursion.closed_form import closed_form_curves
from wellhead.recursion.families.words import Source, read_corpus
from wellhead.recursion.theory.branching import survivor_rate

GAUSS = {"family": "gaussian", "regime": "replace"}
UNIFORM = {"name": "discrete", "law": "uniform", "symbols": 10}
LINE = {"name": "regression", "dimension": 10}

# What is run, and which measures are compared.
CASES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    (
        "Gaussian, literal draws, ddof 0",
        GAUSS
        | {"family": {"name": "gaussian", "path": "literal"}}
        | {"size": 20, "generations": 15, "chains": 20_000},
        ("variance", "wasserstein2_squared"),
    ),
    (
        "Gaussian, moments, ddof 0",
        GAUSS | {"size": 100, "generations": 100, "chains": 40_000},
        ("variance", "log_variance", "wasserstein2_squared", "kl"),
    ),
    (
        "Gaussian, moments, ddof 1",
        GAUSS
        | {"family": {"name": "gaussian", "ddof": 1}}
        | {"size": 100, "generations": 100, "chains": 40_000},
        ("log_variance", "mean_square_error", "wasserstein2_squared"),
    ),
    (
        "Gaussian, sizes 10·2^i",
        GAUSS
        | {"schedule": {"name": "geometric"}, "regime": "growing"}
        | {"size": 10, "generations": 6, "chains": 40_000},
        ("variance", "wasserstein2_squared"),
    ),
    (
        "Gaussian, accumulate",
        GAUSS | {"regime": "accumulate", "size": 10, "generations": 50, "chains": 20_000},
        ("variance", "mean_square_error"),
    ),
    (
        "Gaussian, accumulate-subsample",
        GAUSS | {"regime": "accumulate-subsample", "size": 10, "generations": 40, "chains": 4_000},
        ("variance", "mean_square_error"),
    ),
    (
        "Gaussian, 10 % fresh",
        GAUSS | {"regime": "fresh-real", "size": 100, "generations": 60, "chains": 20_000},
        ("variance", "mean_square_error"),
    ),
    (
        "Gaussian, 10 % original",
        GAUSS | {"regime": "fixed-original", "size": 100, "generations": 80, "chains": 20_000},
        ("variance", "mean_square_error"),
    ),
    (
        "Gaussian, 10 % fresh, detector .9/.05",
        GAUSS
        | {"regime": "fresh-real", "selector": "oracle"}
        | {"size": 100, "generations": 60, "chains": 40_000},
        ("variance", "mean_square_error"),
    ),
    (
        "Gaussian, golden ratio",
        GAUSS | {"regime": "golden-ratio", "size": 100, "generations": 40, "chains": 20_000},
        ("mean_square_error",),
    ),
    (
        "regression, replace",
        {"family": LINE, "regime": "replace", "size": 111, "generations": 10, "chains": 4_000},
        ("excess_risk",),
    ),
    (
        "regression, accumulate",
        {"family": LINE, "regime": "accumulate", "size": 111, "generations": 10}
        | {"chains": 4_000},
        ("excess_risk",),
    ),
    (
        "uniform symbols, replace",
        {"family": UNIFORM, "regime": "replace", "size": 100, "generations": 20}
        | {"chains": 10_000},
        ("heterozygosity",),
    ),
    (
        "uniform symbols, accumulate",
        {"family": UNIFORM, "regime": "accumulate", "size": 20, "generations": 30}
        | {"chains": 10_000},
        ("heterozygosity",),
    ),
    (
        "Zipf-Mandelbrot, replace",
        {"family": "discrete", "regime": "replace", "size": 1000, "generations": 20}
        | {"chains": 400},
        ("heterozygosity", "survivors"),
    ),
    (
        "kernel density, h = .2",
        {"family": "kde", "regime": "replace", "size": 50, "generations": 100, "chains": 2_000},
        ("variance",),
    ),
]
TEXT = {
    "family": {"name": "ngram", "order": 2, "smoothing": "linear", "floor": 1 / 30}
    | {"split": "spaces", "output_words": 1000},
    "sampler": "unsmoothed",
    "generations": 10,
    "settings": [
        {"regime": "replace"},
        {
            "label": "10 % original",
            "regime": {"name": "fixed-original", "share": 0.1, "redraw": True},
        },
        {"regime": "accumulate-subsample"},
        {"regime": "accumulate"},
    ],
}


def formulas() -> list[dict[str, Any]]:
    """Every case against its closed form."""
    rows = []
    print(f"{'setting':38}{'measure':22}{'simulated':>12}{'±':>9}{'exact':>10}{'errors':>8}")
    for name, table, measures in CASES:
        result = wellhead.recursion.run(table | {"every": table["generations"]}, seed=1)
        setting = result.plan.settings[0]
        exact = closed_form_curves(setting)
        for measure in measures:
            values = result.values(measure, setting.label, setting.generations)
            mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
            truth = float(exact[measure][-1])
            away = abs(mean - truth) / error
            rows.append(
                {"setting": name, "measure": measure, "simulated": float(mean)}
                | {"standard_error": float(error), "exact": truth, "errors": float(away)}
            )
            print(f"{name:38}{measure:22}{mean:12.5g}{error:9.2g}{truth:10.5g}{away:8.1f}")
    return rows


def text(path: Path, seeds: int) -> list[dict[str, Any]]:
    """The bigram laboratory on a text file."""
    family = TEXT["family"] | {"corpus": str(path)}
    result = wellhead.recursion.run(TEXT | {"family": family}, seed=1, changes={"seeds": seeds})
    words = read_corpus(Source(str(path), 0.1, 0.0, None, "spaces")).training.words
    counts = np.bincount(words)
    counts = counts[counts > 0]
    rows = []
    print(f"\n{'regime':22}{'gen':>5}{'perplexity':>12}{'words left':>12}{'foretold':>10}")
    for setting in result.plan.settings:
        pairs = zip(
            result.curve("perplexity", setting.label),
            result.curve("vocabulary", setting.label),
            strict=True,
        )
        for perplexity, left in pairs:
            n = perplexity.generation
            told = None
            if setting.label == "replace" and n:
                told = float((1 - np.exp(-counts * survivor_rate(n))).mean())
            rows.append(
                {"regime": setting.label, "generation": n, "perplexity": perplexity.value}
                | {"words_left": left.value, "foretold": told}
            )
            if n in (0, 1, 2, 3, 5, 10):
                shown = "" if told is None else f"{told:10.3f}"
                print(f"{setting.label:22}{n:5}{perplexity.value:12.1f}{left.value:12.3f}{shown}")
    return rows


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--no-text", action="store_true")
    options = parser.parse_args()
    began = time.perf_counter()
    record: dict[str, Any] = {"formulas": formulas(), "text": []}
    path = DATA / "wikitext2" / "train.txt"
    if options.no_text:
        print("\nthe second table was not asked for")
    elif path.is_file():
        record["text"] = text(path, options.seeds)
    else:
        print(f"\nWikiText-2 not found at {path}: set WELLHEAD_DATA for the second table")
    print(f"\n{time.perf_counter() - began:.0f} s")
    save_json(options.json, record)


if __name__ == "__main__":
    main()
