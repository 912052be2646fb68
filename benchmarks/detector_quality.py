"""What travels to sources and generators that a detector has not seen: ablations and peers.

Run from the repository root: ``python benchmarks/detector_quality.py [--peers]``.
For each source (with its kin) and each group of makers whose models wrote in it, a model that saw
neither scores the source's texts. A cell is one source, domain, kind and generator with at least
50 machine texts and 90 human ones of the same source and domain. The table has, for each variant,
the mean, median and tenth percentile over cells of the area under the curve, and the share of
machine texts above the threshold that flags 5 % of the cell's people; cells of base models apart,
since no n-grams see these. Beside it scikit-learn's TF-IDF with logistic regression and, where
installed, `is-it-slop`, which may have been trained on these very texts.

With ``--left-out TABLE`` (``tools/fit_general_detector.py --measure-only --table TABLE``) the
detector fitted on all texts but the domain and the makers in question is set beside `is-it-slop`
on the same texts: by cells, by domains, and with the scores of all cells pooled.

`--texts` caps what each model learns from (0: all), `--variant` picks some. With 16,000 texts a
variant takes two minutes of one core. The data are not part of the project
(`tools/general_texts.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from _harness import DATA, benchmark_arguments, markdown_table, needed, save_json
from wellhead.detect import Cluster
from wellhead.detect.examples import Examples
from wellhead.detect.folds import Learner
from wellhead.detect.hashing import BITS
from wellhead.detect.linear import Recipe

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from fit_general_detector import FULL, PLAIN
from general_texts import general_texts

LEAST_MACHINE, LEAST_HUMAN, MOST = 50, 90, 300
BASE = "base models"
FOLDS = ("fold_domain", "fold_generator")
DEV = ("detectrl", "l2r", "fdg", "fdg_oss", "raidar", "argugpt", "seqx")
Scores = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Variant:
    """One way to make a model."""

    recipe: Recipe = field(default_factory=lambda: PLAIN)
    strength: float = 0.5
    only_dev: bool = False
    by_source: bool = False
    discount: float = 0.25


# The recipe that ships, and without its second view; then without scales of features, too, which
# all below vary.
VARIANTS = {
    "as shipped": Variant(FULL),
    "n-grams alone": Variant(replace(FULL, rhythm=0.0)),
    "without scales of features": Variant(),
    "counts instead of presence": Variant(replace(PLAIN, transform="log1p")),
    "idf to the power of 1": Variant(replace(PLAIN, idf_power=1.0)),
    "idf to the power of 2": Variant(replace(PLAIN, idf_power=2.0)),
    "strength 0.1": Variant(strength=0.1),
    "strength 0.2": Variant(strength=0.2),
    "features of .2 % of texts": Variant(replace(PLAIN, share=0.002)),
    "features of .05 % of texts": Variant(replace(PLAIN, share=0.0005)),
    "features of 3 domains": Variant(replace(PLAIN, spread=3, share=0.002)),
    "balanced by source and domain": Variant(by_source=True),
    "base models count in full": Variant(discount=1.0),
    "without characters (general-fast)": Variant(replace(PLAIN, lowest=1 << BITS)),
    "texts of 2018 to 2024 only (dev)": Variant(only_dev=True),
}


class Cell(NamedTuple):
    """Rows of the people and of the machine texts of one cell."""

    source: str
    domain: str
    task: str
    generator: str
    human: np.ndarray
    machine: np.ndarray


class Fold(NamedTuple):
    """A source and a group of makers that are left out together."""

    source: str
    maker: str
    cells: list[Cell]

    @property
    def rows(self) -> np.ndarray:
        sides = [side for cell in self.cells for side in (cell.human, cell.machine)]
        return np.unique(np.concatenate(sides))


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_quality.json")
    parser.add_argument("--texts", type=int, default=16_000, help="texts to learn from; 0: all")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="only this one")
    parser.add_argument("--peers", action="store_true", help="TF-IDF and, if installed, is-it-slop")
    parser.add_argument("--left-out", type=Path, help="scores of the detector: beside is-it-slop")
    arguments = parser.parse_args()
    needed("detection", "dev2.parquet")
    frame = general_texts(DATA)
    if arguments.left_out:
        rows = _beside(frame, pd.read_parquet(arguments.left_out))
        print(markdown_table(list(rows[0]), [list(row.values()) for row in rows]))
        save_json(arguments.json, {"rows": rows})
        return
    learner = _learner(frame)
    folds = list(folds_of(frame))
    rows = []
    for name in arguments.variant or VARIANTS:
        scores = _ours(frame, learner, VARIANTS[name])
        rows.append({"variant": name} | summary_of(measured(frame, folds, scores, arguments.texts)))
        print(rows[-1], file=sys.stderr, flush=True)
    if arguments.peers:
        rows += _peers(frame, folds, arguments.texts)
    print(_table(rows))
    save_json(arguments.json, {"texts": arguments.texts, "rows": rows})


def _learner(frame: pd.DataFrame) -> Learner:
    examples = Examples(
        list(frame.norm),
        generator=frame.generator.to_numpy(str),
        domain=frame.group.to_numpy(str),
        family=frame.maker.to_numpy(str),
        group=frame.key.to_numpy(str),
    )
    made = Learner.of(examples, seed=0)
    return replace(made, views=made.views[1:]).with_rhythm()


def folds_of(frame: pd.DataFrame) -> Iterator[Fold]:
    """Every source and group of makers with at least one cell."""
    machines = frame[(frame.label == "machine") & ~frame.kind.str.startswith("adversarial")]
    people = frame[frame.label == "human"].groupby(["kin", "task_domain"]).indices
    humans = np.flatnonzero(frame.label == "human")
    for (source, maker), part in machines.groupby(["kin", "maker"]):
        cells = []
        for names, machine in part.groupby(["source", "domain", "task", "generator"]):
            found = people.get((source, machine.task_domain.iloc[0]), np.empty(0, int))
            if len(machine) >= LEAST_MACHINE and len(found) >= LEAST_HUMAN:
                cells.append(Cell(*map(str, names), humans[found][:MOST], machine.index[:MOST]))
        if cells:
            yield Fold(str(source), str(maker), cells)


def measured(frame: pd.DataFrame, folds: list[Fold], scores: Scores, texts: int) -> pd.DataFrame:
    """One row for each cell; `scores` gets the rows to learn from and those to score."""
    order = np.random.default_rng(5).random(len(frame))
    rows = []
    for fold in folds:
        seen = (frame.kin != fold.source) & (frame.maker != fold.maker)
        train = np.flatnonzero(seen)
        if texts and len(train) > texts:
            train = np.sort(train[np.argsort(order[train])[:texts]])
        rows.append(judged(fold, scores(train, fold.rows)))
    return pd.concat(rows, ignore_index=True)


def judged(fold: Fold, scores: np.ndarray) -> pd.DataFrame:
    """One row for each cell of a fold, by the scores of `fold.rows`."""
    rows = []
    for cell in fold.cells:
        human, machine = (
            scores[np.searchsorted(fold.rows, side)] for side in (cell.human, cell.machine)
        )
        human = np.sort(human)
        below = [np.searchsorted(human, machine, side) for side in ("left", "right")]
        auc = float(np.mean(below) / len(human))
        caught = float((machine > np.quantile(human, 0.95)).mean())
        rows.append((fold.source, fold.maker, *cell[:4], auc, caught))
    names = ["kin", "maker", "source", "domain", "task", "generator", "auc", "caught"]
    return pd.DataFrame(rows, columns=names)


def _ours(frame: pd.DataFrame, learner: Learner, variant: Variant) -> Scores:
    by = (frame.source + "/" + frame.domain) if variant.by_source else frame.group
    one = replace(
        learner,
        examples=replace(learner.examples, domain=by.to_numpy(str)),
        recipe=variant.recipe,
        discount={BASE: variant.discount},
    )
    early = frame.source.isin(DEV).to_numpy()

    def scores(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        rows = train[early[train]] if variant.only_dev else train
        return one.score(one.fit(rows, variant.strength), test)

    return scores


def _peers(frame: pd.DataFrame, folds: list[Fold], texts: int) -> list[dict[str, object]]:
    named = {"TF-IDF and logistic regression": _tfidf(frame), "is-it-slop": _slop(frame)}
    return [
        {"variant": name} | summary_of(measured(frame, folds, scores, texts))
        for name, scores in named.items()
        if scores is not None
    ]


def _tfidf(frame: pd.DataFrame) -> Scores:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, machine = frame.norm.to_numpy(), (frame.label == "machine").to_numpy()

    def scores(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=5, sublinear_tf=True)
        model = LogisticRegression(C=10, solver="liblinear", class_weight="balanced")
        fitted = make_pipeline(words, model).fit(texts[train], machine[train])
        return np.asarray(fitted.decision_function(texts[test]))

    return scores


def _slop(frame: pd.DataFrame) -> Scores | None:
    try:
        from is_it_slop import predict_batch
    except ImportError:
        print("is-it-slop is not installed or does not run here", file=sys.stderr)
        return None
    known: dict[int, float] = {}

    def scores(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        new = [row for row in test if row not in known]
        for start in range(0, len(new), 200):
            rows = new[start : start + 200]
            found = predict_batch(frame.text.iloc[rows].to_list())
            known.update(zip(rows, (one.ai_probability for one in found), strict=True))
        return np.array([known[row] for row in test])

    return scores


def _beside(frame: pd.DataFrame, left_out: pd.DataFrame) -> list[dict[str, object]]:
    """`general`, as it was fitted without them, and `is-it-slop` on the cells of chat models."""
    theirs = _slop(frame)
    if theirs is None:
        raise SystemExit("nothing to compare with: is-it-slop does not run here")
    place = pd.Series(np.arange(len(frame)), index=frame.row)
    scored = left_out.assign(at=place.loc[left_out.row].to_numpy()).drop_duplicates(
        ["fold_domain", "fold_generator", "at"]
    )
    by = {key: part.set_index("at").score for key, part in scored.groupby(list(FOLDS))}
    cells: dict[str, list[pd.DataFrame]] = {"general": [], "is-it-slop": []}
    pooled: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in cells}
    for fold in folds_of(frame):
        for cell in fold.cells:
            domain = frame.group.iloc[cell.machine[0]]
            ours = by.get((domain, fold.maker), pd.Series(dtype=float))
            sides = [
                np.sort(rows[np.isin(rows, ours.index)]) for rows in (cell.human, cell.machine)
            ]
            if fold.maker == BASE or len(sides[0]) < LEAST_HUMAN or len(sides[1]) < LEAST_MACHINE:
                continue
            one = fold._replace(cells=[cell._replace(human=sides[0], machine=sides[1])])
            known = {
                "general": ours.loc[one.rows].to_numpy(),
                "is-it-slop": theirs(one.rows, one.rows),
            }
            for name, scores in known.items():
                cells[name].append(judged(one, scores).assign(group=domain))
                pooled[name].append(
                    tuple(scores[np.searchsorted(one.rows, side)] for side in sides)  # type: ignore[arg-type]
                )
    return [_summed_up(name, pd.concat(cells[name]), pooled[name]) for name in cells]


def _summed_up(
    name: str, cells: pd.DataFrame, pooled: list[tuple[np.ndarray, np.ndarray]]
) -> dict[str, object]:
    human, machine = (np.concatenate(side) for side in zip(*pooled, strict=True))
    found = {
        "cells": len(cells),
        "mean AUC": cells.auc.mean(),
        "10th percentile": cells.auc.quantile(0.1),
        "caught at 5 %": cells.caught.mean(),
        "mean of domains": cells.groupby("group").auc.mean().mean(),
        "mean of sources": cells.groupby("source").auc.mean().mean(),
        "pooled": Cluster("", "", human, machine).auc,
        "caught, pooled": (machine > np.quantile(human, 0.95)).mean(),
    }
    told = {key: value if key == "cells" else f"{value:.3f}" for key, value in found.items()}
    return {"detector": name, **told}


def summary_of(cells: pd.DataFrame) -> dict[str, float]:
    """What a table says of these cells; those of base models apart."""
    seen = cells[cells.maker != BASE]
    return {
        "cells": len(seen),
        "mean": seen.auc.mean(),
        "median": seen.auc.median(),
        "tenth": seen.auc.quantile(0.1),
        "caught": seen.caught.mean(),
        "by_source": seen.groupby("kin").auc.mean().mean(),
        "base_cells": len(cells) - len(seen),
        "base_mean": cells.auc[cells.maker == BASE].mean(),
    }


def _table(rows: list[dict[str, object]]) -> str:
    columns = ["", ">mean AUC", ">median", ">10th percentile", ">caught at 5 %",
               ">mean of sources", ">base models, mean AUC"]  # fmt: skip
    names = ["mean", "median", "tenth", "caught", "by_source", "base_mean"]
    return markdown_table(
        columns, ([row["variant"], *(f"{row[name]:.3f}" for name in names)] for row in rows)
    )


if __name__ == "__main__":
    main()
