"""Does the interval hold on pairs that neither the detector nor the library has seen?

Artificial corpora from texts that had no part in fitting the general detector or measuring its
library, with the library as it ships:

- the demo's: State of the Union paragraphs and those of a small model (embedded);
- the crowd study's: summaries of medical abstracts by people in 2018 and by ChatGPT. They are not
  part of this project; they are looked for in ``$WELLHEAD_DATA/gpturk`` or
  ``../shared/data/gpturk`` and left out when absent.

Or any pair of your own: ``--pair NAME HUMAN MACHINE``, two corpora, as often as you like.

Run: ``python benchmarks/assay_unseen.py [--repeats 6] [--pair NAME HUMAN MACHINE] [--json FILE]``;
needs the extra ``demo``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.compute as pc

from _harness import DATA, benchmark_arguments, markdown_table, save_json
from assay_coverage import SIZES, Ours, rows
from wellhead._progress import progress
from wellhead._stats import Interval
from wellhead.corpus import open_corpus
from wellhead.demo.addresses import addresses
from wellhead.demo.machine import machine_paragraphs
from wellhead.detect import Cluster, Scorer, load_scorer
from wellhead.prevalence.checks import FAINT
from wellhead.prevalence.evaluation import SHARES, Estimator, Trial, Trials, draw_trials, run_trials
from wellhead.prevalence.library import library_of

WARNS = "warns"


def main() -> None:
    arguments = _arguments()
    scorer = load_scorer("general")
    library = library_of(scorer)
    pairs = list(_pairs(scorer, arguments.pair))
    ours = Ours()

    def warns(trial: Trial) -> Interval:
        """No estimate: 1 where the check of detectability does not find the generator visible."""
        hidden = ours.bound(trial).low == 0 or ours.clear(trial).low < FAINT
        return Interval(float(hidden), float(hidden), float(hidden))

    estimators: dict[str, Estimator] = {
        "anchored": ours.anchored,
        "at least": ours.bound,
        WARNS: warns,
    }
    drawn = draw_trials(
        pairs, sizes=SIZES, repeats=arguments.repeats, seed=1, library=lambda *_: library
    )
    total = len(pairs) * len(SIZES) * len(SHARES) * arguments.repeats
    with progress("anchored", total=total) as bar:
        trials = run_trials(drawn, estimators, progress=bar)
    print(_report(trials, pairs))
    summary = trials.summary("estimator", "cluster", "size", "share").to_pylist()
    save_json(arguments.json, summary)


def _pairs(scorer: Scorer, named: Iterable[tuple[str, str, str]]) -> Iterator[Cluster]:
    def pair(domain: str, generator: str, human: list[str], machine: list[str]) -> Cluster:
        return Cluster(domain, generator, scorer.score(human), scorer.score(machine))

    yield pair(
        "State of the Union",
        "SmolLM2-135M",
        [text for address in addresses() for text in address.paragraphs],
        [paragraph.text for paragraph in machine_paragraphs()],
    )
    folder = _study()
    if folder.is_dir():
        base = json.loads((folder / "base.json").read_text(encoding="utf-8"))
        with (folder / "generated_outputs.csv").open(encoding="utf-8", newline="") as stream:
            machine = [row["text"] for row in csv.DictReader(stream)]
        human = [row["text"] for row in base if row["class"] == "old-summaries"]
        yield pair("medical summaries", "ChatGPT", human, machine)
    for name, human_path, machine_path in named:
        yield pair(name, "own", _texts(human_path), _texts(machine_path))


def _texts(path: str) -> list[str]:
    return [text for batch in open_corpus(path).batches() for text in batch["text"].to_pylist()]


def _report(trials: Trials, pairs: list[Cluster]) -> str:
    table = trials.table
    estimates = Trials(table.filter(pc.not_equal(table["estimator"], WARNS)))
    warned = Trials(table.filter(pc.equal(table["estimator"], WARNS)))
    known = [(pair.name, len(pair.human), len(pair.machine), f"{pair.auc:.2f}") for pair in pairs]
    lines = [markdown_table(("pair", "human texts", "machine texts", "AUC"), known)]
    lines += ["", rows(estimates.summary("estimator", "cluster", "size"), _BY)]
    lines += ["", "How often the check of detectability does not find the generator visible:", ""]
    said = {
        (row["cluster"], row["size"], row["share"]): row["bias"] + row["share"]
        for row in warned.summary("cluster", "size", "share").to_pylist()
    }
    told = [
        (name, size, *(f"{said[name, size, share]:.2f}" for share in SHARES))
        for name, size in sorted({key[:2] for key in said})
    ]
    lines.append(markdown_table(("pair", "size", *(f"{share:g}" for share in SHARES)), told))
    return "\n".join(lines)


_BY = ["estimator", "cluster", "size"]


def _study() -> Path:
    return DATA / "gpturk"


def _arguments() -> argparse.Namespace:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=6, help="trials per pair, share and size")
    parser.add_argument(
        "--pair", nargs=3, action="append", default=[], metavar=("NAME", "HUMAN", "MACHINE")
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
