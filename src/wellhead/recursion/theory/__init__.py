"""Closed forms for recursive training: what a chain of fits to its own samples does on average.

Each module is one family of fits, each frozen class a regime, each method a quantity:
`gaussian_replace.Replace(samples=10).variance(40)`. Generation n is what n fits have made of the
truth; generation 0 is the truth. Methods accept one generation or an array of them and raise
`BadSetting` outside their range of validity. `inflation` has the constants that hold for every
regular family, `branching` the survival of the symbols of a corpus, `selection` what verifiers
with faults do, `ecosystem` several models on one web, `cut_tails` where a scaling law ends,
`rounds` what heavy-tailed and wrong models do to the constants.
`theory_table` puts a family and a regime into records, one for each generation; it is behind
`wellhead collapse theory`. Derivations: docs/theory.md.
"""

from __future__ import annotations

from wellhead.recursion.theory import (
    branching,
    cut_tails,
    detector,
    discrete,
    ecosystem,
    gaussian_mixes,
    gaussian_pools,
    gaussian_replace,
    inflation,
    kernel,
    location,
    logistic,
    regression,
    rounds,
    selection,
)
from wellhead.recursion.theory.table import chain_of, theory_table

__all__ = [
    "branching",
    "chain_of",
    "cut_tails",
    "detector",
    "discrete",
    "ecosystem",
    "gaussian_mixes",
    "gaussian_pools",
    "gaussian_replace",
    "inflation",
    "kernel",
    "location",
    "logistic",
    "regression",
    "rounds",
    "selection",
    "theory_table",
]
