"""What a detector for another language than English is worth: sources left out, and intervals.

Run from the repository root: ``python benchmarks/detector_languages.py``.
For each language and source of ``detection/dev2.parquet`` a model that saw no text of the source
scores its texts (`tools/fit_language_detector.py`, where the rule stands by which a language earns
a detector). Beside it the English detector, and a model that reads words where the language has no
spaces. For a language that earns one, the intervals of `wellhead assay` are tried besides: corpora
of known shares, judged against human texts of the same source by a model that saw neither. About
five minutes of one core; the data are not part of the project.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from _harness import DATA, benchmark_arguments, markdown_table, needed, save_json
from wellhead.detect import Cluster, load_scorer
from wellhead.detect.hashing import ALPHABETIC
from wellhead.prevalence.estimate import Evidence, estimate
from wellhead.prevalence.library import library_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from fit_language_detector import LANGUAGES, Left, earns, language_learner, left_out

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
CORPUS, ANCHORS = 200, 100


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_languages.json")
    parser.add_argument("--draws", type=int, default=5, help="corpora for each cell and share")
    arguments = parser.parse_args()
    needed("detection", "dev2.parquet")
    rows, trials = [], []
    for language in LANGUAGES:
        cells = list(_measured(language))
        rows += [row for row, _ in cells]
        left = [cell for _, cell in cells if cell is not None]
        if earns(left):
            trials += [{"language": language} | one for one in _trials(left, arguments.draws)]
    print(_table(rows))
    print()
    print(_coverage(pd.DataFrame(trials)))
    save_json(arguments.json, {"cells": rows, "trials": trials})


def _measured(language: str) -> Iterator[tuple[dict[str, object], Left | None]]:
    """A row for each source, and its cell where the language has another source to learn from."""
    frame, learner = language_learner(DATA, language)
    english = load_scorer("general").score(list(frame.text))
    known = {cell.source: cell for cell in left_out(frame, learner)}
    by_words = {}
    if learner.examples.script != ALPHABETIC:
        _, spaced = language_learner(DATA, language, script=ALPHABETIC)
        by_words = {cell.source: cell for cell in left_out(frame, spaced)}
    for source, part in frame.groupby("source", sort=False):
        human = (part.label == "human").to_numpy()
        score, size = english[part.index], part.norm.str.len().to_numpy()
        sides = (score[human], score[~human], size[human], size[~human])
        cell = known.get(str(source))
        row = {
            "language": language,
            "source": str(source),
            "generator": str(part.generator[~human].iloc[0]),
            "new": cell is not None and cell.new_generator,
            "human": int(human.sum()),
            "machine": int((~human).sum()),
            "english": Cluster.of(("",) * 5, *sides).auc,
            "words": by_words[str(source)].cluster.auc if by_words else None,
            "auc": None if cell is None else cell.cluster.auc,
            "caught": None if cell is None else cell.cluster.caught(),
        }
        yield row, cell


def _trials(cells: list[Left], draws: int) -> Iterator[dict[str, object]]:
    """Intervals of corpora with a known share, by models that saw no text of their source."""
    library = library_of(load_scorer("general"))
    for number, cell in enumerate(cells):
        for share in SHARES:
            for draw in range(draws):
                rng = np.random.default_rng([number, int(100 * share), draw])
                people = rng.permutation(cell.cluster.human).astype(np.float64)
                machine = rng.permutation(cell.cluster.machine).astype(np.float64)
                made = round(share * CORPUS)
                corpus = np.concatenate([people[ANCHORS : ANCHORS + CORPUS - made], machine[:made]])
                evidence = Evidence(
                    scores=corpus, human=people[:ANCHORS], library=library, comparable=False
                )
                found = estimate(evidence, level=0.95, seed=draw)
                yield {
                    "source": cell.source,
                    "generator": cell.generator,
                    "share": share,
                    "low": found.share.low,
                    "high": found.share.high,
                    "held": found.share.low <= share <= found.share.high,
                    "at_least_held": found.at_least <= share,
                }


def _table(rows: list[dict[str, object]]) -> str:
    columns = ["language", "source", "generator", ">people", ">machine", ">English detector",
               ">read as words", ">AUC", ">caught at 5 %"]  # fmt: skip

    def shown(value: object) -> str:
        return "" if value is None else f"{value:.3f}"

    lines = [
        [row["language"], row["source"], f"{row['generator']}{' (new)' if row['new'] else ''}",
         row["human"], row["machine"],
         *(shown(row[name]) for name in ("english", "words", "auc", "caught"))]
        for row in rows
    ]  # fmt: skip
    return markdown_table(columns, lines)


def _coverage(trials: pd.DataFrame) -> str:
    if trials.empty:
        return "no language earns a detector"
    trials = trials.assign(width=trials.high - trials.low)
    groups = trials.groupby(["language", "source", "generator"], sort=False)
    lines = [
        [*names, len(part), f"{part.held.mean():.2f}", f"{part.width.mean():.2f}",
         f"{part.at_least_held.mean():.2f}"]
        for names, part in groups
    ]  # fmt: skip
    columns = ["language", "source", "generator", ">corpora", ">held", ">width", ">at least held"]
    return markdown_table(columns, lines)


if __name__ == "__main__":
    main()
