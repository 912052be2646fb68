"""The crowd study's 48 instrumented answers, judged by their logs and held against its detector.

Prints how the answers came about according to their key, copy and paste logs alone, and how
often that agrees with the three files of detector predictions that the study published. With 48
answers (47 or 46 in the files) this illustrates; it proves nothing.

    python benchmarks/collect_gpturk.py [--json FILE]

Data: ``gpturk/`` (epfl-dlab/GPTurk; no licence stated, so evaluation only), found through
WELLHEAD_DATA or ../shared/data.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from _harness import benchmark_arguments, needed, save_json
from wellhead.collect.importers import Imported, read_import
from wellhead.collect.overview import FOREIGN, wilson

BATCH = "Batch_5083843_batch_results.csv"


def main() -> None:
    """Print the table; write JSON when asked."""
    parser = benchmark_arguments(__doc__)
    options = parser.parse_args()
    folder = needed("gpturk", BATCH).parent
    result = measure(folder)
    show(result)
    save_json(options.json, result)


def measure(folder: Path) -> dict[str, Any]:
    """Everything that is printed."""
    answers = list(read_import(folder / BATCH, "gpturk"))
    foreign = [answer for answer in answers if "foreign_paste" in answer.flags]
    share = wilson(sum(answer.outcome in FOREIGN for answer in answers), len(answers))
    return {
        "answers": len(answers),
        "outcomes": dict(Counter(answer.outcome for answer in answers).most_common()),
        "foreign_paste": len(foreign),
        "round_trip": sum("round_trip" in answer.flags for answer in foreign),
        "without_paste": sum(answer.detail["pastes"] == 0 for answer in answers),
        "foreign_share": [share.point, share.low, share.high],
        "agreement": [agreement(answers, file) for file in predictions(folder)],
    }


def predictions(folder: Path) -> list[Path]:
    """The study's prediction files, in order."""
    return sorted(folder.glob("processed_responses_with_predictions*.csv"))


def agreement(answers: list[Imported], file: Path) -> dict[str, Any]:
    """How often log and detector say the same of an answer."""
    known = {(answer.task, answer.text.strip()): answer for answer in answers}
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    pairs = [
        (
            known[row["HITId"], row["text"].strip()].outcome in FOREIGN,
            row["predicted"] == "synthetic",
        )
        for row in rows
    ]
    same = wilson(sum(log == detector for log, detector in pairs), len(pairs))
    return {"file": file.name, "n": len(pairs), "share": [same.point, same.low, same.high]}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{result['answers']} answers, by their logs alone:")
    for name, count in result["outcomes"].items():
        print(f"  {name.replace('_', ' '):16} {count:3}")
    print(f"foreign text pasted: {result['foreign_paste']}, of them after copying the task out")
    print(f"(round trips): {result['round_trip']}; without any paste: {result['without_paste']}")
    print(
        "share of answers with foreign text: {:.1%} ({:.1%} to {:.1%})".format(
            *result["foreign_share"]
        )
    )
    print("agreement with the study's detector (95 % interval):")
    for row in result["agreement"]:
        point, low, high = row["share"]
        print(f"  {row['file']:44} n={row['n']}  {point:.1%} ({low:.1%} to {high:.1%})")
    print("With so few answers this is an illustration.")


if __name__ == "__main__":
    main()
