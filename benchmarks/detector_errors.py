"""What a nominal 5 % of flagged people becomes in a domain that the threshold does not come from.

Run from the repository root::

    python tools/fit_general_detector.py --measure-only --table leave_out_scores.parquet
    python benchmarks/detector_errors.py --table leave_out_scores.parquet

The first command fits one model for each (domain, group of makers) without either of them and
scores both with it; the data it needs are not part of the project (`tools/general_texts.py` says
where they are looked for and which they are). The second prints the table and writes
``detector_errors.json``. Errors by kind, year, length, family and domain are in the detector's
card: ``wellhead detector show general``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from _harness import benchmark_arguments, save_json

NOMINAL = 0.05
LEAST_HUMAN = 100


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_errors.json")
    parser.add_argument("--table", type=Path, required=True, help="leave-out scores")
    arguments = parser.parse_args()
    if not arguments.table.exists():
        parser.error(f"{arguments.table} is missing; make it with the first command above")
    scores = pd.read_parquet(arguments.table)
    scores = scores[~scores.kind.str.startswith("adversarial")]
    table = threshold_from_elsewhere(scores)
    print(table.round(3).to_string(index=False))
    save_json(arguments.json, table.round(4).to_dict("records"))


def threshold_from_elsewhere(scores: pd.DataFrame) -> pd.DataFrame:
    """False-positive rate in each domain at the threshold of the people of all other domains."""
    human = scores[scores.label == "human"].drop_duplicates(["row"])
    rows = []
    for (source, domain, group), here in human.groupby(["source", "domain", "fold_domain"]):
        if len(here) < LEAST_HUMAN:
            continue
        threshold = np.quantile(human.score[human.fold_domain != group], 1 - NOMINAL)
        flagged = float((here.score > threshold).mean())
        rows.append({"source": source, "domain": domain, "human": len(here), "flagged": flagged})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
