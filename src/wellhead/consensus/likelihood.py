"""How probable each pattern of answers is, given who wrote the document.

In: rates of each method (or block of methods). Out: probabilities of patterns for people's and for
machines' documents, and of machine given a pattern. A block is one method, or a set of methods
whose errors may depend on each other; then its joint table is free. A method that is not
observable contributes nothing, which assumes that its silence does not depend on what it would have
said (`bounds` covers the rest). Fitting is for `em`.

Source: Qu, Tan & Kutner (1996), Biometrics 52, 797-810, for dependent methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wellhead.consensus.tables import Tables

__all__ = [
    "TINY",
    "Model",
    "factors",
    "likelihoods",
    "model_of",
    "own_answers",
    "posterior_of",
    "product",
]

TINY = 1e-300


@dataclass(frozen=True)
class Model:
    """Which methods may err together.

    Attributes:
        blocks: the methods of each block.
        allowed: for each block, shape (p, 2**methods), which joint outcomes a pattern allows.
        echo: (leader, follower, part): in this part of the documents the follower repeats the
            leader's answer whatever the origin. It cannot be estimated from two methods; it is
            set, to see what would follow.
    """

    blocks: tuple[tuple[int, ...], ...]
    allowed: tuple[np.ndarray, ...]
    echo: tuple[int, int, float] | None = None

    @property
    def rates(self) -> int:
        """Free rates: each block has a table in each class."""
        return sum(2 * (table.shape[1] - 1) for table in self.allowed)


def model_of(tables: Tables, together: Sequence[tuple[int, ...]] = ()) -> Model:
    """The model in which only the methods of each tuple in `together` may err together.

    >>> from wellhead.consensus.tables import tabulate
    >>> tables = tabulate(np.array([[1, 1, 0], [0, 0, 0]]))
    >>> model_of(tables).rates, model_of(tables, [(0, 1)]).rates
    (6, 8)
    """
    taken = {method for block in together for method in block}
    alone = ((method,) for method in range(tables.methods) if method not in taken)
    blocks = (*(tuple(block) for block in together), *alone)
    return Model(blocks, tuple(_allowed(tables.patterns[:, list(block)]) for block in blocks))


def _allowed(patterns: np.ndarray) -> np.ndarray:
    """Outcome k of a block has the votes of the binary digits of k, the first method lowest."""
    outcomes = np.arange(2 ** patterns.shape[1])
    digits = (outcomes[:, None] >> np.arange(patterns.shape[1])) & 1
    agrees = (patterns[:, None, :] == digits[None]) | (patterns[:, None, :] < 0)
    return np.asarray(agrees.all(axis=2), dtype=float)


def factors(model: Model, rates: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each block, shape (B, 2, p): probability of its part of each pattern in each class."""
    return [rate @ table.T for table, rate in zip(model.allowed, rates, strict=True)]


def likelihoods(model: Model, rates: Sequence[np.ndarray]) -> np.ndarray:
    """Shape (B, 2, p): probability of each pattern in each class."""
    return product(model, factors(model, rates))


def product(model: Model, factors: Sequence[np.ndarray]) -> np.ndarray:
    """The factors multiplied; that of an echoing method is a mixture with its leader's answer."""
    if model.echo is None:
        return np.asarray(np.multiply.reduce(factors))
    follower, part = model.blocks.index((model.echo[1],)), model.echo[2]
    both, agree = _echoing(model)
    mixed = (1 - part) * factors[follower] + part * agree
    others = [factor for i, factor in enumerate(factors) if i != follower]
    return np.asarray(np.multiply.reduce([*others, np.where(both, mixed, factors[follower])]))


def _echoing(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Shape (p,) each: both methods of the echo answered; their answers agree."""
    assert model.echo is not None
    leader, follower = (model.allowed[model.blocks.index((m,))] for m in model.echo[:2])
    both = (leader.sum(axis=1) == 1) & (follower.sum(axis=1) == 1)
    return both, (leader == follower).all(axis=1)


def own_answers(model: Model, expected: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The expected documents in which the follower answered for itself."""
    assert model.echo is not None
    both, agree = _echoing(model)
    alone = (1 - model.echo[2]) * factor
    weight = alone / np.maximum(alone + model.echo[2] * agree, TINY)
    return np.asarray(expected * np.where(both, weight, 1.0))


def posterior_of(shares: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    machine = shares[:, :, None] * likelihood[:, None, 1]
    human = (1 - shares)[:, :, None] * likelihood[:, None, 0]
    return np.asarray(machine / np.maximum(machine + human, TINY))
