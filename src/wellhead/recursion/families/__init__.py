"""The families that come with wellhead; importing this package registers them."""

from __future__ import annotations

from wellhead.recursion.families import (
    discrete,
    gaussian,
    kde,
    location,
    logistic,
    mixture,
    ngram,
    regression,
    transformer,
    vae,
)

__all__ = [
    "discrete",
    "gaussian",
    "kde",
    "location",
    "logistic",
    "mixture",
    "ngram",
    "regression",
    "transformer",
    "vae",
]
