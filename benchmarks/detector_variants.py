"""What else one can do with the same texts, and what it gains and costs on sources left out.

Run from the repository root: ``python benchmarks/detector_variants.py [--way NAME]``. Folds and
cells are those of `detector_quality`. For each fold one matrix of features is made, and every way
learns from it: other scales of columns (naive Bayes; what domains or sources agree on), other
weights of rows (balance, group-robust), another loss (differences of a machine's and a person's
text for the same task), one model a source, several stretches of the text scored, and second views
(dense measures of rhythm and function words; the mean of a language model's input embeddings) added
to the score. All but the scales begin from the recipe without any.
A gain stands beside its standard error over folds: sources and makers, not cells, are the sample.

A model learns from ``--texts`` texts, far fewer than the shipped one, and a cell is judged by at
most ``--cell`` texts a side: what counts is the difference between rows. ``--folder`` keeps counts
between runs. All ways take about a quarter of an hour of one core. The data are not part of the
project (`tools/general_texts.py`).
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, load_npz, save_npz, vstack

from _harness import DATA, benchmark_arguments, markdown_table, needed, save_json
from detector_quality import BASE, Fold, folds_of, judged, summary_of
from detector_views import dense_of, embedded_of
from wellhead.detect.examples import balance
from wellhead.detect.linear import LinearModel, counts_of
from wellhead.detect.scales import LEAST_OF_DOMAIN, agreement_scales, log_ratios
from wellhead.detect.solver import solve
from wellhead.detect.spans import random_span, sentence_starts

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from fit_general_detector import FULL, PLAIN
from general_texts import general_texts

STRENGTH = 0.5
BASELINE = "without scales"
WINDOW = 900
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Texts:
    """All texts, and what is counted of them once."""

    frame: pd.DataFrame
    stretches: csr_matrix
    folder: Path
    used: NDArray[np.intp]

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """An array or matrix that is made once and kept in the folder."""
        path = self.folder / f"{name}-{len(self.used)}.npz"
        if not path.exists():
            made = make()
            if isinstance(made, csr_matrix):
                save_npz(path, made, compressed=False)
            else:
                np.savez(path, made)
        try:
            return load_npz(path)
        except ValueError:
            with np.load(path) as file:
                return file["arr_0"]


@dataclass(frozen=True)
class Task:
    """One fold: what is learned from, and what is scored."""

    texts: Texts
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    counts: csr_matrix
    windows: tuple[csr_matrix, NDArray[np.intp]]
    seen: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def part(self) -> pd.DataFrame:
        return self.texts.frame.iloc[self.train]

    @cached_property
    def machine(self) -> NDArray[np.bool_]:
        return (self.part.label == "machine").to_numpy()

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        names = [self.part[name].to_numpy(str) for name in ("group", "maker")]
        return balance(*names, discount={BASE: 0.25})

    @cached_property
    def blank(self) -> LinearModel:
        """The features of the recipe without weights."""
        counts = self.texts.stretches[self.train]
        columns = PLAIN.columns(counts, self.part.group.to_numpy(str))
        texts_with = np.bincount(counts.indices, minlength=counts.shape[1])[columns]
        rarity = (np.log((1 + len(self.train)) / (1 + texts_with)) + 1) ** PLAIN.idf_power
        nothing = np.zeros(len(columns), np.float32)
        return LinearModel(columns, rarity.astype(np.float32), nothing, 0.0, PLAIN.transform)

    @cached_property
    def learned_from(self) -> csr_matrix:
        return self.blank.matrix(self.texts.stretches[self.train])

    @cached_property
    def scored(self) -> csr_matrix:
        return self.blank.matrix(self.counts)

    @cached_property
    def scored_windows(self) -> csr_matrix:
        return self.blank.matrix(self.windows[0])

    @cached_property
    def plain(self) -> NDArray[np.float64]:
        """The weights of the recipe without scales of columns."""
        return self.fitted()

    def fitted(
        self,
        weight: NDArray[np.float64] | None = None,
        scale: NDArray[np.float64] | None = None,
        strength: float = STRENGTH,
    ) -> NDArray[np.float64]:
        """Weights of features, fitted with other weights of rows or scales of columns."""
        matrix = self.learned_from if scale is None else _scaled(self.learned_from, scale)
        cost = strength * (self.weight if weight is None else weight)
        found = solve(matrix, self.machine, cost).weight
        return found if scale is None else found * scale

    def score(self, weight: NDArray[np.float64]) -> Scores:
        return np.asarray(self.scored @ weight)


def _scaled(matrix: csr_matrix, scale: NDArray[np.float64]) -> csr_matrix:
    values = matrix.data * scale.astype(np.float32)[matrix.indices]
    return csr_matrix((values, matrix.indices, matrix.indptr), matrix.shape)


# --- ways: a task in, scores of its texts out ----------------------------------------------------


def without_scales(task: Task) -> Scores:
    return task.score(task.plain)


def strength(value: float) -> Callable[[Task], Scores]:
    return lambda task: task.score(task.fitted(strength=value))


def balanced(*names: str) -> Callable[[Task], Scores]:
    """Every text of a label alike, or balanced by these columns instead of the domain group."""

    def way(task: Task) -> Scores:
        if not names:
            machine = task.machine
            weight = np.where(machine, 0.5 / machine.mean(), 0.5 / (~machine).mean())
            return task.score(task.fitted(weight))
        by = task.part[list(names)].astype(str).agg("/".join, axis=1).to_numpy(str)
        return task.score(
            task.fitted(balance(by, task.part.maker.to_numpy(str), discount={BASE: 0.25}))
        )

    return way


def by_length(task: Task) -> Scores:
    """People and machines weigh the same among texts of about the same length."""
    size = np.log2(task.part.norm.str.len()).astype(int).clip(7, 12).to_numpy()
    weight = task.weight.copy()
    for one in np.unique(size):
        here = size == one
        total = weight[here].sum()
        for side in (task.machine, ~task.machine):
            weight[here & side] *= 0.5 * total / max(weight[here & side].sum(), 1e-9)
    return task.score(task.fitted(weight / weight.mean()))


def naive_bayes(power: float) -> Callable[[Task], Scores]:
    """Columns scaled by their log-count ratio (Wang and Manning, ACL 2012), to a power."""

    def way(task: Task) -> Scores:
        everything = np.zeros(len(task.train), "U1")
        ratio = log_ratios(task.learned_from, task.machine, task.weight, everything)[0]
        return task.score(task.fitted(scale=_unit(np.abs(ratio) ** power)))

    return way


def agreed(power: float, by: str = "group") -> Callable[[Task], Scores]:
    """Columns scaled by how surely their log-count ratio has one sign over domains or sources."""

    def way(task: Task) -> Scores:
        rows = (task.learned_from, task.machine, task.weight)
        return task.score(
            task.fitted(scale=agreement_scales(*rows, task.part[by].to_numpy(str), power=power))
        )

    return way


def _unit(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    return scale / np.sqrt(np.mean(scale**2))


def _sources(task: Task) -> list[NDArray[np.bool_]]:
    """The rows of each source with enough texts a side."""
    kin = task.part.kin.to_numpy(str)
    found = [kin == name for name in np.unique(kin)]
    return [
        rows
        for rows in found
        if min((rows & task.machine).sum(), (rows & ~task.machine).sum()) > LEAST_OF_DOMAIN
    ]


def _of_sources(task: Task) -> list[NDArray[np.float64]]:
    if "sources" not in task.seen:
        task.seen["sources"] = [
            solve(task.learned_from[rows], task.machine[rows], STRENGTH * task.weight[rows]).weight
            for rows in map(np.flatnonzero, _sources(task))
        ]
    return list(task.seen["sources"])


def mean_of_sources(task: Task) -> Scores:
    """One model a source; the mean of their directions."""
    return task.score(np.mean([one / np.linalg.norm(one) for one in _of_sources(task)], axis=0))


def with_sources(task: Task) -> Scores:
    """The model without scales and the mean of the sources' models, half each."""
    mean = np.mean([one / np.linalg.norm(one) for one in _of_sources(task)], axis=0)
    return task.score(task.plain / np.linalg.norm(task.plain) + mean / np.linalg.norm(mean))


def same_sign(task: Task) -> Scores:
    """The weights without scales, less where the models of the sources disagree on the sign."""
    signs = np.abs(np.mean([np.sign(one) for one in _of_sources(task)], axis=0))
    return task.score(task.plain * signs)


def group_robust(step: float) -> Callable[[Task], Scores]:
    """Twice anew, with more weight on cells of source, domain and maker that are fitted worst."""

    def way(task: Task) -> Scores:
        part = task.part
        cell = pd.factorize(part.source + "/" + part.domain + "/" + part.maker)[0]
        sign = np.where(task.machine, 1.0, -1.0)
        weight, found = task.weight, task.plain
        for _ in range(2):
            loss = np.log1p(np.exp(-sign * (task.learned_from @ found)))
            size = np.bincount(cell)
            mean = np.bincount(cell, loss) / size
            worse = (mean - np.average(mean, weights=size)) / mean.std()
            weight = weight * np.exp(step * worse[cell]).clip(0.25, 4)
            for side in (task.machine, ~task.machine):
                weight[side] *= 0.5 * len(weight) / weight[side].sum()
            found = task.fitted(weight)
        return task.score(found)

    return way


def differences(beside: float) -> Callable[[Task], Scores]:
    """Logistic loss on a machine's text minus a person's for the same task; texts alone beside."""

    def way(task: Task) -> Scores:
        machine, human = _pairs(task)
        sign = np.where(np.random.default_rng(1).random(len(machine)) < 0.5, 1, -1)
        rows = task.learned_from[machine] - task.learned_from[human]
        flipped = csr_matrix(rows.multiply(sign[:, None].astype(np.float32)), dtype=np.float32)
        cost = task.weight[machine] / task.weight[machine].mean()
        parts, signs, costs = [flipped], [sign > 0], [(1 - beside) * cost]
        if beside:
            parts.append(task.learned_from)
            signs.append(task.machine)
            costs.append(beside * task.weight)
        matrix = vstack(parts, format="csr", dtype=np.float32)
        cost = STRENGTH * np.concatenate(costs)
        return task.score(solve(matrix, np.concatenate(signs), cost).weight)

    return way


def _pairs(task: Task) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each machine text, and a person's: of the pair, else of the task, the source, the domain."""
    part, rng = task.part.reset_index(drop=True), np.random.default_rng(0)
    people = part[part.label == "human"]
    pair = dict(zip(people.kin + people.pair.fillna("").astype(str), people.index, strict=True))
    wider = [
        people.groupby(names).indices for names in (["kin", "task_domain"], ["kin"], ["group"])
    ]
    rows, found = np.flatnonzero(task.machine), []
    for kin, one, domain, group in part.loc[
        rows, ["kin", "pair", "task_domain", "group"]
    ].to_numpy():
        near = pair.get(f"{kin}{one}") if isinstance(one, str) and one else None
        if near is None:
            keys = ((kin, domain), (kin,), (group,))
            sets = (side.get(key) for side, key in zip(wider, keys, strict=True))
            some = next((one for one in sets if one is not None), np.arange(len(people)))
            near = people.index[rng.choice(some)]
        found.append(near)
    return rows, np.array(found)


def over_windows(how: str) -> Callable[[Task], Scores]:
    """Stretches of about 900 characters scored apart: their mean, highest, or mean and spread."""

    def way(task: Task) -> Scores:
        one = np.asarray(task.scored_windows @ task.plain)
        by = pd.Series(one).groupby(task.windows[1])
        if how == "mean":
            return by.mean().to_numpy()
        if how == "highest":
            return by.max().to_numpy()
        if how == "lowest":
            return by.min().to_numpy()
        return (by.mean() - 0.5 * by.std().fillna(0)).to_numpy()

    return way


def beside_dense(share: float, boosted: bool) -> Callable[[Task], Scores]:
    """A second model on dense measures of rhythm and function words, added to the score."""
    return _beside("dense", dense_of, share, boosted)


def beside_embedding(share: float) -> Callable[[Task], Scores]:
    """A second model on the mean of a small language model's input embeddings, added."""
    return _beside("embedded", embedded_of, share, boosted=False)


def _beside(
    name: str, measure: Callable[[list[str]], NDArray[np.float32]], share: float, boosted: bool
) -> Callable[[Task], Scores]:
    def way(task: Task) -> Scores:
        key = f"{name} {boosted}"
        if key not in task.seen:
            texts = task.texts
            every = texts.kept(name, lambda: measure(list(texts.frame.norm.iloc[texts.used])))
            train, test = (every[np.searchsorted(texts.used, r)] for r in (task.train, task.test))
            task.seen[key] = _second(train, task.machine, task.weight, boosted)(test)
        return (1 - share) * _spread_out(without_scales(task)) + share * _spread_out(task.seen[key])

    return way


def _second(
    rows: NDArray[np.float32], machine: NDArray[np.bool_], weight: Scores, boosted: bool
) -> Callable[[NDArray[np.float32]], Scores]:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if boosted:
        model = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.1, random_state=0)
        return model.fit(rows, machine, sample_weight=weight).decision_function
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    return model.fit(rows, machine, logisticregression__sample_weight=weight).decision_function


def _spread_out(scores: Scores) -> Scores:
    return (scores - scores.mean()) / scores.std()


WAYS: dict[str, Callable[[Task], Scores]] = {
    BASELINE: without_scales,
    "scales as shipped": agreed(FULL.agreement),
    "strength 2": strength(2.0),
    "no balance but of the labels": balanced(),
    "balanced by source": balanced("source"),
    "balanced by source and domain": balanced("source", "domain"),
    "balanced by length, too": by_length,
    "naive-Bayes scales, half": naive_bayes(0.5),
    "naive-Bayes scales": naive_bayes(1.0),
    "scales on which domains agree, half": agreed(0.5),
    "scales on which sources agree, half": agreed(0.5, "kin"),
    "scales on which sources agree": agreed(1.0, "kin"),
    "one model a source, their mean": mean_of_sources,
    "… half of it, half the model of all": with_sources,
    "weights less where sources disagree": same_sign,
    "weakest cells count more, a little": group_robust(0.3),
    "weakest cells count more": group_robust(0.7),
    "differences within the task": differences(0.0),
    "differences and texts, half each": differences(0.5),
    "mean over stretches": over_windows("mean"),
    "highest stretch": over_windows("highest"),
    "lowest stretch": over_windows("lowest"),
    "mean less half the spread": over_windows("spread"),
    "rhythm and function words alone, boosted": beside_dense(1.0, boosted=True),
    "… a quarter of the score": beside_dense(0.25, boosted=True),
    "… half of the score": beside_dense(0.5, boosted=True),
    "… linear, a quarter of the score": beside_dense(0.25, boosted=False),
    "embeddings alone": beside_embedding(1.0),
    "… a quarter of the score ": beside_embedding(0.25),
}


# --- the table -----------------------------------------------------------------------------------


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_variants.json")
    parser.add_argument("--texts", type=int, default=6_000, help="texts to learn from in a fold")
    parser.add_argument("--cell", type=int, default=100, help="texts of a cell, a side")
    parser.add_argument("--way", action="append", choices=WAYS, help="only this one")
    parser.add_argument("--folder", type=Path, default=Path("variants"), help="keeps the counts")
    arguments = parser.parse_args()
    needed("detection", "dev2.parquet")
    names = list(dict.fromkeys([BASELINE, *(arguments.way or WAYS)]))
    cells, seconds = _measured(names, arguments)
    rows = [{"way": name} | _row(cells, name) | {"seconds": seconds[name]} for name in names]
    print(_table(rows))
    save_json(arguments.json, {"texts": arguments.texts, "cell": arguments.cell, "rows": rows})


def _texts(folder: Path) -> Texts:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "texts.parquet"
    if not path.exists():
        general_texts(DATA).to_parquet(path)
    frame = pd.read_parquet(path)
    texts = Texts(frame, csr_matrix((0, 0)), folder, np.empty(0, int))
    rng = np.random.default_rng(np.random.SeedSequence(0).spawn(1)[0])
    counted = texts.kept("stretches", lambda: counts_of([random_span(t, rng) for t in frame.norm]))
    return replace(texts, stretches=counted)


def _smaller(fold: Fold, most: int) -> Fold:
    return fold._replace(
        cells=[
            one._replace(human=one.human[:most], machine=one.machine[:most]) for one in fold.cells
        ]
    )


def _windows(texts: list[str]) -> tuple[list[str], NDArray[np.intp]]:
    """Whole sentences of about 900 characters, and the text each comes from."""
    found, row = [], []
    for at, text in enumerate(texts):
        number = max(1, round(len(text) / WINDOW))
        starts = np.array(sentence_starts(text))
        wanted = np.arange(number) * len(text) / number
        cuts = [*np.unique(starts[np.searchsorted(starts, wanted, "right") - 1]), len(text)]
        found += [text[a:b] for a, b in pairwise(cuts)]
        row += [at] * (len(cuts) - 1)
    return found, np.array(row)


def _measured(names: list[str], arguments: Namespace) -> tuple[pd.DataFrame, dict[str, float]]:
    texts = _texts(arguments.folder)
    frame = texts.frame
    folds = [_smaller(fold, arguments.cell) for fold in folds_of(frame)]
    order = np.random.default_rng(5).random(len(frame))
    trains = []
    for fold in folds:
        train = np.flatnonzero((frame.kin != fold.source) & (frame.maker != fold.maker))
        trains.append(np.sort(train[np.argsort(order[train])[: arguments.texts]]))
    wanted = np.unique(np.concatenate([fold.rows for fold in folds]))
    texts = replace(texts, used=np.unique(np.concatenate([wanted, *trains])))
    norm = list(frame.norm[wanted])
    windows, row = _windows(norm)
    whole = texts.kept("whole", lambda: counts_of(norm))
    split = texts.kept("windows", lambda: counts_of(windows))
    found, seconds = [], dict.fromkeys(names, 0.0)
    for fold, train in zip(folds, trains, strict=True):
        here = np.searchsorted(wanted, fold.rows)
        inside = np.isin(row, here)
        parts = (split[inside], np.searchsorted(here, row[inside]))
        task = Task(texts, train, fold.rows, whole[here], parts)
        task.plain, task.scored  # noqa: B018  (what all share is no way's cost)
        for name in names:
            start = time.process_time()
            scores = WAYS[name](task)
            seconds[name] += time.process_time() - start
            found.append(judged(fold, scores).assign(way=name))
        print(fold.source, fold.maker, file=sys.stderr, flush=True)
        pd.concat(found).to_csv(texts.folder / "cells.csv", index=False)
    return pd.concat(found, ignore_index=True), seconds


def _row(cells: pd.DataFrame, name: str) -> dict[str, float]:
    """The summary of a way, and its mean gain over the baseline with an error over folds."""
    mine, theirs = (cells[cells.way == one].reset_index() for one in (name, BASELINE))
    kept = mine.maker != BASE
    gain = (mine.auc - theirs.auc)[kept]
    sums = (gain - gain.mean()).groupby(mine.kin[kept] + mine.maker[kept]).sum()
    error = float(np.sqrt((sums**2).sum()) / len(gain))
    return summary_of(mine) | {"gain": float(gain.mean()), "error": error}


def _table(rows: list[dict[str, Any]]) -> str:
    heads = ["", ">mean AUC", ">gain", ">error", ">10th percentile", ">caught at 5 %",
             ">mean of sources", ">base models", ">seconds"]  # fmt: skip
    names = ["mean", "gain", "error", "tenth", "caught", "by_source", "base_mean"]
    return markdown_table(
        heads,
        (
            [row["way"].strip(), *(f"{row[name]:.3f}" for name in names), f"{row['seconds']:.0f}"]
            for row in rows
        ),
    )


if __name__ == "__main__":
    main()
