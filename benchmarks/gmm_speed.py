"""What one generation of Gaussian mixtures costs, ours beside scikit-learn in the same run.

A generation fits one mixture to the sample of each of many lineages. Ours fits all of them at once
from the models that made the samples; scikit-learn's `GaussianMixture` is called for each lineage,
once with its defaults (its own start) and once from the same start as ours, so that the last two
columns are the same arithmetic. Run it as users do, without OMP_NUM_THREADS, and again with
OMP_NUM_THREADS=1: scikit-learn's threads cost more than they save on small samples.

    python benchmarks/gmm_speed.py [--lineages 20] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture as Peer

from wellhead._atomic import write_text
from wellhead.collapse.families.em import expectation_maximisation
from wellhead.collapse.families.mixture import GaussianMixture


def seconds(work: Callable[[], object]) -> float:
    """The median of three runs."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lineages", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    threads = os.environ.get("OMP_NUM_THREADS", "default")
    print(f"seconds per generation of {options.lineages} lineages; OMP_NUM_THREADS = {threads}")
    print(
        f"{'components':>10}{'samples':>9}{'ours':>10}{'sklearn':>10}{'ratio':>8}{'same start':>12}"
    )
    rows = []
    for components, size in ((2, 200), (3, 1000), (3, 10_000)):
        family = GaussianMixture(components=components)
        drawn = family.real(size, options.lineages, np.random.default_rng(1))
        values, start = drawn.values, family.reference(1)
        precisions = np.linalg.inv(start.covariances[0])
        ours = seconds(
            lambda v=values, f=family: expectation_maximisation(
                v, np.ones(v.shape[:2]), f.reference(len(v)), tolerance=1e-3
            )
        )
        plain = seconds(lambda v=values, k=components: [Peer(k).fit(one) for one in v])
        same = seconds(
            lambda v=values, k=components, s=start, p=precisions: [
                Peer(k, weights_init=s.weights[0], means_init=s.means[0], precisions_init=p).fit(
                    one
                )
                for one in v
            ]
        )
        rows.append(
            {"components": components, "samples": size, "ours": ours}
            | {"sklearn": plain, "sklearn_same_start": same}
        )
        print(
            f"{components:10}{size:9}{ours:10.4f}{plain:10.3f}"
            f"{plain / ours:7.0f}x{same / ours:11.1f}x"
        )
    if options.json:
        write_text(options.json, json.dumps({"threads": threads, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
