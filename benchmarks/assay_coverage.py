"""Does the interval hold when domain and generator are new? Ours and QuaPy's, on the same scores.

Trials with artificial prevalence on the clusters that ship with the general detector: for each
(domain, generator) pair of the development texts, scores by a model that had seen neither that
group of domains nor that family of generators. In every trial the library, too, is without them.
The reference is 100 known-human texts, the audit 50 random labels.

How far a generator may stand out (`library.LEAST`, `MOST`), how its spread may vary (`SCALE`), how
many of its texts may not stand out (`ALIKE`) and the cap on the weight of the data
(`estimate.EFFECTIVE`) are chosen by `assay_constants.py` on one half of the clusters, those of
`chosen_on`; the report shows these and the others apart.

Run: ``python benchmarks/assay_coverage.py [--repeats 4] [--peers 6] [--markdown FILE]``.
Everything it needs is in the package; the peers need the extra ``benchmark``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead._progress import progress
from wellhead._stats import Interval
from wellhead.detect import Cluster, load_scorer
from wellhead.prevalence.audit import audited_share
from wellhead.prevalence.checks import FAINT
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.estimate import EFFECTIVE, EFFECTIVE_UNANCHORED, clear_part
from wellhead.prevalence.evaluation import (
    Estimator,
    Trial,
    Trials,
    draw_trials,
    left_out,
    run_trials,
)
from wellhead.prevalence.library import VISIBLE, generator_prior, library_of
from wellhead.prevalence.lower_bound import at_least
from wellhead.prevalence.mixture import Posterior, anchored_posterior
from wellhead.prevalence.no_reference import cluster_random_share

SIZES = (200, 1000)
LABELS = 50
CLEAR = "part that stands out"
T = TypeVar("T")


class Ours:
    """Our tiers on one trial; the posterior is made once and shared between them."""

    def __init__(self) -> None:
        self._last: tuple[int, Posterior] | None = None

    def posterior(self, trial: Trial) -> Posterior:
        if self._last is None or self._last[0] != id(trial.scores):
            made = anchored_posterior(
                trial.scores,
                trial.human,
                generator_prior(trial.library),
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

    def clear(self, trial: Trial) -> Interval:
        """No estimate of the share: what the check of detectability reads."""
        part = clear_part(p_values(trial.scores, trial.human), self.anchored(trial).point)
        return Interval(part, part, 1.0)

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
    repeats, seed, processes = arguments.repeats, arguments.seed, arguments.processes
    report = ""
    if not arguments.peers_only:
        drawn = sorted(clusters, key=lambda cluster: cluster.auc)[:: arguments.every]
        some = clusters if arguments.every == 1 else drawn
        trials = _run(some, clusters, _ours, repeats, seed, processes)
        report = _report(trials, some)
    if arguments.peers:
        some = sorted(clusters, key=lambda cluster: cluster.auc)[:: arguments.peers]
        # QuaPy starts processes of its own, which hang inside others.
        both = _run(some, clusters, _with_peers, 1, seed + 1, processes=1)
        trials = both if arguments.peers_only else trials
        report += "\n\n" + _beside(both, _visible(trials))
    print(report)
    if arguments.markdown:
        arguments.markdown.write_text(report + "\n", encoding="utf-8")
    summary = trials.summary("estimator", "size", "share").to_pylist()
    save_json(arguments.json, summary)


def _run(
    some: list[Cluster],
    clusters: list[Cluster],
    estimators: Callable[[], dict[str, Estimator]],
    repeats: int,
    seed: int,
    processes: int,
) -> Trials:
    """Trials of each cluster by itself, so that the number of processes changes nothing."""
    work = partial(_of_cluster, clusters, estimators, repeats, seed)
    return Trials(pa.concat_tables(each_cluster(work, [one.name for one in some], processes)))


def each_cluster(work: Callable[[str], T], names: list[str], processes: int) -> list[T]:
    """The answers of `work` for each name, by so many processes."""
    with ExitStack() as stack:
        bar = stack.enter_context(progress("clusters", total=len(names)))
        map_: Callable[..., Iterable[T]] = map
        if processes > 1:
            pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
            map_ = stack.enter_context(pool).map
        answers = []
        for answer in map_(work, names):
            answers.append(answer)
            bar.advance()
    return answers


def _of_cluster(
    clusters: list[Cluster],
    estimators: Callable[[], dict[str, Estimator]],
    repeats: int,
    seed: int,
    name: str,
) -> pa.Table:
    return run_trials(trials_of(name, clusters, repeats, seed), estimators()).table


def trials_of(name: str, clusters: list[Cluster], repeats: int, seed: int) -> Iterator[Trial]:
    """The corpora of one cluster, the same whoever asks."""
    number = next(at for at, cluster in enumerate(clusters) if cluster.name == name)
    return draw_trials(
        [clusters[number]],
        sizes=SIZES,
        repeats=repeats,
        seed=1000 * seed + number,
        library=lambda cluster, _: left_out(cluster, clusters),
    )


def _ours() -> dict[str, Estimator]:
    ours = Ours()
    return {
        "anchored": ours.anchored,
        f"audited ({LABELS} labels)": ours.audited,
        "labels alone": labels_alone,
        "at least": ours.bound,
        "no reference": cluster_random,
        CLEAR: ours.clear,
    }


def _with_peers() -> dict[str, Estimator]:
    from peers import peers

    return {**_ours(), **peers()}


def _beside(trials: Trials, visible: set[str]) -> str:
    """Peers and ours on the same trials."""
    seen = trials.table.filter(pc.is_in(trials.table["cluster"], pa.array(sorted(visible))))
    human = trials.table.filter(pc.equal(trials.table["share"], 0.0))
    return "\n".join(
        [
            "Peers and ours in one run, on the same scores:",
            "",
            rows(_only_shares(Trials(seen).summary("estimator")), ["estimator"]),
            "",
            "The same, human corpora alone (all clusters of that run):",
            "",
            rows(_only_shares(Trials(human).summary("estimator")), ["estimator"]),
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
        f"{len(blind)} clusters are declared undetectable, or hardly detectable, by the check of "
        "detectability in at least half of the trials at a share of one half.",
        "",
        "All trials with detectable generators:",
        "",
        rows(_only_shares(Trials(seen).summary("estimator")), ["estimator"]),
        "",
        "By size:",
        "",
        rows(_only_shares(Trials(seen).summary("estimator", "size")), ["estimator", "size"]),
        "",
        "Anchored, by the half of the clusters on which the constants are chosen:",
        "",
        rows(_by_half(ours, clusters), ["clusters"]),
        "",
        "Human corpora (share 0), all clusters:",
        "",
        rows(_only_shares(Trials(human).summary("estimator")), ["estimator"]),
        "",
        "Anchored, the ten clusters with the lowest coverage:",
        "",
        markdown_table(
            ("cluster", "AUC", "trials", "coverage", "width"),
            [
                (
                    r["cluster"],
                    f"{auc[r['cluster']]:.3f}",
                    r["trials"],
                    f"{r['coverage']:.3f}",
                    f"{r['width']:.3f}",
                )
                for r in by_cluster[:10]
            ],
        ),
        "",
        "Declared undetectable or hardly detectable, with what the interval did there:",
        "",
        _declared(trials, blind, auc),
    ]
    return "\n".join(lines)


def chosen_on(clusters: list[Cluster]) -> set[str]:
    """The half of the clusters on which the constants are chosen: whole groups of domains.

    The largest groups are dealt first, each to the half that has fewer clusters of which the prior
    takes its shapes, so that neither score nor coverage has a say.
    """
    groups: dict[str, list[Cluster]] = {}
    for cluster in clusters:
        groups.setdefault(cluster.domain_group or cluster.kind, []).append(cluster)
    shapes = {name: sum(one.auc >= VISIBLE for one in group) for name, group in groups.items()}
    halves: tuple[list[str], list[str]] = ([], [])
    for name in sorted(groups, key=lambda name: (-shapes[name], name)):
        min(halves, key=lambda half: sum(shapes[one] for one in half)).append(name)
    return {cluster.name for name in halves[0] for cluster in groups[name]}


def _by_half(ours: pa.Table, clusters: list[Cluster]) -> pa.Table:
    names = chosen_on(clusters)
    half = ["chosen on" if name in names else "others" for name in ours["cluster"].to_pylist()]
    return Trials(ours.append_column("clusters", pa.array(half))).summary("clusters")


def _visible(trials: Trials) -> set[str]:
    """Clusters whose generator the check of detectability finds visible, mostly, at one half."""
    table = trials.table
    half = table.filter(pc.equal(table["share"], 0.5))
    parts = []
    for name, least in (("at least", 1e-9), (CLEAR, FAINT)):
        made = half.filter(pc.equal(half["estimator"], name))
        seen = pc.cast(pc.greater_equal(made["low"], least), pa.float64())
        means = pa.table({"cluster": made["cluster"], "seen": seen}).group_by("cluster")
        found = means.aggregate([("seen", "mean")]).to_pylist()
        parts.append({row["cluster"] for row in found if row["seen_mean"] > 0.5})
    return parts[0] & parts[1]


def _declared(trials: Trials, blind: list[str], auc: dict[str, float]) -> str:
    table = trials.table.filter(pc.equal(trials.table["estimator"], "anchored"))
    coverage = {
        row["cluster"]: row["coverage"] for row in Trials(table).summary("cluster").to_pylist()
    }
    lines = [(name, f"{auc[name]:.3f}", f"{coverage[name]:.3f}") for name in blind]
    return markdown_table(("cluster", "AUC", "coverage"), lines)


def _only_shares(summary: pa.Table) -> pa.Table:
    return summary.filter(pc.not_equal(summary["estimator"], CLEAR))


def rows(summary: pa.Table, by: list[str]) -> str:
    """A summary of trials as a Markdown table."""
    columns = [*by, "trials", "mean_absolute_error", "bias", "coverage", "width"]
    heads = [c.replace("mean_absolute_error", "MAE") for c in columns]
    return markdown_table(
        heads,
        [
            [f"{row[c]:.3f}" if isinstance(row[c], float) else row[c] for c in columns]
            for row in summary.to_pylist()
        ],
    )


def _arguments() -> argparse.Namespace:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--detector", default="general")
    parser.add_argument("--repeats", type=int, default=4, help="trials per cluster, share, size")
    parser.add_argument(
        "--every", type=int, default=1, help="every so many-th cluster alone, ordered by AUC"
    )
    parser.add_argument(
        "--peers", type=int, default=0, help="run QuaPy too, on every so many-th cluster; 0 = none"
    )
    parser.add_argument(
        "--peers-only", action="store_true", help="these trials alone; visible is what they show"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
