"""Labels by active sampling against labels drawn at random, at equal number.

Corpora of 1,000 documents at shares of 10, 25 and 50 % from every fifth cluster of the general
detector's library: real scores of the detection sources by models that had seen neither the domain
nor the generator. The predictions are those of an anchored assay with a hundred known-human texts,
the cluster in question left out of what it may know; with ``--own``, and a hundred machine texts of
the cluster besides. Then 50 and 100 labels, drawn 60 times each way, and the interval of `wellhead
assay --labels`: its coverage and its width.

Beside it the least ratio of widths that a draw by these scores could give: with each document's
chance in proportion to the true error among those of its score, which nobody knows before labels.

How far predictions are lowered before an active draw (`prevalence.audit.chances`) was chosen on
the clusters from ``--first 0 --every 5``; the default measures on others.

Run: ``python benchmarks/active_labels.py [--own] [--repeats 60] [--json FILE]``; about two minutes
of one core. Nothing but the package is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead._progress import progress
from wellhead.audit import draw
from wellhead.detect import Cluster, load_scorer
from wellhead.prevalence.audit import audited_share
from wellhead.prevalence.estimate import EFFECTIVE
from wellhead.prevalence.evaluation import Trial, draw_trials, left_out
from wellhead.prevalence.library import generator_prior, library_of
from wellhead.prevalence.mixture import Posterior, anchored_posterior

SHARES = (0.1, 0.25, 0.5)
LABELS = (50, 100)
SIZE = 1000
# By how well the detector sees the generator: AUC below, between, above.
SEEN = (0.0, 0.8, 0.95, 1.01)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--every", type=int, default=5, help="of the clusters")
    parser.add_argument("--first", type=int, default=2, help="of the clusters, from 0 on")
    parser.add_argument("--own", action="store_true", help="machine texts of the cluster besides")
    parser.add_argument("--repeats", type=int, default=60, help="draws of labels each way")
    arguments = parser.parse_args()
    library = library_of(load_scorer("general"))
    chosen = sorted(library, key=lambda one: one.auc)[arguments.first :: arguments.every]
    known = {one.name: one for one in chosen}
    trials = draw_trials(
        chosen,
        shares=SHARES,
        sizes=(SIZE,),
        repeats=1,
        seed=4,
        library=lambda cluster, _: left_out(cluster, library),
    )
    rows = []
    with progress("labels", total=len(chosen) * len(SHARES)) as bar:
        for trial in trials:
            cluster = known[trial.cluster]
            posterior = _posterior(trial, cluster.machine if arguments.own else None)
            rows += [
                {"auc": cluster.auc} | row for row in _drawn(trial, posterior, arguments.repeats)
            ]
            bar.advance()
    found = pd.DataFrame(rows)
    print(_report(found))
    save_json(arguments.json, rows)


def _posterior(trial: Trial, machine: np.ndarray | None) -> Posterior:
    own = []
    if machine is not None:
        theirs = np.random.default_rng(trial.seed).choice(machine, 100)
        own.append(Cluster("yours", "own", trial.human, theirs))
    prior = generator_prior(trial.library, own)
    return anchored_posterior(
        trial.scores, trial.human, prior, effective=EFFECTIVE, seed=trial.seed, draws=600
    )


def _drawn(trial: Trial, posterior: Posterior, repeats: int) -> Iterator[dict[str, Any]]:
    predicted, share = posterior.of_documents(trial.scores), posterior.cautious(0.95)
    least = _least(predicted, trial.truth)
    for labels in LABELS:
        for way in ("random", "active"):
            shares = []
            for repeat in range(repeats):
                seed = trial.seed + repeat
                taken = draw(labels, SIZE, way=way, predictions=predicted, share=share, seed=seed)
                shares.append(
                    audited_share(
                        predicted,
                        taken.rows,
                        trial.truth[taken.rows],
                        probability=taken.probability,
                    )
                )
            held = [one.low - 1e-9 <= trial.share <= one.high + 1e-9 for one in shares]
            yield {
                "cluster": trial.cluster,
                "share": trial.share,
                "labels": labels,
                "way": way,
                "coverage": float(np.mean(held)),
                "width": float(np.mean([one.width for one in shares])),
                "error": float(np.sqrt(np.mean([(o.point - trial.share) ** 2 for o in shares]))),
                "least": least,
            }


def _least(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The ratio of widths if each chance were in proportion to the error at its prediction."""
    around, label = predicted - predicted.mean(), truth - truth.mean()
    slope = np.clip(around @ label / max(around @ around, 1e-12), 0, 1)
    squared = (label - slope * around) ** 2
    kind = np.unique(predicted, return_inverse=True)[1]
    error = np.sqrt(np.bincount(kind, squared) / np.bincount(kind))[kind]
    return float(error.mean() / np.sqrt(squared.mean()))


def _report(found: pd.DataFrame) -> str:
    seen = pd.cut(found.auc, SEEN, right=False)
    named = {part: f"{part.left:g} to {min(part.right, 1):g}" for part in seen.cat.categories}
    rows = []
    for by, groups in (("all", [("", found)]), ("AUC", found.groupby(seen, observed=True)),
                       ("share", found.groupby("share"))):  # fmt: skip
        for key, part in groups:
            for labels, these in part.groupby("labels"):
                rows.append([f"{by} {named.get(key, key)}".strip(), labels, *_both(these)])
    columns = ["corpora", ">labels", ">number", ">coverage, random", ">active",
               ">width, random", ">active", ">ratio", ">least", ">error ratio"]  # fmt: skip
    return markdown_table(columns, rows)


def _both(rows: pd.DataFrame) -> list[str]:
    lot, doubt = (rows[rows.way == way] for way in ("random", "active"))
    return [
        str(len(lot)),
        f"{lot.coverage.mean():.3f}",
        f"{doubt.coverage.mean():.3f}",
        f"{lot.width.mean():.3f}",
        f"{doubt.width.mean():.3f}",
        f"{doubt.width.mean() / lot.width.mean():.2f}",
        f"{lot.least.mean():.2f}",
        f"{doubt.error.mean() / lot.error.mean():.2f}",
    ]


if __name__ == "__main__":
    main()
