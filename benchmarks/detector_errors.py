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

import sys
from pathlib import Path

import pandas as pd

from _harness import benchmark_arguments, save_json

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from fit_general_detector import threshold_from_elsewhere


def main() -> None:
    parser = benchmark_arguments(__doc__, json_default="detector_errors.json")
    parser.add_argument("--table", type=Path, required=True, help="leave-out scores")
    arguments = parser.parse_args()
    if not arguments.table.exists():
        parser.error(f"{arguments.table} is missing; make it with the first command above")
    table = pd.DataFrame(threshold_from_elsewhere(pd.read_parquet(arguments.table)))
    print(table.round(3).to_string(index=False))
    save_json(arguments.json, table.round(4).to_dict("records"))


if __name__ == "__main__":
    main()
