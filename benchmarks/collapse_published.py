"""Formulas of recursive training against the runs that two other groups published.

Kazdan et al. (2024) refitted one-dimensional Gaussians up to 100 times, replacing and accumulating,
with 10 to 316 samples a generation and about 100 seeds. Qiao et al. (2026) did so in 10 dimensions
with 100, 200 and 500 samples for 300 generations and 10 seeds, beside runs with a biased selection
that no formula here covers. Prints, by regime, samples and generation, the published mean with its
standard error beside the expectation, the distance in standard errors, and their root mean square;
for variances the mean logarithm where one dimension gives it, because means of long chains rest on
a few of them.

    python benchmarks/collapse_published.py [--json FILE]

Data, each left out with a word where it is absent: ``kazdan-gaussians`` and ``qiao-gaussians``, as
``wellhead corpus fetch NAME --out FOLDER/NAME`` gets them, in the folder WELLHEAD_DATA or
../shared/data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from _harness import DATA, benchmark_arguments, markdown_table, save_json
from wellhead.corpus.catalogue import dataset
from wellhead.recursion.theory.gaussian import Multivariate
from wellhead.recursion.theory.gaussian_pools import Accumulate
from wellhead.recursion.theory.gaussian_replace import Replace

REGIMES = {"Replace": Replace, "Accumulate": Accumulate}
TIMES = (1, 3, 10, 30, 100)
DIMENSIONS = 10  # of Qiao et al.


class Row(NamedTuple):
    """One quantity of one cell."""

    source: str
    regime: str
    samples: int
    generation: int
    quantity: str
    seeds: int
    published: float
    error: float
    formula: float

    @property
    def z(self) -> float:
        return (self.published - self.formula) / self.error


def row(cell: tuple[str, str, int, int], quantity: str, values: pd.Series, formula: float) -> Row:
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    return Row(*cell, quantity, len(values), float(values.mean()), error, float(formula))


def kazdan(path: Path) -> Iterator[Row]:
    """One dimension, maximum likelihood."""
    table = pd.read_parquet(path).rename(
        columns={
            "Model-Fitting Iteration": "generation",
            "Num. Samples per Iteration": "samples",
            "Squared Error of Fit Mean (Numerical)": "error",
            "Trace of Fit Cov / Trace of Init Cov (Numerical)": "variance",
        }
    )
    wanted = table[table["generation"].isin(TIMES)]
    for (regime, samples, n), part in wanted.groupby(["Setting", "samples", "generation"]):
        chain = REGIMES[regime](samples=int(samples))
        cell = ("Kazdan", regime, int(samples), int(n))
        yield row(cell, "squared error of the mean", part["error"], chain.mean_square_error(n))
        logs = np.log(part["variance"])
        yield row(cell, "log variance", logs, chain.log_variance(n))


def qiao(path: Path) -> Iterator[Row]:
    """Ten dimensions, maximum likelihood; the trace relative to that of the truth."""
    table = pd.read_csv(path)
    table = table[table["setting"].isin(REGIMES)]
    # The table counts the samples where data accumulate; replacing takes as many each time.
    samples = int(table.loc[table["iteration"] == 1, "num_samples"].max())
    start = table[table["iteration"] == 0].set_index(["setting", "run"])["variance"]
    for (regime, n), part in table[table["iteration"].isin((*TIMES, 300))].groupby(
        ["setting", "iteration"]
    ):
        first = start.loc[list(zip(part["setting"], part["run"], strict=True))].to_numpy()
        chain = Multivariate(REGIMES[regime](samples=samples), DIMENSIONS)
        moments, cell = chain.moments(int(n)), ("Qiao", regime, samples, int(n))
        # In units of the trace of the truth, which is DIMENSIONS where every variance is 1.
        moved = moments.mean_square_error / DIMENSIONS
        yield row(cell, "trace of the covariance", part["variance"] / first, moments.variance)
        yield row(cell, "squared error of the mean", part["mean_error"] / first, moved)


def published() -> Iterator[Row]:
    for name, read in (("kazdan-gaussians", kazdan), ("qiao-gaussians", qiao)):
        entry = dataset(name)
        for file in entry.files:
            path = DATA / name / file.name
            if path.is_file():
                yield from read(path)
            else:
                print(f"{name} left out: {path} is missing (wellhead corpus fetch {name})")


def main() -> None:
    options = benchmark_arguments(__doc__).parse_args()
    rows = list(published())
    if not rows:
        return
    columns = ("source", "regime", ">samples", ">generation", "quantity", ">seeds")
    told = (
        (*one[:6], f"{one.published:.4g} ± {one.error:.2g}", f"{one.formula:.4g}", f"{one.z:.1f}")
        for one in rows
    )
    print(markdown_table((*columns, ">published", ">formula", ">standard errors"), told))
    for source, quantity in sorted({(one.source, one.quantity) for one in rows}):
        z = [one.z for one in rows if (one.source, one.quantity) == (source, quantity)]
        mean_square = float(np.sqrt(np.mean(np.square(z))))
        print(f"{source}, {quantity}: {len(z)} cells, root mean square {mean_square:.2f}")
    save_json(options.json, [{**one._asdict(), "z": one.z} for one in rows])


if __name__ == "__main__":
    main()
