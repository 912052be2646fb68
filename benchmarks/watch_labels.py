"""How often corrected rates of violation cover the truth, and what labels by people buy.

Simulated versions: a judge with errors judges every answer, people label all of what it flags (or a
part) and a small part of the rest. Printed for each setting: how often the interval ever misses the
rate over 24 looks, how often it misses at the last one, how often the interval for one look misses
there, and the median ends; beside them the judge's own rate, and labels without the judge. Run:

    python benchmarks/watch_labels.py [--trials 400] [--json FILE]
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead._stats import Interval
from wellhead.prevalence.labelled import Least, Sampled, labelled_once, labelled_rate

LOOKS = 24


class Setting(NamedTuple):
    """A version, its judge, and what people label."""

    rate: float
    sensitivity: float
    false_alarms: float
    flagged: float
    others: float
    n: int = 20_000


SETTINGS = (
    Setting(0.005, 0.8, 0.003, 1.0, 0.1),
    Setting(0.005, 0.4, 0.003, 1.0, 0.1),
    Setting(0.02, 0.8, 0.01, 1.0, 0.02),
    Setting(0.02, 0.8, 0.01, 0.25, 0.05),
    Setting(0.1, 0.9, 0.02, 0.1, 0.05),
    Setting(0.1, 0.3, 0.2, 0.1, 0.1),
    Setting(0.3, 0.7, 0.3, 0.05, 0.05),
)


class Trial(NamedTuple):
    """One simulated version: which answers are flagged, bad, and drawn."""

    flagged: np.ndarray
    bad: np.ndarray
    drawn: np.ndarray

    def until(self, n: int) -> Trial:
        return Trial(*(part[:n] for part in self))


def simulated(rng: np.random.Generator, one: Setting) -> Trial:
    bad = rng.random(one.n) < one.rate
    drawn_word = rng.random(one.n)
    flagged = np.where(bad, drawn_word < one.sensitivity, drawn_word < one.false_alarms)
    drawn = rng.random(one.n) < np.where(flagged, one.flagged, one.others)
    return Trial(flagged, bad, drawn)


def counts(trial: Trial, least: Least) -> list[Sampled]:
    cells = []
    for word, probability in ((True, least.flagged), (False, least.others)):
        mine = trial.flagged == word
        good, bad = (int((mine & trial.drawn & (trial.bad == kind)).sum()) for kind in (0, 1))
        cells.append(Sampled(word, probability, int(mine.sum()), good, bad))
    return cells


def measured(one: Setting, trials: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    least = Least(one.flagged, one.others)
    looks = np.geomspace(50, one.n, LOOKS).astype(int)
    ever = last = 0
    ends, labels, reported = [], [], []
    for _ in range(trials):
        trial = simulated(rng, one)
        found = [labelled_rate(counts(trial.until(int(n)), least), least) for n in looks]
        ever += not all(each.covers(one.rate) for each in found)
        last += not found[-1].covers(one.rate)
        ends.append([found[-1].low, found[-1].high])
        labels.append(trial.drawn.sum())
        reported.append(trial.flagged.mean())
    low, high = np.median(ends, axis=0)
    return {
        **one._asdict(),
        "labels": float(np.mean(labels)),
        "reported": float(np.mean(reported)),
        "ever_missed": ever / trials,
        "missed_last": last / trials,
        "low": float(low),
        "high": float(high),
        **at_one_look(one, 25 * trials, seed),
    }


def at_one_look(one: Setting, trials: int, seed: int) -> dict[str, float]:
    """How often the interval for one look misses the rate, and its median ends."""
    rng, ends = np.random.default_rng(seed), []
    for _ in range(trials):
        bad = int(rng.binomial(one.n, one.rate))
        caught = int(rng.binomial(bad, one.sensitivity))
        cried = int(rng.binomial(one.n - bad, one.false_alarms))
        cells = [
            Sampled(word, part, b + g, int(rng.binomial(g, part)), int(rng.binomial(b, part)))
            for word, part, b, g in (
                (True, one.flagged, caught, cried),
                (False, one.others, bad - caught, one.n - bad - cried),
            )
        ]
        single = labelled_once(cells) or Interval(0.0, 0.5, 1.0)
        ends.append((single.low, single.high))
    low, high = np.array(ends).T
    return {
        "once_missed": float(np.mean((low > one.rate) | (high < one.rate))),
        "once_low": float(np.median(low)),
        "once_high": float(np.median(high)),
    }


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--trials", type=int, default=400)
    arguments = parser.parse_args()
    found = [measured(one, arguments.trials, at) for at, one in enumerate(SETTINGS)]
    rows = [
        (
            f"{each['rate']:.1%}",
            f"{each['sensitivity']:.0%}, {each['false_alarms']:.1%}",
            f"{each['reported']:.2%}",
            f"{each['labels']:,.0f}",
            f"{each['ever_missed']:.1%}",
            f"{each['low']:.2%} to {each['high']:.2%}",
            f"{each['once_missed']:.1%}",
            f"{each['once_low']:.2%} to {each['once_high']:.2%}",
        )
        for each in found
    ]
    columns = ("true rate", "sensitivity, false alarms", ">judge's rate", ">labels")
    more = (">ever missed", "interval", ">one look: missed", "interval at one look")
    print(markdown_table([*columns, *more], rows))
    save_json(arguments.json, {"trials": arguments.trials, "settings": found})


if __name__ == "__main__":
    main()
