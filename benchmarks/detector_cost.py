"""What dearer views add to the general detector on what it left out, and what they cost.

Beside the scores of `general` by models without the domain and the makers (``--left-out TABLE`` of
`tools/fit_general_detector.py`) stand: a small encoder as a package carries it, frozen, with a
linear head; criteria of likelihood from one pass of a language model, each alone and all with a
linear head; blends of the head with `general`; and a cascade that asks the dearer view only of the
middle part of a cell's texts by the score of `general`, and puts these in another order.

A dear view reads one text or two in a second, so that each cell is judged by a **fixed small
sample**: the texts with the lowest hashes, `MACHINE` of a cell and `PEOPLE` of a source and domain,
which all its cells share. A cell alone then moves by .1; errors of means are over sources and
makers. Heads learn from the sampled texts of other sources, domains and makers alone. A blend adds
scores by their spread among the cell's people; its weight is chosen on every second source.

What was read lies in the folder by hash of the text, and is not read again. Networks run in
bfloat16: no criterion moves by more than a thirtieth of its spread.

Run: ``python benchmarks/detector_cost.py FOLDER --left-out TABLE [--gemma FILE] [--texts N]``.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from _harness import DATA, benchmark_arguments, markdown_table, needed, save_json
from detector_quality import BASE, FOLDS, Fold, folds_of
from wellhead.detect.tiers.encoders import Frozen
from wellhead.detect.tiers.likelihood import CRITERIA, Likelihood
from wellhead.detect.tiers.networks import load_network

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from general_texts import general_texts

MACHINE, PEOPLE = 8, 30
SMOLLM2, GEMMA, MINILM = VIEWS = ("SmolLM2-135M-Instruct", "Gemma-3-270M", "MiniLM, frozen")
PART = 100


class InHalf(Likelihood):
    """The tier ``likelihood`` with its network in bfloat16; what follows is in single precision."""

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import torch

        found = load_network(Path(self.model), "AutoModelForCausalLM") if self.model else None
        network, tokenizer = found or super()._loaded
        network.to(torch.bfloat16)
        network.register_forward_hook(_single)
        return network, tokenizer


def _single(network: Any, asked: Any, told: Any) -> Any:
    told.logits = told.logits.float()
    return told


class Read:
    """What a view reads of texts, kept in a folder by their hashes."""

    def __init__(self, folder: Path, name: str, gemma: Path | None = None) -> None:
        self.folder, self.name, self.gemma = folder / name.replace(", ", "-"), name, gemma
        self.known: dict[str, NDArray[np.float32]] = {}
        self.seconds: list[float] = []
        for path in sorted(self.folder.glob("*.npz")):
            with np.load(path) as file:
                self.known.update(zip(map(str, file["key"]), file["row"], strict=True))
                self.seconds.append(float(file["seconds"]) / len(file["key"]))

    def more(self, texts: Sequence[str]) -> None:
        """Read those that are not known yet, a part at a time."""
        new = [text for text in dict.fromkeys(texts) if key_of(text) not in self.known]
        tier = self._tier() if new else None
        self.folder.mkdir(parents=True, exist_ok=True)
        for start in range(0, len(new), PART):
            part = new[start : start + PART]
            begun = time.process_time()
            rows = np.array(tier.read(part), np.float32)  # type: ignore[union-attr]
            seconds = time.process_time() - begun
            keys = [key_of(text) for text in part]
            np.savez(self.folder / f"{keys[0]}.npz", key=keys, row=rows, seconds=seconds)
            self.known.update(zip(keys, rows, strict=True))
            self.seconds.append(seconds / len(part))
            print(f"{self.name}: {start + len(part)} of {len(new)}", file=sys.stderr, flush=True)

    def _tier(self) -> Frozen | Likelihood:
        if self.name == MINILM:
            tier: Frozen | Likelihood = Frozen("frozen", "", "")
        else:
            model = str(self.gemma) if self.name == GEMMA else ""
            tier = InHalf("likelihood", model, "")
        tier.read(["So that no time is taken by what is done once."])
        return tier


def key_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sampled(frame: pd.DataFrame, folds: Sequence[Fold]) -> pd.DataFrame:
    """Rows of the sample, those first that a smaller sample would hold."""
    hashed = frame.norm.map(key_of)
    first: dict[int, float] = {}
    for fold in folds:
        for cell in fold.cells:
            for rows, most in ((cell.human, PEOPLE), (cell.machine, MACHINE)):
                chosen = rows[np.argsort(hashed.iloc[rows], kind="stable")[:most]]
                for at, row in enumerate(chosen):
                    first[int(row)] = min(first.get(int(row), 1.0), at / most)
    found = pd.DataFrame({"row": first.keys(), "place": first.values()})
    return found.sort_values(["place", "row"], ignore_index=True)


Sides = tuple[NDArray[np.float64], NDArray[np.float64]]
Cells = list[tuple[str, str, dict[str, Sides]]]
FALL = ("mean log-rank", "mean entropy", "spread of log-probability", "spread of entropy")
WEIGHTS, PARTS = (0.1, 0.2, 0.3, 0.4, 0.5), (0.25, 0.5)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("folder", type=Path, help="keeps what was read")
    parser.add_argument("--left-out", type=Path, required=True, help="scores of the detector")
    parser.add_argument("--gemma", type=Path, help="Gemma-3-270M as GGUF")
    parser.add_argument("--texts", type=int, default=1000, help="that Gemma reads, at most")
    arguments = parser.parse_args()
    needed("detection", "dev2.parquet")
    frame = general_texts(DATA)
    folds = list(folds_of(frame))
    rows = sampled(frame, folds).row.to_numpy()
    table = []
    for name in VIEWS:
        if name == GEMMA and arguments.gemma is None:
            continue
        read = Read(arguments.folder, name, arguments.gemma)
        wanted = rows[: arguments.texts] if name == GEMMA else rows
        read.more(list(frame.norm.iloc[wanted]))
        found = _cells(frame, folds, pd.read_parquet(arguments.left_out), read, rows)
        table += _rows(name, found, 1000 * float(np.median(read.seconds)))
    columns = ["view", "", ">mean AUC", ">gain", ">error", ">gain where not chosen",
               ">10th percentile", ">base models", ">seconds"]  # fmt: skip
    print(markdown_table(columns, table))
    save_json(arguments.json, table)


def _cells(
    frame: pd.DataFrame, folds: list[Fold], left_out: pd.DataFrame, read: Read, sample: NDArray[Any]
) -> Cells:
    """Source, maker, and by what each cell is scored: its people and its machine texts."""
    at = pd.Series(np.arange(len(frame)), index=frame.row).reindex(left_out.row)
    left_out = left_out.assign(at=at.to_numpy()).dropna(subset=["at"]).astype({"at": int})
    left_out = left_out.drop_duplicates([*FOLDS, "at"])
    by = {key: part.set_index("at").score for key, part in left_out.groupby(list(FOLDS))}
    hashed = frame.norm.map(key_of)
    known = np.array([row for row in sample if hashed[row] in read.known])
    found: Cells = []
    for fold in folds:
        heads: dict[str, Callable[[NDArray[Any]], NDArray[np.float64]]] = {}
        for cell in fold.cells:
            group = frame.group[cell.machine[0]]
            ours = by.get((group, fold.maker), pd.Series(dtype=float))
            sides = [
                np.array([row for row in known[np.isin(known, rows)] if row in ours.index], int)
                for rows in (cell.human, cell.machine)
            ]
            if len(sides[0]) < 5 or len(sides[1]) < 2:
                continue
            apart = frame.iloc[known]
            other = (apart.kin != fold.source) & (apart.maker != fold.maker)
            if group not in heads:
                apart_too = (other & (apart.group != group)).to_numpy()
                heads[group] = _head(frame, read, hashed, known[apart_too])
            head = heads[group]
            scores: dict[str, Sides] = {
                "general": (ours.loc[sides[0]].to_numpy(), ours.loc[sides[1]].to_numpy()),
                "a linear head": (head(sides[0]), head(sides[1])),
            }
            if read.name != MINILM:
                people, machines = (
                    np.array([read.known[key] for key in hashed[side]], float) for side in sides
                )
                for column, name in enumerate(CRITERIA):
                    sign = -1 if name in FALL else 1
                    scores[name] = (sign * people[:, column], sign * machines[:, column])
            found.append((fold.source, fold.maker, scores))
    return found


def _head(
    frame: pd.DataFrame, read: Read, hashed: pd.Series[str], rows: NDArray[Any]
) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def seen(some: NDArray[Any]) -> NDArray[np.float64]:
        return np.array([read.known[key] for key in hashed.iloc[some]], float)

    values = seen(rows)
    wide = values.shape[1]
    model = LogisticRegression(C=(3 if wide > 20 else 30) / wide, class_weight="balanced")
    fitted = make_pipeline(StandardScaler(), model.set_params(max_iter=300))
    fitted.fit(values, (frame.label == "machine").to_numpy()[rows])
    return lambda some: np.asarray(fitted.decision_function(seen(some)))


def _blend(scores: dict[str, Sides], weight: float) -> Sides:
    ours, head = scores["general"], scores["a linear head"]
    people, machines = (
        (1 - weight) * one / ours[0].std() + weight * other / head[0].std()
        for one, other in zip(ours, head, strict=True)
    )
    return people, machines


def _cascade(scores: dict[str, Sides], weight: float, part: float) -> Sides:
    """The order of `general`, in which the blend decides among the texts in the middle."""
    human, machine = scores["general"]
    ours, dear = np.concatenate([human, machine]), np.concatenate(_blend(scores, weight))
    place = np.array([((human < one).mean() + (machine < one).mean()) / 2 for one in ours])
    middle = np.flatnonzero(np.abs(place - 0.5) <= part / 2)
    order = ours.argsort(kind="stable").argsort().astype(float)
    order[middle[np.argsort(dear[middle], kind="stable")]] = np.sort(order[middle])
    return order[: len(human)], order[len(human) :]


def _auc(sides: Sides) -> float:
    human, machine = sides[0][None], sides[1][:, None]
    return float(((machine > human) + 0.5 * (machine == human)).mean())


def _rows(view: str, cells: Cells, seconds: float) -> list[list[str]]:
    source = np.array([one[0] for one in cells])
    chat = np.array([one[1] != BASE for one in cells])
    fold = np.array([one[0] + one[1] for one in cells])[chat]
    choosing = np.isin(source, np.unique(source)[::2])
    before = np.array([_auc(one[2]["general"]) for one in cells])

    def row(name: str, told: Callable[[dict[str, Sides]], Sides], cost: float) -> list[str]:
        auc = np.array([_auc(told(one[2])) for one in cells])
        gain = pd.Series((auc - before)[chat])
        error = np.sqrt(((gain - gain.mean()).groupby(fold).sum() ** 2).sum()) / len(gain)
        other = (auc - before)[chat & ~choosing].mean()
        values = (auc[chat].mean(), gain.mean(), error, other, np.quantile(auc[chat], 0.1))
        return [view, name, *(f"{x:.3f}" for x in (*values, auc[~chat].mean())), f"{cost:.0f}"]

    def gained(weight: float) -> float:
        auc = np.array([_auc(_blend(one[2], weight)) for one in cells])
        return float((auc - before)[chat & choosing].mean())

    best = max(WEIGHTS, key=gained)
    rows = [
        row(name, lambda one, name=name: one[name], 0.0 if name == "general" else seconds)  # type: ignore[misc]
        for name in cells[0][2]
    ]
    rows.append(row(f"blended, weight {best}", lambda one: _blend(one, best), seconds))
    rows += [
        row(
            f"cascade, {part:.0%}", lambda one, part=part: _cascade(one, best, part), part * seconds
        )  # type: ignore[misc]
        for part in PARTS
    ]
    return rows


if __name__ == "__main__":
    main()
