"""The crowd-work study from its raw files: its numbers, and what it could not say.

Data: epfl-dlab/GPTurk (arXiv 2306.07899): 16 abstracts, 128 human summaries of 2018, 320 ChatGPT
summaries, 48 crowd answers of 2023. They are not part of this project; they are looked for in
``$WELLHEAD_DATA/gpturk`` or ``../shared/data/gpturk``.

1. A detector trained on the study's own training texts, tested on its summary-level test split.
2. The share of the 2023 answers that it flags, by how strict the cut is. The study cut the logit
   of its model at 0 and at 4, which mean other error rates in another model. What can be carried
   over are its measured errors: 1 of 31 and 2 of 54 people flagged, of which Wilson's intervals
   are 0.6 to 16 % and 1 to 12 %. So every cut from 1 to 15 % of held-out people is printed.
3. What the study could not print: the share with an interval, by ``wellhead.assay``, with copies
   of the abstracts set apart; and what the checks say about length.

Run: ``python benchmarks/gpturk.py [--json FILE]``.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import wellhead
from _harness import benchmark_arguments, needed, save_json
from wellhead.corpus import open_corpus
from wellhead.detect import NgramDetector, train_detector

# Strictness: the share of held-out human texts above the cut.
STRICTNESS = (0.01, 0.02, 0.03, 0.05, 0.10, 0.15)
# Of the 46 answers of 2023, how many the study's model flagged at its two cuts.
PRINTED = (
    "the study printed 46 % (21 of 46) at its lenient cut and 33 % (15 of 46) at its strict one"
)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    arguments = parser.parse_args()
    folder = needed("gpturk")
    answers = _answers(folder)
    figures = {"split": _split(folder), "flagged": _flagged(folder, answers)}
    figures["assay"] = _assay(folder, answers)
    save_json(arguments.json, figures)


def _split(folder: Path) -> dict[str, float]:
    """Accuracy on the committed summary-level split, cut where held-out log-odds are even."""
    train, test = (_texts(folder / f"{part}_transductive.json") for part in ("train", "test"))
    detector = _train(train)
    calibration = LogisticRegression(C=np.inf).fit(_held_out(detector, train), _truth(train))
    found = calibration.predict(detector.score(_only_text(test))[:, None])
    errors = int((found != _truth(test)).sum())
    accuracy = 1 - errors / len(test)
    print(
        f"summary-level split: accuracy {accuracy:.3f} ({errors} errors in {len(test)}); "
        "the study printed 0.991"
    )
    return {"accuracy": accuracy, "texts": len(test), "errors": errors}


def _flagged(folder: Path, answers: list[dict[str, str]]) -> dict[str, float]:
    """Share of the distinct answers above each cut."""
    train = _texts(folder / "train_transductive.json")
    detector = _train(train)
    human = _held_out(detector, train)[~_truth(train), 0]
    distinct = list({row["text"]: row for row in answers}.values())
    scores = detector.score(_only_text(distinct))
    shares = {}
    for rate in STRICTNESS:
        above = int((scores > np.quantile(human, 1 - rate)).sum())
        shares[f"{rate:.2f}"] = above / len(distinct)
        print(
            f"flagged where {rate:.0%} of held-out people would be: {above} of {len(distinct)} = "
            f"{above / len(distinct):.0%}"
        )
    print(PRINTED)
    return shares


def _held_out(detector: NgramDetector, rows: list[dict[str, str]]) -> np.ndarray:
    return detector.score_held_out(_only_text(rows))[:, None]


def _truth(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([row["labels"] == "synthetic" for row in rows])


def _only_text(rows: list[dict[str, str]]) -> list[str]:
    return [row["text"] for row in rows]


def _assay(folder: Path, answers: list[dict[str, str]]) -> dict[str, object]:
    """The main job on the study."""
    base = _texts(folder / "base.json")
    human = [row["text"] for row in base if row["class"] == "old-summaries"]
    machine = {f"ChatGPT, T = {t}": texts for t, texts in _generated(folder).items()}
    sources = [row["text"] for row in base if row["class"] == "abstract"]
    detector = train_detector(
        human=open_corpus(human, name="summaries of 2018"),
        machine=[open_corpus(texts, name=name) for name, texts in machine.items()],
        name="gpturk",
    )
    result = wellhead.assay(
        answers, human=human, machine=machine, source=sources, detector=detector
    )
    share, documents = result.share, result.documents
    print(
        f"\nassay of {documents.n} answers: {documents.copied} mostly copy an abstract and are set "
        f"apart; of the {documents.evidence} others {share.point:.0%} are machine-written "
        f"({share.low:.0%} to {share.high:.0%}), at least {result.at_least:.0%} whatever the "
        f"generator; {documents.flagged} flagged at a false discovery rate of 10 %"
    )
    rest = documents.evidence / (documents.evidence + documents.copied)
    print(
        f"of all answers that is {share.point * rest:.0%} ({share.low * rest:.0%} to "
        f"{share.high * rest:.0%})\n"
    )
    for check in result.diagnostics:
        print(f"[{check.severity}] {check.name} {check.finding}\n    {check.consequence}")
    return {**result.to_dict(rows=0), "of_all": [share.low * rest, share.high * rest]}


def _train(rows: list[dict[str, str]]) -> NgramDetector:
    """The study's recipe: whole texts, abstracts counted as human."""
    sides = {
        side: [row["text"] for row in rows if row["labels"] == side]
        for side in ("real", "synthetic")
    }
    return train_detector(
        human=sides["real"], machine=[sides["synthetic"]], name="gpturk", stretches=0
    )


def _texts(path: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _generated(folder: Path) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    with (folder / "generated_outputs.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            texts.setdefault(row["temperature"], []).append(row["text"])
    return texts


def _answers(folder: Path) -> list[dict[str, str]]:
    """The 2023 answers; the workers' field is JSON and is read as nothing else."""
    answers = []
    with (folder / "Batch_5083843_batch_results.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            (said,) = json.loads(row["Answer.taskAnswers"])
            answers.append(
                {"id": row["AssignmentId"], "text": said["summary"], "worker": row["WorkerId"]}
            )
    return answers


if __name__ == "__main__":
    main()
