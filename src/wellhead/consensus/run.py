"""`wellhead.joint`: evidence in, one answer out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from wellhead._stats import Interval, wilson
from wellhead._version import __version__
from wellhead.consensus import words
from wellhead.consensus.agreement import Agreement, agreement
from wellhead.consensus.alternatives import alternative_shares, echo_code
from wellhead.consensus.bayes import Priors
from wellhead.consensus.bounds import bounds, silence_differs, widen
from wellhead.consensus.estimate import estimate
from wellhead.consensus.from_assay import RATE
from wellhead.consensus.join import Joined, join, read_votes
from wellhead.consensus.result import Counts, Group, JointResult, Method
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes

__all__ = ["joint", "result_of"]


def joint(
    sources: Any,
    *,
    documents: Any = None,
    group: str | None = None,
    worker: str | None = None,
    methods: tuple[str, ...] = (),
    cuts: Mapping[str, float] | None = None,
    priors: Priors | None = None,
    trusted: str | None = None,
    dependent: tuple[str, ...] = (),
    false_positive_rate: float | None = RATE,
    level: float = 0.95,
    seed: int = 0,
) -> JointResult:
    """The machine-written share by two or more imperfect methods together.

    Without a method that is always right, the share follows from how often the methods agree and
    disagree in groups that differ, if the methods err independently of each other once the origin
    of a document is given. That is tested where the data allow and listed as unchecked where not.
    Where the data do not determine the share the interval is the whole range that is possible.

    Args:
        sources: evidence: paths, folders, tables, data frames, or rows; see `evidence`. The
            methods ``known`` and ``audited`` are not methods but documents of known origin.
        documents: a table with `id` and more about the documents (task, worker, …).
        group: name of a column; groups with different shares let two methods be told apart.
        worker: name of a column; answers of the same worker are not independent.
        methods: which to use; all without it.
        cuts: by method, the value from which on it says machine (0.5).
        priors: what is believed about share and error rates, stated openly.
        trusted: a method that is right wherever it speaks.
        dependent: methods that are known to err together (three or more methods needed).
        false_positive_rate: where a source is an assay's `documents.parquet`, the rate at which
            its p-values flag; None for its posteriors.
        level: confidence.
        seed: of simulations.

    Returns:
        Share with interval, error rates of each method, a probability for each document, and the
        assumptions that the data could not check.

    Raises:
        BadInput: evidence that cannot be read, or fewer than two methods.
        BadSetting: a method, group or column that is not there.

    Source:
        Hui & Walter (1980); Dawid & Skene (1979); Manski (1990); see the modules.
    """
    read = read_votes(
        sources,
        documents=documents,
        group=group,
        methods=methods,
        cuts=cuts,
        false_positive_rate=false_positive_rate,
    )
    joined = join(
        read.votes,
        worker=worker,
        priors=priors,
        trusted=trusted,
        dependent=dependent,
        level=level,
        seed=seed,
    )
    return result_of(joined, read.hashes)


def result_of(joined: Joined, hashes: Mapping[str, str] | None = None) -> JointResult:
    """What was joined as a result; `hashes` are those of the sources, by file name."""
    votes, found, prior = joined.votes, joined.estimate, joined.decisive_prior
    pairs, methods = _agreements(votes, joined.level), _methods(joined)
    alternatives = tuple(alternative_shares(joined))
    echo = next((each.share for each in alternatives if each.code == echo_code(0.2)), None)
    return JointResult(
        share=found.share if prior is None else prior.share,
        model=found.name if prior is None else "bayesian",
        identified=found.identifiability.verdict,
        assumptions=words.assumptions(joined),
        unchecked=words.unchecked(joined),
        documents=_counts(votes),
        diagnostics=words.diagnostics(joined, methods, pairs, echo),
        methods=methods,
        groups=_groups(joined),
        agreement=pairs,
        independence=found.independence,
        dependent=found.dependent,
        bounds=_bounds(joined),
        alternatives=alternatives,
        prior=joined.prior,
        table=_table(votes, joined.posterior),
        level=joined.level,
        inflation=joined.inflation,
        reproducibility={
            "version": __version__,
            "seed": joined.seed,
            "hashes": dict(hashes or {}),
        },
    )


def _counts(votes: Votes) -> Counts:
    inside = votes.inside
    return Counts(
        n=int(inside.sum()),
        audited=int((inside & (votes.truth != MISSING)).sum()),
        known=int(votes.outside.sum()),
        complete=int((votes.votes[inside] != MISSING).all(axis=1).sum()),
    )


def _methods(joined: Joined) -> tuple[Method, ...]:
    votes, level = joined.votes, joined.level
    inside = votes.votes[votes.inside]
    rates = joined.decisive_prior or joined.estimate
    sensitivity, specificity = rates.sensitivity, rates.specificity
    rows = []
    for i, name in enumerate(votes.methods):
        column = inside[:, i]
        observed, flagged = int((column >= 0).sum()), int((column == 1).sum())
        others = [
            silence_differs(column, inside[:, j]) for j in range(len(votes.methods)) if j != i
        ]
        heard = [p for p in others if p is not None]
        rows.append(
            Method(
                name=name,
                observed=observed,
                flagged=flagged,
                alone=wilson(flagged, observed, level=level),
                bounds=bounds(column, level=level),
                sensitivity=sensitivity[i] if sensitivity else None,
                specificity=specificity[i] if specificity else None,
                silence=min(heard) if heard else None,
            )
        )
    return tuple(rows)


def _agreements(votes: Votes, level: float) -> tuple[Agreement, ...]:
    inside = votes.votes[votes.inside]
    return tuple(
        agreement(
            inside[:, a], inside[:, b], names=(votes.methods[a], votes.methods[b]), level=level
        )
        for a, b in combinations(range(len(votes.methods)), 2)
    )


def _groups(joined: Joined) -> tuple[Group, ...]:
    found, prior, votes = joined.estimate, joined.decisive_prior, joined.grouped
    if not found.identifiability.identified and prior is None:
        return ()
    tables = found.tables
    sizes = np.bincount(tables.group[votes.inside], minlength=tables.weights.size)
    shares = found.best.shares[0]
    if prior is not None:
        machine = (prior.documents * tables.counts).sum(axis=1) + tables.known[1].sum(axis=1)
        shares = machine / np.maximum(tables.counts.sum(axis=1) + tables.known.sum(axis=(0, 2)), 1)
    return tuple(
        Group(tables.groups[i], int(sizes[i]), float(shares[i]))
        for i in np.flatnonzero(tables.weights > 0)
    )


def _bounds(joined: Joined) -> Interval:
    """The share whatever the documents are on which some method was silent."""
    votes, share = joined.grouped, joined.estimate.share
    complete = (votes.votes != MISSING).all(axis=1) | votes.outside
    inside, missing = int(votes.inside.sum()), int((~complete).sum())
    if missing == 0:
        return share
    if missing == inside:
        return Interval(0.0, share.point, 1.0, joined.level)
    part = estimate(
        votes.only(complete),
        level=joined.level,
        inflation=joined.inflation,
        rates=False,
        repeats=0,
    )
    return widen(part.share, missing / inside)._replace(point=min(max(share.point, 0.0), 1.0))


def _table(votes: Votes, posterior: np.ndarray) -> pa.Table:
    columns: dict[str, Any] = {
        "id": pa.array(votes.ids, pa.string()),
        "group": pa.array(votes.groups.tolist(), pa.string()),
        "known": pa.array([None if t == MISSING else int(t) for t in votes.truth], pa.int8()),
    }
    for i, name in enumerate(votes.methods):
        column = votes.votes[:, i]
        columns[f"says {name}"] = pa.array(
            [None if vote == MISSING else int(vote) for vote in column], pa.int8()
        )
    columns["posterior"] = pa.array(
        [None if np.isnan(p) else float(p) for p in posterior], pa.float64()
    )
    return pa.table(columns).filter(pa.array(votes.inside))
