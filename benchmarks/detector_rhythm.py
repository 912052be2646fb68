"""The second view of `general`: what its weight gains, and whom it costs.

Run from the repository root::

    python tools/fit_general_detector.py --measure-only --cache FOLDER --table left_out.parquet
    python benchmarks/detector_rhythm.py --cache FOLDER --table left_out.parquet

The first command scores every cell by a detector that saw neither its domain nor its makers (about
twenty minutes); the data are not part of the project. The second grows the trees of each of those
detectors again, takes what they add out of the scores, and adds it with other weights. Gains have
standard errors over folds; every second source, by name, is where the weight was chosen. Essays
in a second language are flagged at the threshold of the people of all other domains.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from _harness import DATA, benchmark_arguments, markdown_table, save_json
from wellhead.detect.folds import Fold, Learner

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from fit_general_detector import (
    FAST,
    FULL,
    cells_of,
    learner_of,
    table_of,
    threshold_from_elsewhere,
)

WEIGHTS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6)
BASE, ESSAYS = "base models", "forum-essay"


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_rhythm.json")
    parser.add_argument("--table", type=Path, required=True, help="leave-out scores of `general`")
    parser.add_argument("--cache", type=Path, help="folder with its texts and counts")
    parser.add_argument("--fast", action="store_true", help="the scores are of `general-fast`")
    arguments = parser.parse_args()
    frame, learner = learner_of(DATA, arguments.cache, FULL)
    shipped = FAST.rhythm if arguments.fast else FULL.rhythm
    views = list(_views(frame, learner, pd.read_parquet(arguments.table), shipped))
    plain = _cells(frame, views, 0.0)
    rows = [_row(frame, views, plain, weight) for weight in WEIGHTS]
    columns = ["weight", *(f">{name}" for name in list(rows[0])[1:])]
    print(markdown_table(columns, [[str(cell) for cell in row.values()] for row in rows]))
    gain = _cells(frame, views, FULL.rhythm).auc - plain.auc
    by_source = gain[plain.maker != BASE].groupby(plain.source).agg(["size", "mean"])
    print(f"\nGain at {FULL.rhythm}, by source:\n{by_source.round(3).to_string(header=False)}")
    save_json(arguments.json, rows)


def _views(
    frame: pd.DataFrame, learner: Learner, table: pd.DataFrame, shipped: float
) -> Iterator[tuple[Fold, NDArray[np.float64]]]:
    """Each fold with the scores of its n-grams alone, and what its trees add at weight 1."""
    assert learner.measures is not None
    group, maker = learner.examples.domain, learner.examples.family
    place = pd.Series(np.arange(len(frame)), index=frame.row)
    for (domain, family), part in table.groupby(["fold_domain", "fold_generator"], sort=False):
        train = (group != "mixed") & (group != domain) & (maker != family)
        rows = place[part.row].to_numpy()
        added = learner.trees(np.flatnonzero(train)).score(learner.measures[0][rows])
        alone = part.score.to_numpy() - shipped * added
        yield Fold(str(domain), str(family), rows, alone), added


def _mixed(views: list[tuple[Fold, NDArray[np.float64]]], weight: float) -> list[Fold]:
    return [fold._replace(score=fold.score + weight * added) for fold, added in views]


def _cells(
    frame: pd.DataFrame, views: list[tuple[Fold, NDArray[np.float64]]], weight: float
) -> pd.DataFrame:
    """A row for each cell of the card: who, AUC, and the share caught at 5 %."""
    return pd.DataFrame(
        {
            "source": cell.source,
            "maker": BASE if cell.generator == "davinci" else cell.family,
            "fold": f"{cell.domain_group} × {cell.family}",
            "auc": cell.auc,
            "caught": cell.caught(),
        }
        for fold in _mixed(views, weight)
        for cell in cells_of(frame, fold)
    )


def _row(
    frame: pd.DataFrame,
    views: list[tuple[Fold, NDArray[np.float64]]],
    plain: pd.DataFrame,
    weight: float,
) -> dict[str, object]:
    cells = _cells(frame, views, weight)
    chat = cells[cells.maker != BASE]
    gain = (cells.auc - plain.auc)[chat.index]
    others = chat.source.isin(sorted(chat.source.unique())[1::2])
    elsewhere = threshold_from_elsewhere(table_of(frame, _mixed(views, weight)))
    flagged = np.array([one.flagged for one in elsewhere])
    [essays] = [one.flagged for one in elsewhere if one.domain == ESSAYS]
    return {
        "weight": weight,
        "mean AUC": f"{chat.auc.mean():.4f}",
        "gain": f"{gain.mean():+.4f} ± {gain.groupby(chat.fold).mean().sem():.4f}",
        "gain where not chosen": f"{gain[others].mean():+.4f}",
        "10th percentile": f"{chat.auc.quantile(0.1):.3f}",
        "caught": f"{100 * chat.caught.mean():.1f} %",
        "mean of sources": f"{chat.groupby('source').auc.mean().mean():.4f}",
        "base models": f"{cells.auc[cells.maker == BASE].mean():.3f}",
        "essays flagged": f"{100 * essays:.0f} %",
        "people of a domain flagged, mean": f"{100 * flagged.mean():.1f} %",
    }


if __name__ == "__main__":
    main()
