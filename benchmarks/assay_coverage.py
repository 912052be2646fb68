"""Does the interval hold when domain and generator are new? Ours and QuaPy's, on the same scores.

Trials with artificial prevalence on the clusters that ship with the general detector: for each
(domain, generator) pair of the development texts, scores by a model that had seen neither that
group of domains nor that family of generators. In every trial the library, too, is without them.
The reference is 100 known-human texts, the audit 50 random labels.

Run: ``python benchmarks/assay_coverage.py [--repeats 4] [--peers 6] [--markdown FILE]``.
Everything it needs is in the package; the peers need the extra ``benchmark``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellhead._progress import progress
from wellhead.assay.audit import audited_share
from wellhead.assay.bound import at_least
from wellhead.assay.estimate import EFFECTIVE, EFFECTIVE_UNANCHORED
from wellhead.assay.interval import Interval
from wellhead.assay.library import Cluster, generators, library_of
from wellhead.assay.mixture import Posterior, anchored_posterior
from wellhead.assay.trial import (
    SHARES,
    Estimator,
    Trial,
    Trials,
    draw_trials,
    left_out,
    run_trials,
)
from wellhead.assay.unanchored import cluster_random_share
from wellhead.detect import load_scorer

SIZES = (200, 1000)
LABELS = 50


class Ours:
    """Our tiers on one trial; the posterior is made once and shared between them."""

    def __init__(self) -> None:
        self._last: tuple[int, Posterior] | None = None

    def posterior(self, trial: Trial) -> Posterior:
        if self._last is None or self._last[0] != id(trial.scores):
            made = anchored_posterior(
                trial.scores,
                trial.human,
                generators(trial.library),
                effective=EFFECTIVE,
                seed=trial.seed,
            )
            self._last = (id(trial.scores), made)
        return self._last[1]

    def anchored(self, trial: Trial) -> Interval:
        return self.posterior(trial).interval(0.95)

    def audited(self, trial: Trial) -> Interval:
        drawn = np.random.default_rng(trial.seed).choice(trial.scores.size, LABELS, replace=False)
        predictions = self.posterior(trial).of_documents(trial.scores)
        return audited_share(predictions, drawn, trial.truth[drawn])

    def bound(self, trial: Trial) -> Interval:
        low = at_least(trial.scores, trial.human, seed=trial.seed)
        return Interval(low, low, 1.0)


def labels_alone(trial: Trial) -> Interval:
    """The same audit without any detector."""
    drawn = np.random.default_rng(trial.seed).choice(trial.scores.size, LABELS, replace=False)
    return audited_share(np.zeros(trial.scores.size), drawn, trial.truth[drawn])


def cluster_random(trial: Trial) -> Interval:
    """No reference at all."""
    return cluster_random_share(trial.scores, trial.library, effective=EFFECTIVE_UNANCHORED)


def main() -> None:
    arguments = _arguments()
    clusters = list(library_of(load_scorer(arguments.detector)))
    if len(clusters) < 2:
        sys.exit(f"detector '{arguments.detector}' brings no library of clusters")
    ours = Ours()
    estimators: dict[str, Estimator] = {
        "anchored": ours.anchored,
        f"audited ({LABELS} labels)": ours.audited,
        "labels alone": labels_alone,
        "at least": ours.bound,
        "no reference": cluster_random,
    }
    trials = _run(clusters, clusters, estimators, arguments.repeats, arguments.seed)
    report = _report(trials, clusters)
    if arguments.peers:
        from peers import peers

        some = sorted(clusters, key=lambda cluster: cluster.auc)[:: arguments.peers]
        both = _run(some, clusters, {**estimators, **peers()}, 1, arguments.seed + 1)
        report += "\n\n" + _beside(both, _visible(trials))
    print(report)
    if arguments.markdown:
        arguments.markdown.write_text(report + "\n", encoding="utf-8")
    if arguments.json:
        summary = trials.summary("estimator", "size", "share").to_pylist()
        arguments.json.write_text(json.dumps(summary, indent=1), encoding="utf-8")


def _run(
    some: list[Cluster],
    clusters: list[Cluster],
    estimators: dict[str, Estimator],
    repeats: int,
    seed: int,
) -> Trials:
    trials = draw_trials(
        some,
        sizes=SIZES,
        repeats=repeats,
        seed=seed,
        library=lambda cluster, _: left_out(cluster, clusters),
    )
    total = len(some) * len(SIZES) * len(SHARES) * repeats
    with progress(", ".join(estimators), total=total) as bar:
        return run_trials(trials, estimators, progress=bar)


def _beside(trials: Trials, visible: set[str]) -> str:
    """Peers and ours on the same trials."""
    seen = trials.table.filter(pc.is_in(trials.table["cluster"], pa.array(sorted(visible))))
    human = trials.table.filter(pc.equal(trials.table["share"], 0.0))
    return "\n".join(
        [
            "Peers and ours in one run, on the same scores:",
            "",
            *_rows(Trials(seen).summary("estimator"), ["estimator"]),
            "",
            "The same, human corpora alone (all clusters of that run):",
            "",
            *_rows(Trials(human).summary("estimator"), ["estimator"]),
        ]
    )


def _report(trials: Trials, clusters: list[Cluster]) -> str:
    """The tables of the documentation."""
    visible = _visible(trials)
    seen = trials.table.filter(pc.is_in(trials.table["cluster"], pa.array(sorted(visible))))
    blind = sorted({c.name for c in clusters} - visible)
    human = trials.table.filter(pc.equal(trials.table["share"], 0.0))
    ours = seen.filter(pc.equal(seen["estimator"], "anchored"))
    by_cluster = Trials(ours).summary("cluster").sort_by("coverage").to_pylist()
    auc = {cluster.name: cluster.auc for cluster in clusters}
    lines = [
        f"{len(clusters)} clusters, {trials.table.num_rows:,} estimates; "
        f"{len(blind)} clusters are declared undetectable by the diagnostic (at a share of one "
        "half nothing stands out in more than half of the trials).",
        "",
        "All trials with detectable generators:",
        "",
        *_rows(Trials(seen).summary("estimator"), ["estimator"]),
        "",
        "By size:",
        "",
        *_rows(Trials(seen).summary("estimator", "size"), ["estimator", "size"]),
        "",
        "Human corpora (share 0), all clusters:",
        "",
        *_rows(Trials(human).summary("estimator"), ["estimator"]),
        "",
        "Anchored, the ten clusters with the lowest coverage:",
        "",
        "| cluster | AUC | trials | coverage | width |",
        "| --- | --- | --- | --- | --- |",
        *[
            f"| {r['cluster']} | {auc[r['cluster']]:.3f} | {r['trials']} | {r['coverage']:.3f} "
            f"| {r['width']:.3f} |"
            for r in by_cluster[:10]
        ],
        "",
        "Undetectable:",
        "",
        *[f"- {name} (AUC {auc[name]:.3f})" for name in blind],
    ]
    return "\n".join(lines)


def _visible(trials: Trials) -> set[str]:
    """Clusters whose generator the diagnostic sees at a share of one half, mostly."""
    table = trials.table
    half = table.filter(
        pc.and_(pc.equal(table["estimator"], "at least"), pc.equal(table["share"], 0.5))
    )
    stands_out = pa.table(
        {"cluster": half["cluster"], "seen": pc.cast(pc.greater(half["low"], 0), pa.float64())}
    )
    means = stands_out.group_by("cluster").aggregate([("seen", "mean")]).to_pylist()
    return {row["cluster"] for row in means if row["seen_mean"] > 0.5}


def _rows(summary: pa.Table, by: list[str]) -> list[str]:
    columns = [*by, "trials", "mean_absolute_error", "bias", "coverage", "width"]
    heads = [c.replace("mean_absolute_error", "MAE") for c in columns]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for row in summary.to_pylist():
        cells = [f"{row[c]:.3f}" if isinstance(row[c], float) else f"{row[c]}" for c in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", default="general")
    parser.add_argument("--repeats", type=int, default=4, help="trials per cluster, share, size")
    parser.add_argument(
        "--peers", type=int, default=0, help="run QuaPy too, on every so many-th cluster; 0 = none"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
