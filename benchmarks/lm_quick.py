"""The figures of docs/lm.md about recursion: runs the preset `lm-quick`, prints its tables.

    python benchmarks/lm_quick.py [--out runs/lm-quick] [--workers N] [--json lm_quick.json]

A run folder that is there is finished or only read, and says what of it is missing. The last table
holds the signs that were expected, stated before the run, with the number of seeds that show each:

- the perplexity of real text rises in every generation under replacement;
- the perplexity of output under generation 0 falls in every generation where sampling is narrow,
  and rises where it is not;
- rare words vanish before frequent ones: of the words of the real text, the share that the training
  data still hold is lower for rarer words, in every generation; and from the first machine text
  (generation 1 learned from it) to the last, words seen once or twice lose a larger part than those
  seen 3 to 9 times, and those a larger part than words seen 10 to 99 times;
- 10 % original text ends between replacement and accumulation; accumulation within 5 %.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead import collapse
from wellhead.errors import BadSetting
from wellhead.recursion import Run

SHOWN = {
    "perplexity": "perplexity of real text",
    "output_perplexity": "perplexity of output under generation 0",
    "output_distinct_2": "distinct word pairs of output",
    "new_words": "invented words in output",
}
WORDS = ("1_to_2", "3_to_9", "10_to_99", "100_and_more")
REPLACE, NARROW = ("replace, narrow", "replace, unbiased"), "replace, narrow"
ORIGINAL, ACCUMULATE = "10 % original, narrow", "accumulate, narrow"

SEEN = ("", "seen 1-2 times", "3-9", "10-99", "100 and more")


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="lm_quick.json")
    parser.add_argument("--out", type=Path, default=Path("runs/lm-quick"))
    parser.add_argument("--workers", type=int)
    parser.add_argument("--read", action="store_true", help="read the folder as it is")
    arguments = parser.parse_args()
    if arguments.read:
        found = Run.load(arguments.out)
    else:
        found = collapse("lm-quick", out=arguments.out, workers=arguments.workers, show=True)
    print(f"{found.cells[0]} of {found.cells[1]} cells, {found.seconds:.0f} s of computing\n")
    record, lines = {}, []
    for setting in found.plan.settings:
        for measure, title in SHOWN.items():
            ends = [spread(found, measure, setting.label, at) for at in (0, setting.generations)]
            if ends[1][3]:
                record[f"{setting.label}: {measure}"] = ends
                lines.append((f"{setting.label}: {title}", *map(said, ends), ends[1][3]))
    print(markdown_table(("", "generation 0", "last", "seeds"), lines))
    print("\nloss on real words above generation 0, nats per word\n")
    lines = []
    for setting in found.plan.settings:
        grown = [gain(found, f"loss_{name}", setting.label, setting.generations) for name in WORDS]
        record[f"{setting.label}: words"] = grown
        lines.append((setting.label, *(f"{each:.2f}" for each in grown)))
    print(markdown_table(SEEN, lines))
    print("\nwords of the real text that the training data hold, generation 1 → last\n")
    lines = []
    for setting in found.plan.settings:
        ends = [
            [spread(found, f"survival_{name}", setting.label, at)[0] for name in WORDS]
            for at in (1, setting.generations)
        ]
        record[f"{setting.label}: kept"] = ends
        kept = [f"{100 * a:.1f} % → {100 * b:.1f} %" for a, b in zip(*ends, strict=True)]
        lines.append((setting.label, *kept))
    print(markdown_table(SEEN, lines))
    shown = signs(found)
    print(
        "\n"
        + markdown_table(
            ("sign", "seeds"), [(k, f"{sum(v)} of {len(v)}") for k, v in shown.items()]
        )
    )
    save_json(arguments.json, record | {f"sign: {sign}": seeds for sign, seeds in shown.items()})


def signs(found: Run) -> dict[str, list[bool]]:
    """Whether each expected sign shows, seed by seed."""

    def paths(measure: str, label: str) -> np.ndarray:
        """Seeds by generations."""
        last = next(each for each in found.plan.settings if each.label == label).generations
        return np.stack([found.values(measure, label, at) for at in range(last + 1)], axis=1)

    shown: dict[str, np.ndarray] = {}
    for label in REPLACE:
        rises = (np.diff(paths("perplexity", label), axis=1) > 0).all(axis=1)
        shown[f"{label}: real text costs more in every generation"] = rises
        word, sign = ("falls", -1) if label == NARROW else ("rises", 1)
        moves = sign * np.diff(paths("output_perplexity", label), axis=1) > 0
        shown[f"{label}: perplexity of output under generation 0 {word}"] = moves.all(axis=1)
        kept = np.stack([paths(f"survival_{name}", label)[:, 1:] for name in WORDS])
        ordered = (np.diff(kept, axis=0) >= 0).all(axis=0).all(axis=1)
        shown[f"{label}: fewer of the rarer words are left, in every generation"] = ordered
        lost = kept[:3, :, -1] / kept[:3, :, 0]
        shown[f"{label}: rarer words lose the larger part"] = (np.diff(lost, axis=0) > 0).all(
            axis=0
        )
    costs = [paths("perplexity", label) for label in (NARROW, ORIGINAL, ACCUMULATE)]
    count = min(len(each) for each in costs)
    narrow, original, accumulate = (each[:count, -1] for each in costs)
    shown["10 % original ends between replacement and accumulation"] = (narrow > original) & (
        original > accumulate
    )
    start = costs[2][:count, 0]
    shown["accumulation stays within 5 %"] = abs(accumulate / start - 1) < 0.05
    return {sign: [bool(each) for each in seeds] for sign, seeds in shown.items()}


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
