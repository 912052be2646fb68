"""Rates that are looked at after every answer: false alarms, delays, coverage, and the rollback.

A version keeps its limit of 0.2 % for 20,000 answers, or exceeds it by a factor from the start or
after 10,000 good answers. Counted are the runs that ever alarm, and the answers until they do, for
the two alarms of ``wellhead watch`` beside what is usual: a z-test at 5 % looked at every 50
answers, a threshold (more than twice the limit in a window of 1,000 answers), and a Bernoulli CUSUM
against three times the limit whose threshold is set by simulation to 5 % of runs. Then: how often
rates that are corrected for the judge's errors cover the truth, and size and power of the test
whether the version predicts the rate. Everything is simulated from fixed seeds; takes about four
minutes.

    python benchmarks/watch_sequential.py [--json FILE] [--runs 1000]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead._stats import Interval
from wellhead.prevalence.misjudged import corrected_once, corrected_rate
from wellhead.prevalence.sequential import Change, Difference, excess
from wellhead.watch.tally import PATIENCE

LIMIT, ANSWERS, GOOD, LOOK, WINDOW = 0.002, 20_000, 10_000, 50, 1_000
TIMES = (2, 5, 10)
JUDGES = (  # true rate, recall, false alarms
    (0.02, 0.8, 0.01),
    (0.05, 0.6, 0.02),
    (0.01, 0.95, 0.001),
    (0.2, 0.7, 0.1),
)
Places = NDArray[np.int64]
Alarm = Callable[[Places], float]


def hits(rng: np.random.Generator, times: float, good: int = 0) -> Places:
    """After how many answers each violation came; the first `good` answers keep the limit."""
    rates = np.full(ANSWERS + good, LIMIT * times)
    rates[:good] = LIMIT
    return np.flatnonzero(rng.random(rates.size) < rates) + 1


def over(places: Places) -> float:
    """The e-value against "never above the limit"."""
    for k, n in enumerate(places, 1):
        if excess(k, int(n), LIMIT) >= np.log(20):
            return float(n)
    return np.inf


def change(places: Places) -> float:
    """The e-detector, as the gateway has it."""
    detector, last = Change(LIMIT, patience=PATIENCE), 0
    for n in places:
        detector.clean(int(n) - last - 1)
        last = int(n)
        if detector.hit():
            return float(n)
    return np.inf


def either(places: Places) -> float:
    """What opens a breaker."""
    return min(over(places), change(places))


def z_test(places: Places) -> float:
    looks = np.arange(LOOK, places[-1] + LOOK if places.size else LOOK, LOOK)
    seen = np.searchsorted(places, looks, side="right")
    z = (seen - looks * LIMIT) / np.sqrt(looks * LIMIT * (1 - LIMIT))
    return first(looks, z > 1.645)


def threshold(places: Places) -> float:
    looks = np.arange(WINDOW, places[-1] + LOOK if places.size else WINDOW, LOOK)
    inside = np.searchsorted(places, looks, "right") - np.searchsorted(
        places, looks - WINDOW, "right"
    )
    return first(looks, inside > 2 * LIMIT * WINDOW)


def first(looks: Places, alarms: NDArray[np.bool_]) -> float:
    return float(looks[alarms.argmax()]) if alarms.any() else np.inf


def cusum(bound: float) -> Alarm:
    up, down = np.log(3), np.log((1 - 3 * LIMIT) / (1 - LIMIT))

    def alarm(places: Places) -> float:
        value, last = 0.0, 0
        for n in places:
            value = max(value + (n - last - 1) * down, 0.0) + up
            last = n
            if value >= bound:
                return float(n)
        return np.inf

    return alarm


def calibrated(runs: int) -> float:
    """The CUSUM bound that 5 % of runs at the limit ever reach."""
    rng = np.random.default_rng(1)
    sets = [hits(rng, 1) for _ in range(runs)]
    low, high = 0.0, 20.0
    for _ in range(12):
        middle = (low + high) / 2
        reached = np.mean([cusum(middle)(places) < np.inf for places in sets])
        low, high = (middle, high) if reached > 0.05 else (low, middle)
    return high


def delays(alarm: Alarm, runs: int, good: int) -> list[float]:
    """Median answers until the alarm, for each factor; runs that alarm too early do not count."""
    found = []
    for times in TIMES:
        rng = np.random.default_rng(100 + times)
        at = [alarm(hits(rng, times, good)) - good for _ in range(runs)]
        found.append(float(np.median([each for each in at if each > 0])))
    return found


def alarms(runs: int) -> list[dict[str, object]]:
    ways: dict[str, Alarm] = {
        "e-value (wellhead)": over,
        "e-detector (wellhead)": change,
        "either: the breaker (wellhead)": either,
        "CUSUM, set by simulation": cusum(calibrated(runs)),
        "z-test every 50 answers": z_test,
        "threshold in a window": threshold,
    }
    rows: list[dict[str, object]] = []
    for name, alarm in ways.items():
        rng = np.random.default_rng(0)
        ever = float(np.mean([alarm(hits(rng, 1)) < np.inf for _ in range(runs)]))
        rows.append(
            {
                "way": name,
                "ever": ever,
                "from_start": delays(alarm, runs // 5, 0),
                "after_good": delays(alarm, runs // 5, GOOD),
            }
        )
    return rows


def coverage(runs: int) -> list[dict[str, float]]:
    """Corrected rates at ten looks at once and at one, for judges with errors."""
    rows = []
    for rate, recall, false in JUDGES:
        rng = np.random.default_rng(7)
        always, ends = 0, []
        for _ in range(runs):
            flagged = np.cumsum(rng.random(ANSWERS) < rate * recall + (1 - rate) * false)
            bad = np.cumsum(rng.random(500) < recall)
            good = np.cumsum(rng.random(500) < false)
            held: list[Interval] = []
            for part in np.linspace(0.1, 1, 10):
                n, m = int(ANSWERS * part), int(500 * part)
                counts = (int(flagged[n - 1]), n), (int(bad[m - 1]), m), (int(good[m - 1]), m)
                held.append(corrected_rate(*counts))
            always += all(each.covers(rate) for each in held)
            ends.append([held[-1].low, held[-1].high])
        low, high = np.median(ends, axis=0)
        rows.append(
            {
                "rate": rate,
                "recall": recall,
                "false": false,
                "always": always / runs,
                "low": float(low),
                "high": float(high),
                **at_one_look(rate, recall, false, 10 * runs),
            }
        )
    return rows


def at_one_look(rate: float, recall: float, false: float, runs: int) -> dict[str, float]:
    """How often the corrected rate for one look covers the truth, and its median ends."""
    rng = np.random.default_rng(8)
    ends = []
    for _ in range(runs):
        drawn = (ANSWERS, rate * recall + (1 - rate) * false), (500, recall), (500, false)
        single = corrected_once(*((int(rng.binomial(n, part)), n) for n, part in drawn))
        ends.append((single.low, single.high))
    low, high = np.array(ends).T
    return {
        "once": float(np.mean((low <= rate) & (rate <= high))),
        "once_low": float(np.median(low)),
        "once_high": float(np.median(high)),
    }


def rollback(runs: int) -> list[dict[str, float]]:
    """How often versions drawn at random are said to differ within 20,000 answers, by the ratio."""
    rows = []
    for ratio in (1, 2, 3, 5):
        rng = np.random.default_rng(11)
        told, at = 0, []
        for _ in range(runs):
            lot = Difference()
            new = rng.random(ANSWERS) < 0.5
            violates = rng.random(ANSWERS) < np.where(new, 0.005 * ratio, 0.005)
            for n in np.flatnonzero(violates):
                lot.hit("new" if new[n] else "old", {"new": 0.5, "old": 0.5})
                if lot.log_e >= np.log(20):
                    told += 1
                    at.append(int(n) + 1)
                    break
        rows.append(
            {"ratio": ratio, "told": told / runs, "median": float(np.median(at)) if at else np.inf}
        )
    return rows


def shown(number: float) -> str:
    return f"{number:,.0f}" if np.isfinite(number) else "never"


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    arguments = parser.parse_args()
    rows = alarms(arguments.runs)
    columns = ["alarm", ">ever, at the limit"]
    columns += [f">×{times}{when}" for when in ("", " after 10,000 good") for times in TIMES]
    print(
        markdown_table(
            columns,
            [
                (
                    row["way"],
                    f"{row['ever']:.1%}",
                    *map(shown, [*row["from_start"], *row["after_good"]]),  # type: ignore[misc]
                )
                for row in rows
            ],
        )
    )
    covered, told = coverage(arguments.runs // 2), rollback(arguments.runs // 5)
    print()
    names = (">rate", ">recall", ">false alarms", ">covered at all ten looks", "interval")
    rows_ = [
        (
            *(f"{row[name]:.1%}" for name in ("rate", "recall", "false", "always")),
            f"{row['low']:.2%} to {row['high']:.2%}",
            f"{row['once']:.1%}",
            f"{row['once_low']:.2%} to {row['once_high']:.2%}",
        )
        for row in covered
    ]
    print(markdown_table((*names, ">covered at one look", "interval at one look"), rows_))
    print()
    print(
        markdown_table(
            (">ratio of rates", ">said to differ", ">answers until then (median)"),
            [(row["ratio"], f"{row['told']:.1%}", shown(row["median"])) for row in told],
        )
    )
    save_json(arguments.json, {"alarms": rows, "coverage": covered, "rollback": told})


if __name__ == "__main__":
    main()
