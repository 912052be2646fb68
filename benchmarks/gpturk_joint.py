"""The crowd study of 2023 by two methods at once, from its raw files.

Text: the study's own published predictions (its strict threshold), and a detector of ours trained
on the study's 2018 summaries and ChatGPT outputs with the abstract in question left out. Process:
the key, copy and paste logs of the MTurk batch, read by `wellhead.collect.importers`. Both are
joined, and every published number is set beside ours.

    python benchmarks/gpturk_joint.py [--json FILE] [--report FOLDER]

Data: ``gpturk/`` (epfl-dlab/GPTurk; no licence stated, so evaluation only), found through
WELLHEAD_DATA or ../shared/data. With 46 answers this illustrates; it proves nothing.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from _harness import benchmark_arguments, needed, save_json
from wellhead._stats import Interval, wilson
from wellhead.collect.importers import Imported, read_import
from wellhead.collect.importers.gpturk import read_log
from wellhead.collect.overview import FOREIGN
from wellhead.consensus.bayes import Beta, Priors
from wellhead.consensus.estimate import estimate
from wellhead.consensus.evidence import Row, table
from wellhead.consensus.votes import gather
from wellhead.detect.train import train_detector
from wellhead.prevalence.copying import COPIED, Sources
from wellhead.study.run import StudyResult, study

BATCH = "Batch_5083843_batch_results.csv"
PREDICTIONS = "processed_responses_with_predictions*.csv"
STRICT = "processed_responses_with_predictions3.csv"
# As if 98 honest answers had been watched and two had shown foreign text (a translation, notes).
PRIORS = Priors(specificity={"process": Beta(97, 3)})
# What the study's authors counted on their held-out texts: 1 of 31 people's summaries flagged,
# none of 81 of ChatGPT's missed (reconstructed from the accuracies in their notebook).
HELD_OUT = {"human": (1, 31), "machine": (81, 81)}
# The same at the loose threshold, from their split by abstracts; 21 of 46 answers are flagged
# there, and which ones is in none of their files.
LOOSE, LOOSE_HELD_OUT = (21, 46), {"human": (2, 54), "machine": (118, 120)}


def main() -> None:
    """Print the tables; write JSON and the report when asked."""
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--report", type=Path, help="folder for the two study reports")
    options = parser.parse_args()
    folder = needed("gpturk", BATCH).parent
    answers = used(folder)
    sources = Sources({row["original_text"] for row in rows_of(folder / STRICT)})
    batch = list(read_import(folder / BATCH, "gpturk"))
    published = joined(
        batch, answers, authors_says(folder, answers), title="The crowd study of 2023"
    )
    ours = joined(
        batch, answers, our_says(folder, answers, sources), title="The same, with our own detector"
    )
    result = {
        "published": printed(folder, batch),
        "counts": counts(folder, answers, sources),
        "corrected": {
            "strict": share(corrected((15, 46), HELD_OUT)),
            "loose": share(corrected(LOOSE, LOOSE_HELD_OUT)),
        },
        "published_text": summary(published),
        "our_text": summary(ours),
    }
    show(result)
    if options.report:
        published.save(options.report / "published")
        ours.save(options.report / "ours")
    save_json(options.json, result)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def used(folder: Path) -> list[Imported]:
    """The answers that the study's strict file holds, judged by their logs, in its order."""
    known = {(a.task, a.text.strip()): a for a in read_import(folder / BATCH, "gpturk")}
    return [known[row["HITId"], row["text"].strip()] for row in rows_of(folder / STRICT)]


def process_rows(answers: Iterable[Imported]) -> list[Row]:
    """What the logs say; foreign text is outside origin, the task's own text is not."""
    return [Row(a.id, "process", None, a.outcome) for a in answers]


def authors_says(folder: Path, answers: list[Imported]) -> list[Row]:
    """The published predictions, and the authors' held-out texts as documents known beforehand."""
    rows = [
        Row(a.id, "text", None, "machine" if row["predicted"] == "synthetic" else "human")
        for a, row in zip(answers, rows_of(folder / STRICT), strict=True)
    ]
    for origin, (flagged, n) in HELD_OUT.items():
        for i in range(n):
            rows += known(f"{origin}-{i}", origin, flagged=i < flagged)
    return rows


def known(identity: str, origin: str, *, flagged: bool) -> list[Row]:
    """A document known beforehand and what the text method says of it."""
    return [
        Row(identity, "known", 1.0 if origin == "machine" else 0.0),
        Row(identity, "text", None, "machine" if flagged else "human"),
    ]


def opening(text: str) -> str:
    """How an abstract begins; enough to know it by."""
    return " ".join(text.split())[:80]


def our_says(folder: Path, answers: list[Imported], sources: Sources) -> list[Row]:
    """Our detector's flags at 5 % false positives, each abstract judged without its own texts.

    Answers that mostly repeat the abstract are set apart, as `wellhead.assay` does.
    """
    abstract = {opening(row["question"]): row["HITId"] for row in rows_of(folder / "qids.csv")}
    task_of = {
        row["HITId"]: abstract[opening(row["original_text"])] for row in rows_of(folder / STRICT)
    }
    train = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    kinds = {"gen-summaries": "machine", "old-summaries": "human"}
    texts = [t for t in train if t["class"] in kinds]
    tasks = sorted({t["HITId"] for t in texts})
    folds: list[Fold] = []
    for fold in np.array_split(np.array(tasks), 4):
        inside = [t for t in texts if t["HITId"] not in fold]
        human = [t["text"] for t in inside if kinds[t["class"]] == "human"]
        machine = [t["text"] for t in inside if kinds[t["class"]] == "machine"]
        detector = train_detector(human=human, machine=[machine], seed=0)
        held = [t for t in texts if t["HITId"] in fold]
        mine = [a for a in answers if task_of[a.task] in fold]
        folds.append(
            Fold(
                np.array([kinds[t["class"]] for t in held]),
                detector.score([t["text"] for t in held]),
                mine,
                detector.score([a.text for a in mine]),
            )
        )
    return [row for at in range(len(folds)) for row in _flagged(folds, at, sources)]


class Fold(NamedTuple):
    """Four abstracts: scores of their texts by a detector that saw none of them."""

    origins: np.ndarray
    scores: np.ndarray
    answers: list[Imported]
    answer_scores: np.ndarray


def _flagged(folds: list[Fold], at: int, sources: Sources) -> Iterator[Row]:
    """Flags in one fold, at the cut that flags 5 % of people's texts in the other folds."""
    others = [fold for i, fold in enumerate(folds) if i != at]
    cut = np.quantile(np.concatenate([f.scores[f.origins == "human"] for f in others]), 0.95)
    fold = folds[at]
    for i, (origin, score) in enumerate(zip(fold.origins, fold.scores, strict=True)):
        yield from known(f"known-{at}-{i}", str(origin), flagged=bool(score > cut))
    for answer, score in zip(fold.answers, fold.answer_scores, strict=True):
        copied = sources.containment(answer.text) >= COPIED
        word = "quotes_task" if copied else "machine" if score > cut else "human"
        yield Row(answer.id, "text", None, word)


def joined(
    batch: list[Imported], answers: list[Imported], text: list[Row], *, title: str
) -> StudyResult:
    """The whole study by both methods, from all that was submitted."""
    documents = pa.table(
        {
            "id": [a.id for a in batch],
            "worker": [a.worker for a in batch],
            "text": [a.text for a in batch],
        }
    )
    evidence = table([*text, *process_rows(answers)])
    return study(evidence, documents=documents, priors=PRIORS, title=title)


def corrected(flagged: tuple[int, int], held_out: dict[str, tuple[int, int]]) -> Interval:
    """The text method alone, its errors as counted on texts of known origin."""
    hits, n = flagged
    rows = [Row(f"a{i}", "text", None, "machine" if i < hits else "human") for i in range(n)]
    for origin, (wrong, total) in held_out.items():
        for i in range(total):
            rows += known(f"{origin}-{i}", origin, flagged=i < wrong)
    return estimate(gather(table(rows)), rates=False, repeats=0).share


def printed(folder: Path, batch: list[Imported]) -> dict[str, Any]:
    """What the study printed about its batch, counted again."""
    logs = [
        read_log(json.loads(row["Answer.taskAnswers"])[0]["log_of_what_they_did"])
        for row in rows_of(folder / BATCH)
    ]
    return {
        "submissions": len(batch),
        "workers": len({a.worker for a in batch}),
        "tasks": len({a.task for a in batch}),
        "with_a_paste": sum(bool(log.pasted) for log in logs),
        "pastes": sum(len(log.pasted) for log in logs),
        "copies": sum(len(log.copied) for log in logs),
        "tables": [cross(folder, file) for file in sorted(folder.glob(PREDICTIONS))],
    }


def cross(folder: Path, file: Path) -> list[int]:
    """Both, text only, process only, neither, by one of the study's three prediction files."""
    known_ = {(a.task, a.text.strip()): a for a in read_import(folder / BATCH, "gpturk")}
    cells = [0, 0, 0, 0]
    for row in rows_of(file):
        foreign = known_[row["HITId"], row["text"].strip()].outcome in FOREIGN
        cells[2 * (row["predicted"] != "synthetic") + (not foreign)] += 1
    return cells


def counts(folder: Path, answers: list[Imported], sources: Sources) -> dict[str, Any]:
    """The plain counts that need no model."""
    strict = [row["predicted"] == "synthetic" for row in rows_of(folder / STRICT)]
    foreign = [a.outcome in FOREIGN for a in answers]
    copies = [sources.containment(a.text) >= COPIED for a in answers]
    n = len(answers)
    both = sum(s and f for s, f in zip(strict, foreign, strict=True))
    positives = [
        sum(row["predicted"] == "synthetic" for row in rows_of(file))
        for file in sorted(folder.glob(PREDICTIONS))
    ]
    return {
        "answers": n,
        "published_positives": positives,
        "strict": sum(strict),
        "foreign": sum(foreign),
        "whole": sum(map(whole, answers)),
        "whole_share": share(wilson(sum(map(whole, answers)), n)),
        "both": both,
        "strict_that_copy_the_source": sum(s and c for s, c in zip(strict, copies, strict=True)),
        "copies": sum(copies),
        "outcomes": dict(Counter(a.outcome for a in answers).most_common()),
        "strict_share": share(wilson(sum(strict), n)),
        "both_share": share(wilson(both, n)),
        "foreign_share": share(wilson(sum(foreign), n)),
    }


def whole(answer: Imported) -> bool:
    """The answer was pasted whole from elsewhere: at most five characters typed."""
    typed = answer.detail["typed_per_character"] * len(answer.text)
    return answer.outcome == "pasted_outside" and typed < 5.5


def summary(found: StudyResult) -> dict[str, Any]:
    """What is printed about one joint estimate."""
    joint = found.joint
    pair = joint.agreement[0]
    return {
        "joint": share(joint.share),
        "model": joint.model,
        "identified": joint.identified,
        "table": [pair.both, pair.only_first, pair.only_second, pair.neither],
        "kappa": share(pair.kappa) if pair.kappa else None,
        "methods": {
            m.name: {
                "flagged": [m.flagged, m.observed],
                "sensitivity": share(m.sensitivity) if m.sensitivity else None,
                "specificity": share(m.specificity) if m.specificity else None,
            }
            for m in joint.methods
        },
        "alternatives": {a.name: share(a.share) for a in joint.alternatives},
        "ablations": {a.name: share(a.share) for a in found.ablations},
        "length": None
        if found.length is None
        else {
            "pairs": found.length.pairs,
            "before": [s.point for s in found.length.before],
            "after": [s.point for s in found.length.after],
            "lengths": found.length.lengths,
        },
        "unchecked": list(joint.unchecked),
        "near_duplicates": [list(t.ids) for t in found.near_duplicates],
    }


def share(interval: Interval) -> list[float]:
    """Point, low, high."""
    return [round(x, 4) for x in (interval.point, interval.low, interval.high)]


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    p, c = result["published"], result["counts"]
    print(
        f"{p['submissions']} submissions by {p['workers']} workers on {p['tasks']} abstracts;",
        end=" ",
    )
    print(f"{p['with_a_paste']} with a paste ({p['pastes']} pastes, {p['copies']} copies)")
    print(f"both, text only, process only, neither by prediction file: {p['tables']}")
    for cut, value in result["corrected"].items():
        print(f"published count, {cut} cut, corrected: {written(value)}")
    print(f"{c['answers']} answers; published positives by file {c['published_positives']}")
    print(f"strict positives {c['strict']}: {c['both']} with foreign text in the log, ", end="")
    print(f"{c['strict_that_copy_the_source']} that are copies of the source")
    for name in ("strict", "both", "whole", "foreign"):
        print(f"  {name:8} {c[name]:3} = {written(c[name + '_share'])}")
    for name in ("published_text", "our_text"):
        part = result[name]
        print(f"{name}: joint {written(part['joint'])} ({part['model']}, {part['identified']})")
        print(f"  both, text only, process only, neither: {part['table']}")
        for method, row in part["methods"].items():
            rates = [row["sensitivity"], row["specificity"]]
            print(f"  {method}: {row['flagged']}, " + ", ".join(written(r) for r in rates if r))
        for label, value in {**part["alternatives"], **part["ablations"]}.items():
            print(f"  {label}: {written(value)}")
        print(f"  length: {part['length']}")


def written(three: list[float]) -> str:
    """Point and interval in percent."""
    return f"{three[0]:.1%} ({three[1]:.1%} to {three[2]:.1%})"


if __name__ == "__main__":
    main()
