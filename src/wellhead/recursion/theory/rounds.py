r"""$\kappa$ by generation of maximum likelihood, where the model is right and where it is wrong.

Of a model that is wrong about real data three numbers suffice: one round on M real samples has the
sandwich variance $V/M$; a round on the model's own output, about which it is right, adds $W/M$; and
real samples hold the estimate c times as firmly as the model's own, by the slopes of the score. A
model that is right has $W/V=c=1$, and the constants of `inflation` in every regime (Dey & Donoho
2024). Leading order in 1/M. docs/theory.md §11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

import numpy as np

from wellhead.errors import BadSetting
from wellhead.recursion.theory.chain import Columns
from wellhead.recursion.theory.generations import Floats, Generations, Times, check_generations
from wellhead.recursion.theory.location import Location
from wellhead.recursion.theory.logistic import Logistic
from wellhead.recursion.theory.ranges import check_share, check_whole
from wellhead.recursion.theory.regimes import MIXES, REGIMES, inflation_under

__all__ = ["FAMILIES", "KappaChain", "Rounds", "kappa_chain"]

_OF_WRONG = ("replace", "accumulate", "fresh-real")


@dataclass(frozen=True)
class Rounds:
    """What the rounds of one model cost, beside its first on real data.

    Args:
        ratio: W/V.
        slope: c.

    >>> Rounds(0.5).after("replace", [1, 5]).tolist()
    [1.0, 3.0]
    """

    ratio: float = 1.0
    slope: float = 1.0

    def after(self, regime: str, n: Generations, real_share: float | None = None) -> Floats:
        r"""$\kappa_n$ under a regime, n at least 1.

        With a share a of real samples, none under ``replace``,
        $\kappa_n=\frac{ac^2+(1-a)W/V+(1-a)^2\kappa_{n-1}}{(ac+1-a)^2}$; accumulating,
        $\kappa_n=\kappa_{n-1}+\frac{W/V}{(c+n-1)^2}$. A right model has all of `inflation`.

        Raises:
            BadSetting: a regime for which no formula is known.
        """
        if self == Rounds():
            return inflation_under(regime, real_share).after(n)
        generation = check_generations(n, least=1)
        last = int(generation.max())
        if regime == "accumulate":
            k = np.arange(2.0, last + 1)
            added = self.ratio / (self.slope + k - 1) ** 2
            return np.concatenate([[1.0], 1 + np.cumsum(added)])[generation - 1]
        if regime not in _OF_WRONG:
            raise BadSetting(
                f"kappa of a wrong model is known under {', '.join(_OF_WRONG)}, not under {regime}"
            )
        a = 0.0 if real_share is None else check_share("real_share", real_share)
        held, path = a * self.slope + 1 - a, np.ones(last)
        noise = a * self.slope**2 + (1 - a) * self.ratio
        for i in range(1, last):
            path[i] = (noise + (1 - a) ** 2 * path[i - 1]) / held**2
        return path[generation - 1]


class _Costed(Protocol):
    """A model and a truth whose rounds are known."""

    @property
    def rounds(self) -> tuple[float, float]: ...


@dataclass(frozen=True)
class KappaChain:
    """A family that `kappa` says all about, under one regime."""

    rounds: Rounds
    regime: str
    real_share: float | None = None

    approximate: ClassVar[Mapping[str, str]] = {"kappa": "first order"}

    def columns(self, n: Times) -> Columns:
        return {"kappa": self.rounds.after(self.regime, n, self.real_share)}


#: Families of which only kappa is known, and what says so; a mixture is never wrong here.
FAMILIES: dict[str, Callable[..., _Costed] | None] = {
    "location": Location,
    "logistic": Logistic,
    "mixture": None,
}


def kappa_chain(family: str, regime: str, settings: Mapping[str, Any]) -> KappaChain:
    """The chain of one of `FAMILIES`.

    Raises:
        BadSetting: settings that do not belong, or a regime without a formula.

    >>> kappa_chain("location", "replace", {"truth_law": "normal", "samples": 9}).columns([1, 2])
    {'kappa': array([1.        , 1.40528473])}
    """
    rest = {
        name: value for name, value in settings.items() if name not in ("samples", "real_share")
    }
    check_whole("samples", settings.get("samples", 2), least=2)
    if "freedom" in rest and "student" not in (rest.get("truth_law"), rest.get("model")):
        raise BadSetting("freedom is that of Student's law: give truth_law or model student")
    share = settings.get("real_share")
    if regime not in REGIMES:
        raise BadSetting(
            f"the family {family} has no closed form under '{regime}'; known: "
            f"{', '.join(REGIMES)}. Simulate it with: wellhead collapse run"
        )
    if (regime in MIXES) != (share is not None):
        needs = "needs real_share" if share is None else "takes no real_share"
        raise BadSetting(f"the family {family} under {regime} {needs}")
    made = FAMILIES[family]
    known = [] if made is None else [each.name for each in fields(made)]  # type: ignore[arg-type]
    for name in rest.keys() - set(known):
        raise BadSetting(
            f"the family {family} has no setting {name}; it has: "
            f"{', '.join(['samples', 'real_share', *known])}"
        )
    rounds = Rounds() if made is None else Rounds(*made(**rest).rounds)
    chain = KappaChain(rounds, regime, share)
    chain.columns(np.array([1]))
    return chain
