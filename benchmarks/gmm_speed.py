"""What one generation of Gaussian mixtures costs, ours beside scikit-learn in the same run.

A generation draws one sample and fits one mixture for each of many chains (seeds), as the
laboratory does from the model before. scikit-learn's `GaussianMixture` is called for each chain
in three ways: with its defaults; with its defaults on one thread; and on one thread from the same
start and with the same stopping rule as ours, which is the same arithmetic. Ours runs on one
thread; with the extra `collapse` it is compiled, and the column `literal` is the numpy version.
What runs on one thread is measured in the processor time of that thread, so that neither a busy
machine nor idle threads that spin change the ratio; the defaults use every core and are measured by
the clock on the wall.

    python benchmarks/gmm_speed.py [--chains 20] [--json FILE]
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sklearn.mixture import GaussianMixture as Peer
from threadpoolctl import threadpool_limits

from _harness import benchmark_arguments, save_json
from wellhead.recursion.data import Samples
from wellhead.recursion.families.em import Mixture
from wellhead.recursion.families.mixture import GaussianMixture
from wellhead.recursion.family import Fitting

SETTINGS = ((2, 200), (2, 1000), (2, 10_000), (3, 1000), (3, 10_000))
COLUMNS = ("ours", "literal", "defaults", "one_thread", "same_start")


def seconds(
    work: Callable[[], object], clock: Callable[[], float] = time.thread_time, repeats: int = 3
) -> float:
    """The least of some runs, after one that compiles and warms up."""
    work()
    taken = []
    for _ in range(repeats):
        began = clock()
        work()
        taken.append(clock() - began)
    return min(taken)


def generation(family: GaussianMixture, size: int, chains: int) -> Mixture:
    """Ours: what every chain draws, and what is fitted to it."""
    drawn = family.real(size, chains, np.random.default_rng(1))
    return family.fit(drawn, Fitting(np.random.default_rng(2)))


def peers(truth: Peer, size: int, chains: int, **start: object) -> None:
    """scikit-learn's: the same, one chain after another."""
    for seed in range(chains):
        truth.random_state = seed
        Peer(truth.n_components, random_state=seed, **start).fit(truth.sample(size)[0])


def as_peer(model: Mixture, size: int) -> Peer:
    """A fitted object of scikit-learn with the parameters of the first chain."""
    precisions = np.linalg.inv(model.covariances[0])
    start = {"weights_init": model.weights[0], "means_init": model.means[0]}
    peer = Peer(len(model.weights[0]), precisions_init=precisions, **start)
    peer.weights_, peer.means_, peer.covariances_ = (array[0] for array in model)
    return peer


def measure(components: int, size: int, chains: int) -> dict[str, float]:
    family = GaussianMixture(components=components)
    literal = GaussianMixture(components=components, path="literal")
    truth = as_peer(family.reference(1), size)
    same = {
        name: getattr(truth, name) for name in ("weights_init", "means_init", "precisions_init")
    }
    found = {"defaults": seconds(lambda: peers(truth, size, chains), time.perf_counter, 1)}
    with threadpool_limits(1):
        found["ours"] = seconds(lambda: generation(family, size, chains), repeats=20)
        found["literal"] = seconds(lambda: generation(literal, size, chains))
        found["one_thread"] = seconds(lambda: peers(truth, size, chains))
        found["same_start"] = seconds(lambda: peers(truth, size, chains, **same))
    return found


def agree(components: int, size: int) -> float:
    """The largest difference of one fit from scikit-learn's, both run to convergence."""
    family = GaussianMixture(components=components, tolerance=1e-10, steps=2000)
    drawn = family.real(size, 1, np.random.default_rng(3))
    assert isinstance(drawn, Samples)
    context = Fitting(np.random.default_rng(2))
    ours = family.fit(drawn, context)
    start = as_peer(family.reference(1), size)
    peer = start.set_params(tol=1e-10, max_iter=2000).fit(drawn.values[0])
    pairs = zip(ours, (peer.weights_, peer.means_, peer.covariances_), strict=True)
    return max(float(np.abs(mine[0] - theirs).max()) for mine, theirs in pairs)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--chains", type=int, default=20)
    options = parser.parse_args()
    print(f"seconds per generation of {options.chains} chains, and how many times ours")
    print(
        "components  samples      ours"
        + "".join(f"{name:>19}" for name in COLUMNS[1:])
        + "  differs"
    )
    rows = []
    for components, size in SETTINGS:
        found = measure(components, size, options.chains)
        apart = agree(components, size)
        rows.append({"components": components, "samples": size, "differs": apart, **found})
        cells = "".join(f"{found[n]:11.3f}{found[n] / found['ours']:7.0f}x" for n in COLUMNS[1:])
        print(f"{components:10}{size:9}{found['ours']:10.4f} {cells}{apart:9.0e}")
    save_json(options.json, {"chains": options.chains, "rows": rows})


if __name__ == "__main__":
    main()
