"""Binormal clusters: the score distributions of detectors that see some generators better."""

from __future__ import annotations

import numpy as np

from wellhead.detect import Cluster


def binormal_clusters(count: int = 40, *, seed: int = 0, texts: int = 400) -> list[Cluster]:
    """Clusters whose human scores are shifted by domain and whose machine scores differ."""
    rng = np.random.default_rng(seed)
    clusters = []
    for i in range(count):
        location = rng.normal(0, 1)
        gap, spread = rng.normal(2.2, 0.6), rng.uniform(0.7, 1.3)
        clusters.append(
            Cluster(
                f"domain {i}",
                f"generator {i}",
                location + rng.normal(size=texts),
                location + rng.normal(gap, spread, size=texts),
            )
        )
    return clusters
