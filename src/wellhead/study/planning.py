"""How large a study must be: answers, warm-ups and audits for a wanted interval, by simulation.

In: a width, an expected share, and what the methods are expected to be worth. Out: for each design
the width to expect. A design is two or more of the methods, a number of answers, of warm-ups (texts
known to be by people, seen by all methods, and as many machine texts that the researcher makes,
seen by the first method only, because nobody's process stands behind them) and of answers whose
origin is audited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import ClassVar, NamedTuple

import numpy as np

from wellhead._progress import Progress, quiet
from wellhead._result import Result
from wellhead.consensus.em import Fit, fit
from wellhead.consensus.identify import identify
from wellhead.consensus.independence import simulate
from wellhead.consensus.likelihood import model_of
from wellhead.consensus.profile import share_intervals
from wellhead.consensus.tables import MISSING, Tables, tabulate
from wellhead.errors import BadSetting

__all__ = ["METHODS", "Design", "Expected", "StudyPlan", "plan_study"]

ANSWERS = (100, 300, 1000)
WARM_UPS = (0, 50, 200)
AUDITS = (0, 50)


class Expected(NamedTuple):
    """What a method is expected to be worth."""

    name: str
    sensitivity: float
    specificity: float


# A text detector on a new domain at 5 % false positives, and a recorded writing process.
METHODS = (Expected("text", 0.7, 0.95), Expected("process", 0.85, 0.98))


class Design(NamedTuple):
    """One design and what it buys.

    Attributes:
        answers, warm_ups, audited: how many of each.
        methods: by name.
        width: mean width of the interval.
        width_90: what 9 in 10 studies stay below.
        coverage: part of the simulated intervals that held the share.
        determined: whether the share is determined at all; if not, the width is that of a range.
        enough: the mean width is at most the wanted one.
    """

    answers: int
    warm_ups: int
    audited: int
    methods: tuple[str, ...]
    width: float
    width_90: float
    coverage: float
    determined: bool
    enough: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class StudyPlan(Result):
    """Designs, the smallest first among those that give the wanted width.

    Attributes:
        width, share, level: what was asked for and expected.
        methods: what they are expected to be worth.
        designs: every design that was simulated.
        smallest: the design with the fewest texts that is enough, or None.
        repeats: simulated studies per design.
    """

    schema_version: ClassVar[int] = 1

    width: float
    share: float
    level: float
    methods: tuple[Expected, ...]
    designs: tuple[Design, ...]
    smallest: Design | None
    repeats: int


def plan_study(
    *,
    width: float,
    share: float = 0.3,
    methods: Sequence[Expected] = METHODS,
    answers: Sequence[int] = ANSWERS,
    warm_ups: Sequence[int] = WARM_UPS,
    audits: Sequence[int] = AUDITS,
    level: float = 0.95,
    repeats: int = 24,
    seed: int = 0,
    progress: Progress = quiet,
) -> StudyPlan:
    """What to collect for an interval of `width`.

    The methods are taken to err independently given the origin; if they do not, no design here
    is large enough, and audited answers are what shows it.

    Args:
        width: wanted, high minus low, in (0, 1).
        share: expected, in (0, 1).
        methods: at least two, with expected error rates; of three or more, each set of at least
            two is tried. The first of a set is the one that judges machine texts of known origin.
        answers, warm_ups, audits: the designs are their combinations.
        level: of the intervals.
        repeats: simulated studies per design.
        seed: of the simulation.

    Raises:
        BadSetting: a setting outside its range.
    """
    _check(width, share, methods, answers, level)
    designs = []
    settings = [
        (n, w, a, used)
        for used in _sets(methods)
        for n, w, a in product(answers, warm_ups, audits)
        if 0 <= a < n and w >= 0
    ]
    progress.total(len(settings))
    for number, (n, warm, audited, used) in enumerate(settings):
        found = _simulated(n, warm, audited, share, used, level, repeats, seed + number)
        designs.append(
            Design(
                answers=n,
                warm_ups=warm,
                audited=audited,
                methods=tuple(method.name for method in used),
                enough=found[0] <= width,
                width=found[0],
                width_90=found[1],
                coverage=found[2],
                determined=found[3],
            )
        )
        progress.advance()
    enough = [design for design in designs if design.enough]
    return StudyPlan(
        width=width,
        share=share,
        level=level,
        methods=tuple(methods),
        designs=tuple(designs),
        smallest=min(enough, key=_effort, default=None),
        repeats=repeats,
    )


def _sets(methods: Sequence[Expected]) -> list[tuple[Expected, ...]]:
    """All of the methods, then each smaller set of at least two."""
    sizes = range(len(methods), 1, -1)
    return [used for size in sizes for used in combinations(methods, size)]


def _effort(design: Design) -> tuple[int, int, int]:
    """All texts, an audit counted as five: somebody has to find out. Then the fewest methods."""
    texts = design.answers + design.warm_ups + 5 * design.audited
    return texts, design.audited, len(design.methods)


def _check(
    width: float, share: float, methods: Sequence[Expected], answers: Sequence[int], level: float
) -> None:
    if not 0 < width < 1:
        raise BadSetting(f"a wanted width lies between 0 and 1, got {width}")
    if not 0 < share < 1:
        raise BadSetting(f"an expected share lies between 0 and 1, got {share}")
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    if len(methods) < 2:
        raise BadSetting("expected at least two methods")
    for method in methods:
        inside = 0 < method.sensitivity <= 1 and 0 < method.specificity <= 1
        if not inside or method.sensitivity + method.specificity <= 1:
            raise BadSetting(
                f"'{method.name}': sensitivity and specificity lie in (0, 1] and add up to more "
                f"than 1, got {method.sensitivity} and {method.specificity}"
            )
    if not answers or min(answers) < 20:
        raise BadSetting("expected designs of at least 20 answers")


def _simulated(
    n: int,
    warm: int,
    audited: int,
    share: float,
    methods: Sequence[Expected],
    level: float,
    repeats: int,
    seed: int,
) -> tuple[float, float, float, bool]:
    tables = _template(n, warm, audited, share, len(methods))
    model = model_of(tables)
    says = np.array([[1 - m.specificity, m.sensitivity] for m in methods])
    truth = Fit(
        shares=np.full((1, tables.weights.size), share),
        rates=tuple(np.stack([1 - s, s], axis=1)[None] for s in says),
        loglik=np.zeros(1),
        posterior=np.zeros((1, *tables.counts.shape)),
        share=np.array([share]),
    )
    drawn = simulate(tables, model, truth, repeats=repeats, seed=seed)
    best = fit(drawn, model, tolerance=1e-6)
    low, high = share_intervals(drawn, model, best, level=level).T
    widths = high - low
    return (
        float(widths.mean()),
        float(np.quantile(widths, 0.9)),
        float(((low <= share) & (share <= high)).mean()),
        identify(tables, model).identified,
    )


def _template(n: int, warm: int, audited: int, share: float, methods: int) -> Tables:
    """Tables with the right number of documents of each kind; what they say is drawn later.

    Audited answers are split as expected, not drawn: their number, not their luck, is planned.
    """
    machine = round(audited * share)
    votes = np.zeros((n + 2 * warm, methods), dtype=np.int8)
    votes[n + warm :, 1:] = MISSING
    truth = np.full(n + 2 * warm, MISSING)
    truth[:audited] = np.arange(audited) < machine
    truth[n:] = np.repeat([0, 1], warm)
    outside = np.arange(n + 2 * warm) >= n
    return tabulate(votes, group=outside.astype(int), truth=truth, outside=outside)
