"""Generation by generation: linear regression, discrete symbols and kernel densities.

As `gaussian_table`, with each family's own quantities; `theory_table` chooses by family name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wellhead.errors import BadSetting, unknown_name
from wellhead.recursion.theory import discrete, kernel, regression, survival
from wellhead.recursion.theory.gaussian_table import gaussian_table
from wellhead.recursion.theory.ranges import Floats, check_probabilities, check_whole
from wellhead.recursion.theory.records import Record, Unavailable, called, records, regime_named

__all__ = ["FAMILIES", "discrete_table", "kernel_table", "regression_table", "theory_table"]

_FULL_CHAIN = 3_000


def regression_table(
    regime: str,
    samples: int,
    generations: int,
    *,
    dimensions: int = 10,
    noise: float = 1.0,
    same_inputs: bool = False,
    real_share: float | None = None,
) -> list[Record]:
    """Expected excess risk of generations 1 to `generations` (see `regression`).

    >>> round(regression_table("accumulate", 111, 10)[-1]["excess_risk"], 4)
    0.1514
    """
    n, name = _generations(generations), regime_named(regime)
    what: dict[str, Any] = {"samples": samples, "dimensions": dimensions, "noise": noise}
    one = regression.base(**what)
    if (real_share is not None) != (name == "fresh-real"):
        raise BadSetting("real_share belongs to the regime fresh-real, which needs it")
    if same_inputs and name not in ("replace", "accumulate"):
        raise BadSetting("same_inputs has a closed form for replace and accumulate only")
    if name == "accumulate":
        risk = regression.accumulate(n, same_inputs=same_inputs, **what)
    elif name == "fresh-real":
        risk = regression.fresh_real(n, real_share=real_share or 0.0, **what)
    else:
        known: dict[str, Callable[..., Floats]] = {
            "replace": regression.replace,
            "growing": regression.growing,
            "accumulate-subsample": regression.accumulate_subsample,
        }
        if name not in known:
            raise _without(name, "regression", [*known, "accumulate", "fresh-real"])
        risk = known[name](n, **what)
    return records(n, {"excess_risk": risk, "inflation": risk / one})


def discrete_table(
    regime: str,
    samples: int,
    generations: int,
    *,
    symbols: int = 1000,
    exponent: float = 1.0,
    shift: float = 2.7,
    probabilities: object = None,
    real_share: float | None = None,
) -> list[Record]:
    """Expected diversity and surviving symbols of generations 1 to `generations`.

    Args:
        regime: ``replace``, ``accumulate`` or ``fresh-real``.
        samples: M draws per generation.
        generations: the last generation.
        symbols, exponent, shift: a Zipf-Mandelbrot law; exponent 0 is uniform.
        probabilities: the true law itself, instead.
        real_share: the chance that a draw is real, for ``fresh-real``.

    >>> row = discrete_table("replace", 100, 20, symbols=10, exponent=0)[-1]
    >>> round(row["heterozygosity"], 4), round(row["surviving_symbols"], 2)
    (0.7361, 6.26)
    """
    n, name = _generations(generations), regime_named(regime)
    law = _law(probabilities, symbols, exponent, shift)
    if (real_share is not None) != (name == "fresh-real"):
        raise BadSetting("real_share belongs to the regime fresh-real, which needs it")
    if name not in ("replace", "accumulate", "fresh-real"):
        raise _without(name, "discrete", ["replace", "accumulate", "fresh-real"])
    what: dict[str, Any] = {
        "probabilities": law,
        "samples": samples,
        "regime": name,
        "real_share": real_share or 0.0,
    }
    return records(
        n,
        {
            "heterozygosity": discrete.heterozygosity(n, **what),
            "squared_distance": discrete.squared_distance(n, **what),
            "surviving_symbols": _survivors(n, name, law, samples, real_share),
        },
    )


def kernel_table(regime: str, samples: int, generations: int, *, bandwidth: float) -> list[Record]:
    """Expected variances of generations 1 to `generations` (see `kernel`), replacement only.

    `variance` is that of the fitted sample, `density_variance` that of the density.

    >>> round(kernel_table("replace", 50, 500, bandwidth=0.2)[-1]["variance"], 3)
    1.96
    """
    n, name = _generations(generations), regime_named(regime)
    if name != "replace":
        raise _without(name, "kde", ["replace"])
    what: dict[str, Any] = {"samples": samples, "bandwidth": bandwidth}
    distance = Unavailable("the density is no Gaussian")
    return records(
        n,
        {
            "variance": kernel.sample_variance(n, **what),
            "density_variance": kernel.density_variance(n, **what),
            "mean_square_error": kernel.mean_square_error(n, **what),
            "wasserstein2_squared": distance,
        },
    )


FAMILIES: dict[str, Callable[..., list[Record]]] = {
    "gaussian": gaussian_table,
    "regression": regression_table,
    "discrete": discrete_table,
    "kde": kernel_table,
}


def theory_table(family: str, **settings: Any) -> list[Record]:
    """The table of a family by name; settings that are None are left out.

    Raises:
        BadSetting: an unknown family, or a setting that it does not have.

    >>> len(theory_table("gaussian", regime="replace", samples=10, generations=3))
    3
    """
    if family not in FAMILIES:
        raise unknown_name("family with closed forms", family, FAMILIES)
    given = {name: value for name, value in settings.items() if value is not None}
    table: list[Record] = called(FAMILIES[family], family=family, settings=given)
    return table


def _generations(generations: int) -> Floats:
    return np.arange(1, check_whole("generations", generations, least=1, most=100_000) + 1)


def _law(probabilities: object, symbols: int, exponent: float, shift: float) -> Floats:
    if probabilities is not None:
        return check_probabilities(probabilities)
    return discrete.zipf_mandelbrot(symbols, exponent=exponent, shift=shift)


def _survivors(n: Floats, name: str, law: Floats, samples: int, share: float | None) -> Floats:
    if name == "accumulate":
        # What the first sample missed can never come back, what it holds can never be lost.
        return len(law) - discrete.lost_after_one(probabilities=law, samples=samples)
    if name == "replace" and samples <= _FULL_CHAIN:
        return survival.exact(n, probabilities=law, samples=samples)
    return survival.expected(n, probabilities=law, samples=samples, real_share=share or 0.0)


def _without(name: str, family: str, known: list[str]) -> BadSetting:
    return BadSetting(
        f"the family {family} has no closed form under '{name}'; known: {', '.join(known)}. "
        "Simulate it with: wellhead collapse run"
    )
