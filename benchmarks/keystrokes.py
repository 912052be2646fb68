"""Copying against composing, from timing and revision alone.

Prints how well eight features separate people who copied from people who composed, in the same
laboratory, with everybody's sessions kept in one fold, and each feature by itself. With
``--write`` fits the weights that ship in ``wellhead/collect/derive/transcription.json``.

    python benchmarks/keystrokes.py [--json FILE] [--write]

Data: ``keystrokes/fixed_text.csv`` and ``free_text.csv`` (Villani's keystrokes as prepared in
vmonaco/pohmm-keystroke, research use), found through WELLHEAD_DATA or ../shared/data.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import wellhead.collect.derive as package
from _harness import benchmark_arguments, needed, save_json
from wellhead._atomic import write_text
from wellhead.collect.derive.keystrokes import FEATURES, Keystroke, features

SIZES = (100, 400)
BETWEEN_SESSIONS_MS = 300
CLASSES = {
    "space": "space",
    "enter": "enter",
    "backspace": "erase",
    "delete": "erase",
    **dict.fromkeys(("left", "right", "up", "down", "home", "end", "page_up", "tab"), "nav"),
    **dict.fromkeys(("shift", "ctrl", "alt", "caps_lock", "windows", "command"), "mod"),
}
Sessions = dict[str, list[list[Keystroke]]]


class Stretches(NamedTuple):
    """One row per stretch of typing: features, 1 for copying, and who typed."""

    rows: np.ndarray
    copied: np.ndarray
    people: np.ndarray


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--write", action="store_true", help="fit and write the shipped weights")
    arguments = parser.parse_args()
    folder = needed("keystrokes")
    copying, composing = read(folder / "fixed_text.csv"), read(folder / "free_text.csv")
    stretches = {size: cut(copying, composing, size) for size in SIZES}
    numbers = {str(size): measure(stretches[size]) for size in SIZES}
    show(numbers)
    save_json(arguments.json, numbers)
    if arguments.write:
        write_text(
            Path(package.__file__).parent / "transcription.json",
            json.dumps(fit(stretches), indent=1) + "\n",
        )


def read(path: Path) -> Sessions:
    """Sessions by person, in order."""
    sessions: dict[tuple[str, int], list[Keystroke]] = defaultdict(list)
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            pressed, released = int(row["timepress"]), int(row["timerelease"])
            key = Keystroke(pressed, kind(row["keyname"]), max(0, released - pressed))
            sessions[row["user"], int(row["session"])].append(key)
    people: Sessions = defaultdict(list)
    for (person, _), keys in sorted(sessions.items()):
        people[person].append(keys)
    return people


def kind(name: str) -> str:
    if len(name) == 1:
        return "letter" if name.isalpha() else "digit"
    return CLASSES.get(name, "punct")


def cut(copying: Sessions, composing: Sessions, size: int) -> Stretches:
    """Stretches of `size` keys; copying sessions are short and are joined until long enough."""
    rows, copied, people = [], [], []
    for label, sessions in ((1, copying), (0, composing)):
        for person, parts in sessions.items():
            for keys in joined(parts, size):
                rows.append(features(keys[:size]))
                copied.append(label)
                people.append(person)
    return Stretches(np.array(rows), np.array(copied), np.array(people))


def joined(parts: list[list[Keystroke]], size: int) -> list[list[Keystroke]]:
    whole: list[list[Keystroke]] = []
    current: list[Keystroke] = []
    for keys in parts:
        shift = current[-1].t + BETWEEN_SESSIONS_MS - keys[0].t if current else 0
        current = current + [key._replace(t=key.t + shift) for key in keys]
        if len(current) >= size:
            whole.append(current)
            current = []
    return whole


def model() -> LogisticRegression:
    return make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)
    )


def scores(stretches: Stretches) -> np.ndarray:
    """Each stretch scored by a model that never saw its writer."""
    return cross_val_predict(
        model(),
        stretches.rows,
        stretches.copied,
        groups=stretches.people,
        cv=GroupKFold(5),
        method="decision_function",
    )


def measure(stretches: Stretches) -> dict[str, object]:
    score, copied = scores(stretches), stretches.copied
    single = [roc_auc_score(copied, stretches.rows[:, i]) for i in range(len(FEATURES))]
    low, high = bootstrap(score, stretches)
    return {
        "stretches": {"copying": int(copied.sum()), "composing": int((1 - copied).sum())},
        "people": len(set(stretches.people)),
        "auc": round(float(roc_auc_score(copied, score)), 3),
        "auc_interval": [round(low, 3), round(high, 3)],
        "found_at_5_percent_false": round(found_at(score, copied, 0.05), 3),
        "single": {
            name: round(max(auc, 1 - auc), 3) for name, auc in zip(FEATURES, single, strict=True)
        },
    }


def bootstrap(score: np.ndarray, stretches: Stretches, rounds: int = 500) -> tuple[float, float]:
    """95 % interval of the AUC, whole people drawn again."""
    rng = np.random.default_rng(0)
    people = np.unique(stretches.people)
    members = {person: np.flatnonzero(stretches.people == person) for person in people}
    drawn = []
    for _ in range(rounds):
        index = np.concatenate([members[person] for person in rng.choice(people, len(people))])
        drawn.append(roc_auc_score(stretches.copied[index], score[index]))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def found_at(score: np.ndarray, copied: np.ndarray, false: float) -> float:
    limit = np.quantile(score[copied == 0], 1 - false)
    return float((score[copied == 1] > limit).mean())


def fit(stretches: dict[int, Stretches]) -> dict[str, object]:
    """The weights that ship, and where held-out people's scores lie."""
    rows = np.concatenate([part.rows for part in stretches.values()])
    copied = np.concatenate([part.copied for part in stretches.values()])
    people = np.concatenate([part.people for part in stretches.values()])
    held_out = scores(Stretches(rows, copied, people))
    fitted = model().fit(rows, copied)
    scaler, regression = fitted[0], fitted[1]
    ends = np.cumsum([len(part.rows) for part in stretches.values()])
    reference = {}
    for size, (start, end) in zip(stretches, pairwise([0, *ends]), strict=True):
        score, label = held_out[start:end], copied[start:end]
        reference[str(size)] = {
            "copying": percentiles(score[label == 1]),
            "composing": percentiles(score[label == 0]),
        }
    return {
        "source": "Villani keystrokes as prepared in vmonaco/pohmm-keystroke (research use)",
        "features": list(FEATURES),
        "centre": rounded(scaler.mean_),
        "scale": rounded(scaler.scale_),
        "weights": rounded(regression.coef_[0]),
        "offset": round(float(regression.intercept_[0]), 5),
        "reference": reference,
    }


def percentiles(score: np.ndarray) -> list[float]:
    return rounded(np.quantile(score, np.linspace(0, 1, 21)))


def rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def show(numbers: dict[str, dict[str, object]]) -> None:
    for size, found in numbers.items():
        low, high = found["auc_interval"]  # type: ignore[misc]
        print(f"{size} keys: {found['stretches']} stretches of {found['people']} people")
        print(f"  AUC, people held out     {found['auc']:.3f}  (95 % {low:.3f} to {high:.3f})")
        print(f"  copying found at 5 % false alarms  {found['found_at_5_percent_false']:.2f}")
        for name, auc in found["single"].items():  # type: ignore[attr-defined]
            print(f"    {name:<40} {auc:.3f}")


if __name__ == "__main__":
    main()
