"""What joining methods says: one frozen object, the same names in Python and in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import pyarrow as pa

from wellhead._result import Result
from wellhead._stats import Interval
from wellhead.consensus.agreement import Agreement
from wellhead.consensus.bayes import Posterior
from wellhead.consensus.bounds import Bounds
from wellhead.consensus.independence import Independence
from wellhead.prevalence.result import Diagnostic

__all__ = ["Alternative", "Counts", "Group", "JointResult", "Method", "Model"]

Model = Literal[
    "hui-walter", "dawid-skene", "latent class", "dependent methods", "bayesian", "bounds"
]


class Counts(NamedTuple):
    """Documents: of the collection, audited among them, known beforehand, with every method."""

    n: int
    audited: int
    known: int
    complete: int


class Method(NamedTuple):
    """One method.

    Attributes:
        name: as in the evidence.
        observed: documents of the collection on which it spoke.
        flagged: of these, how many it calls machine.
        alone: flagged share of the observed, its errors not corrected.
        bounds: flagged share of all, whatever the silent documents are.
        sensitivity: how often it says machine of machine text; None when not determined.
        specificity: how often it says human of people's text.
        silence: p-value that documents on which it is silent are like the others, by another
            method's votes; None when that cannot be asked.
    """

    name: str
    observed: int
    flagged: int
    alone: Interval
    bounds: Bounds
    sensitivity: Interval | None
    specificity: Interval | None
    silence: float | None


class Group(NamedTuple):
    """The share in one group."""

    name: str
    n: int
    share: float


class Alternative(NamedTuple):
    """The share in another way, or under another assumption; `code` never changes, words may."""

    name: str
    share: Interval
    note: str
    code: str


@dataclass(frozen=True, kw_only=True, repr=False)
class JointResult(Result):
    """How much of a collection machines wrote, by two or more imperfect methods together.

    Attributes:
        share: the machine-written share with its interval.
        model: what the interval rests on; ``bounds`` when the data do not determine the share,
            then only the two ends inform.
        identified: ``yes``, ``weak`` (only through differences between groups that hardly
            show; treated as ``no``) or ``no``.
        assumptions: what must be true for the interval to hold.
        unchecked: those of them that these data could not check.
        documents: counts.
        diagnostics: checks and what follows.
        methods: each method with its error rates.
        groups: share by group.
        agreement: each pair of methods.
        independence: the test of the model, None when it could not be run.
        dependent: methods that may err together in the model used.
        bounds: the share if nothing is assumed about documents without every method.
        alternatives: other estimates of the same share.
        prior: the posterior where priors were stated.
        table: one row per document: `id`, `group`, a vote per method (null when not observable),
            `posterior`.
        level: confidence.
        inflation: by which the variance was enlarged for answers of the same worker.
        reproducibility: version, seed, hashes of the sources.
    """

    schema_version: ClassVar[int] = 1

    share: Interval
    model: Model
    identified: Literal["yes", "weak", "no"]
    assumptions: tuple[str, ...]
    unchecked: tuple[str, ...]
    documents: Counts
    diagnostics: tuple[Diagnostic, ...]
    methods: tuple[Method, ...]
    groups: tuple[Group, ...]
    agreement: tuple[Agreement, ...]
    independence: Independence | None
    dependent: tuple[str, ...]
    bounds: Interval
    alternatives: tuple[Alternative, ...]
    prior: Posterior | None
    table: pa.Table
    level: float
    inflation: float
    reproducibility: dict[str, object]
