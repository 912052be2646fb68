"""Selection towards a biased target: our laboratory against the public runs of Qiao et al. (2026).

They draw twenty times as many values of a Gaussian in ten dimensions as they train on, keep those
nearest to a target that is off in five of the dimensions, and fit again, replacing or accumulating;
10 seeds of 100, 200 and 500 values. Refitting commutes with affine maps, so that our chains run
where the truth is a standard normal and the target lies off along the first axis; the published
truth and target come again from the seeds of their runs, and take our covariances back to theirs.
Prints the log of the trace of the covariance, relative to the truth's, by generation: theirs, ours,
and the distance in standard errors.

    python benchmarks/verifiers_published.py [--chains 8] [--generations 10] [--json FILE]

Data: ``qiao-gaussians``, as ``wellhead corpus fetch qiao-gaussians --out FOLDER/qiao-gaussians``
gets it, in the folder WELLHEAD_DATA or ../shared/data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from _harness import DATA, benchmark_arguments, markdown_table, save_json
from wellhead.corpus.catalogue import dataset
from wellhead.recursion.data import Array, Samples
from wellhead.recursion.families.gaussian import Gaussian
from wellhead.recursion.family import Fitting
from wellhead.recursion.favour import Nearest
from wellhead.recursion.samplers import Unbiased
from wellhead.recursion.sources import Sources

DIMENSIONS, KEPT = 10, 0.05
TIMES = (1, 2, 3, 5, 10, 20)


class World(NamedTuple):
    """One run of theirs: the root of its covariance, and how far its target lies off."""

    root: Array
    bias: float
    along: Array


def world(seed: int) -> World:
    """The truth and the target that a run drew from its seed."""
    rng = np.random.RandomState(seed)
    rng.randn(DIMENSIONS)  # the mean, which nothing depends on
    factor = rng.randn(DIMENSIONS, DIMENSIONS)
    covariance = factor @ factor.T + 0.1 * np.eye(DIMENSIONS)
    off = rng.choice(DIMENSIONS, size=DIMENSIONS // 2, replace=False)
    shift = np.zeros(DIMENSIONS)
    shift[off] = 3.0 * rng.randn(len(off))
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, shift)
    bias = float(np.linalg.norm(white))
    return World(root, bias, white / bias)


def ours(one: World, samples: int, pool: bool, chains: int, last: int) -> Array:
    """The log trace, relative to the truth's, of our chains by generation (last, chains)."""
    family = Gaussian(dimension=DIMENSIONS, path="literal")
    rng = np.random.default_rng([samples, round(1e6 * one.bias)])
    basis, _ = np.linalg.qr(np.column_stack([one.along, np.eye(DIMENSIONS)[:, 1:]]))
    back = one.root @ basis  # from our axes, the target along the first, to theirs
    scale = np.trace(back @ back.T)
    forth = np.linalg.inv(back)
    ridge = 1e-6 * forth @ forth.T  # which they add to every covariance
    model: Any = family.reference(chains)
    # Their first fit is selected as well: it draws from the truth as from any model.
    rest = {"family": family, "sampler": Unbiased(), "chains": chains, "first": model, "rng": rng}
    select = Nearest(bias=one.bias, share=KEPT).open(Sources(original=None, model=model, **rest))
    kept: Samples | None = None
    found = []
    for _ in range(last):
        new: Any = select(Sources(original=None, model=model, **rest), samples, 0.0, True)
        kept = new if kept is None or not pool else kept.join(new)
        model = family.fit(kept, Fitting(rng))
        model = model._replace(covariance=model.covariance + ridge)
        traces = np.einsum("ij,rjk,ik->r", back, model.covariance, back)
        found.append(np.log(traces / scale))
    return np.array(found)


def rows(path: Path, chains: int, last: int) -> list[tuple[Any, ...]]:
    table = pd.read_csv(path)
    samples = int(table.loc[table["iteration"] == 1, "num_samples"].max())
    found = []
    for setting, pool in (("Replace + Select", False), ("Accumulate + Select", True)):
        part = table[table["setting"] == setting]
        runs = dict(iter(part.groupby("run")))
        courses = {
            run: ours(world(int(group["seed"].iloc[0])), samples, pool, chains, last)
            for run, group in runs.items()
        }
        for n in (time for time in TIMES if time <= last):
            apart, theirs, mine, spread = [], [], [], []
            for run, group in runs.items():
                course = group.set_index("iteration")["variance"]
                logged = float(np.log(course[n] / course[0]))
                values = courses[run][n - 1]
                apart.append(logged - values.mean())
                theirs.append(logged)
                mine.append(values.mean())
                spread.append(values.var(ddof=1) * (1 + 1 / chains))
            z = float(np.sum(apart) / np.sqrt(np.sum(spread)))
            found.append((setting, samples, n, len(apart), np.mean(theirs), np.mean(mine), z))
    return found


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--chains", type=int, default=8)
    parser.add_argument("--generations", type=int, default=10)
    options = parser.parse_args()
    found: list[tuple[Any, ...]] = []
    for file in dataset("qiao-gaussians").files:
        path = DATA / "qiao-gaussians" / file.name
        if path.is_file():
            found += rows(path, options.chains, options.generations)
        else:
            print(f"left out: {path} is missing (wellhead corpus fetch qiao-gaussians)")
    if not found:
        return
    columns = ("regime", ">values", ">generation", ">runs", ">theirs", ">ours", ">standard errors")
    shown = [(*one[:4], *(f"{each:.3f}" for each in one[4:6]), f"{one[6]:.1f}") for one in found]
    print(markdown_table(columns, shown))
    mean_square = float(np.sqrt(np.mean([one[6] ** 2 for one in found])))
    print(f"{len(found)} cells, root mean square {mean_square:.2f}")
    names = ("regime", "samples", "generation", "runs", "theirs", "ours", "z")
    save_json(options.json, [dict(zip(names, one, strict=True)) for one in found])


if __name__ == "__main__":
    main()
