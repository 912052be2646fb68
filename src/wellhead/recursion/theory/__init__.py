"""Closed forms for recursive training: what a chain of fits to its own samples does on average.

Each module is one setting, each function one quantity: `gaussian_replace.variance(40,
samples=10)`. Generation n is what n fits have made of the truth; generation 0 is the truth.
Functions accept one generation or an array of them and raise `BadSetting` outside their range
of validity. `theory_table` puts a family and a regime into records, one for each generation; it is
behind `wellhead collapse theory`. Derivations: docs/theory.md.
"""

from __future__ import annotations

from wellhead.recursion.theory import (
    coalescence,
    detector,
    discrete,
    gaussian_accumulate,
    gaussian_matrix,
    gaussian_mixture,
    gaussian_replace,
    gaussian_subsample,
    gaussian_tail,
    gaussian_typical,
    inflation,
    kernel,
    lineages,
    regression,
    spread,
    survival,
)
from wellhead.recursion.theory.family_tables import (
    discrete_table,
    kernel_table,
    regression_table,
    theory_table,
)
from wellhead.recursion.theory.gaussian_table import gaussian_table

__all__ = [
    "coalescence",
    "detector",
    "discrete",
    "discrete_table",
    "gaussian_accumulate",
    "gaussian_matrix",
    "gaussian_mixture",
    "gaussian_replace",
    "gaussian_subsample",
    "gaussian_table",
    "gaussian_tail",
    "gaussian_typical",
    "inflation",
    "kernel",
    "kernel_table",
    "lineages",
    "regression",
    "regression_table",
    "spread",
    "survival",
    "theory_table",
]
