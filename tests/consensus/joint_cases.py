"""Simulated votes with known truth, and tables from the literature."""

from __future__ import annotations

import numpy as np

from wellhead.consensus.tables import Tables, tabulate
from wellhead.consensus.votes import Votes

METHODS = ("text", "process", "declared", "metadata")

# Hui & Walter (1980), table 2: Mantoux and Tine tests for tuberculosis in two populations,
# documents by (both positive, first only, second only, neither).
TUBERCULOSIS = ((14, 4, 9, 528), (887, 31, 37, 367))

# Dawid & Skene (1979), table 1: 45 patients, judged by anaesthetist 1 three times and by four
# others once, in classes 1-4. One string per patient: 111 for the first, then one digit each.
_ANAESTHETISTS = """
1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343
1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222
1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343
2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""


def tables_of(cells: tuple[tuple[int, ...], ...]) -> Tables:
    """Tables from (both, first only, second only, neither) of each group."""
    votes, groups = [], []
    for group, row in enumerate(cells):
        for pattern, count in zip(((1, 1), (1, 0), (0, 1), (0, 0)), row, strict=True):
            votes += [pattern] * count
            groups += [group] * count
    return tabulate(np.array(votes), group=np.array(groups))


def judgements() -> np.ndarray:
    """The anaesthetists' judgements as counts, shape (45, 5, 4)."""
    patients = _ANAESTHETISTS.split()
    counts = np.zeros((len(patients), 5, 4))
    for patient, digits in enumerate(patients):
        for place, digit in enumerate(digits):
            counts[patient, max(place - 2, 0), int(digit) - 1] += 1
    return counts


def simulated(
    n: int,
    shares: tuple[float, ...],
    sensitivity: tuple[float, ...],
    specificity: tuple[float, ...],
    *,
    seed: int,
    silent: float = 0.0,
    echo: float = 0.0,
    known: tuple[int, int] = (0, 0),
) -> tuple[Votes, np.ndarray]:
    """Votes of methods with known error rates on n documents in equal groups, and the truth.

    Args:
        silent: part of the documents on which the second method is silent, at random.
        echo: part in which the second method repeats the first one's answer.
        known: further documents of people and of machines, known beforehand.
    """
    rng = np.random.default_rng(seed)
    group = np.arange(n) % len(shares)
    truth = (rng.random(n) < np.array(shares)[group]).astype(int)
    truth = np.concatenate([truth, np.zeros(known[0], int), np.ones(known[1], int)])
    total = truth.size
    says = np.where(truth[:, None] == 1, sensitivity, 1 - np.array(specificity))
    votes = (rng.random(says.shape) < says).astype(np.int8)
    votes[:, 1] = np.where(rng.random(total) < echo, votes[:, 0], votes[:, 1])
    votes[rng.random(total) < silent, 1] = -1
    outside = np.arange(total) >= n
    made = Votes(
        ids=tuple(f"d{i}" for i in range(total)),
        methods=METHODS[: len(sensitivity)],
        votes=votes,
        values=np.full(votes.shape, np.nan),
        truth=np.where(outside, truth, -1),
        outside=outside,
        groups=np.array([f"g{g}" for g in np.concatenate([group, np.zeros(sum(known), int)])]),
        about=tuple({} for _ in range(total)),
    )
    return made, truth
