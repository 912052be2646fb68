"""`wellhead.joint`: evidence in, one answer out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from wellhead._stats import Interval
from wellhead.consensus import words
from wellhead.consensus.agreement import Agreement, agreement, wilson
from wellhead.consensus.alternatives import echo_name, other_shares
from wellhead.consensus.bayes import Posterior, Priors, posterior
from wellhead.consensus.bounds import bounds, silence_differs, widen
from wellhead.consensus.estimate import Estimate, estimate
from wellhead.consensus.from_assay import RATE
from wellhead.consensus.grouping import inflation_of, merged
from wellhead.consensus.result import Counts, Group, JointResult, Method
from wellhead.consensus.sources import read_documents, read_sources
from wellhead.consensus.tables import SILENT
from wellhead.consensus.votes import Votes, gather
from wellhead.errors import BadInput, BadSetting, UnusableReference

__all__ = ["join", "joint"]


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
    found = read_sources(sources, rate=false_positive_rate)
    about = dict(found.documents)
    if documents is not None:
        for identity, row in read_documents(documents).items():
            about[identity] = {**about.get(identity, {}), **row}
    votes = gather(found.evidence, about=about, group=group, cuts=cuts, methods=methods)
    return join(
        votes,
        worker=worker,
        priors=priors,
        trusted=trusted,
        dependent=dependent,
        level=level,
        seed=seed,
        hashes=found.hashes,
    )


def join(
    votes: Votes,
    *,
    worker: str | None = None,
    priors: Priors | None = None,
    trusted: str | None = None,
    dependent: tuple[str, ...] = (),
    level: float = 0.95,
    seed: int = 0,
    hashes: Mapping[str, str] | None = None,
    repeats: int = 199,
) -> JointResult:
    """The same from votes; see `joint`."""
    from wellhead._version import __version__

    _check(votes, trusted, dependent, level)
    grouped = merged(votes)
    inflation = inflation_of(grouped, worker)
    found = estimate(
        grouped,
        level=level,
        seed=seed,
        dependent=dependent,
        inflation=inflation,
        repeats=repeats,
    )
    prior = None
    if priors is not None:
        prior = posterior(found.tables, votes.methods, priors, level=level, seed=seed)
    undetermined = not found.identified.settled
    by_prior = undetermined and prior is not None
    pairs = _agreements(votes, level)
    methods = _methods(votes, found, prior if by_prior else None, level)
    also = tuple(other_shares(votes, found, trusted, prior, by_prior, level, inflation))
    echo = next((each.share for each in also if each.name == echo_name(0.2)), None)
    return JointResult(
        share=prior.share if by_prior and prior is not None else found.share,
        model="bayesian" if by_prior else found.name,
        identified=found.identified.verdict,
        assumptions=words.assumptions(found, by_prior=by_prior, worker=worker),
        unchecked=words.unchecked(found, by_prior=by_prior, worker=worker),
        documents=_counts(votes),
        diagnostics=words.diagnostics(
            found, votes, grouped, methods, pairs, prior, inflation, echo
        ),
        methods=methods,
        groups=_groups(found, grouped, prior if by_prior else None),
        agreement=pairs,
        independence=found.independence,
        dependent=found.dependent,
        bounds=_bounds(grouped, found, level, inflation),
        also=also,
        prior=prior,
        table=_table(votes, _posterior(found, prior if by_prior else None)),
        level=level,
        inflation=inflation,
        reproducibility={"version": __version__, "seed": seed, "hashes": dict(hashes or {})},
    )


def _check(votes: Votes, trusted: str | None, dependent: tuple[str, ...], level: float) -> None:
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    if len(votes.methods) < 2:
        raise BadInput(
            f"joining needs at least two methods, got {', '.join(votes.methods) or 'none'}. "
            "Give the evidence of a second one; for a text detector alone use `wellhead assay`."
        )
    for name in (*dependent, *([trusted] if trusted else [])):
        if name not in votes.methods:
            raise BadSetting(
                f"no method '{name}' in the evidence; it has {', '.join(votes.methods)}."
            )
    if dependent and (len(set(dependent)) < 2 or len(votes.methods) < 3):
        raise BadSetting(
            "methods that err together are two or more of at least three; got "
            f"{', '.join(dependent)} of {', '.join(votes.methods)}."
        )
    if not votes.inside.any():
        raise BadInput("every document is 'known' beforehand; expected some of the collection.")
    if (votes.votes[votes.inside] == SILENT).all():
        raise UnusableReference("no method could observe any document of the collection.")
    _each_speaks(votes)


def _each_speaks(votes: Votes) -> None:
    """Every method judged something, and something that another method judged, too."""
    rows = np.flatnonzero(votes.inside)
    heard = votes.votes[rows] != SILENT
    for name, mine in zip(votes.methods, heard.T, strict=True):
        if not mine.any():
            raise UnusableReference(
                f"'{name}' could observe no document of the collection; leave it out "
                "(--method names those to use) or check its evidence."
            )
    for i, name in enumerate(votes.methods):
        mine, others = heard[:, i], np.delete(heard, i, axis=1).any(axis=1)
        if not (mine & others).any():
            own, other = (votes.ids[rows[part.argmax()]] for part in (mine, others))
            raise BadInput(
                f"no document was judged by '{name}' and another method as well: do the ids "
                f"match? '{name}' has {own!r}, another has {other!r}."
            )


def _counts(votes: Votes) -> Counts:
    inside = votes.inside
    return Counts(
        n=int(inside.sum()),
        audited=int((inside & (votes.truth != SILENT)).sum()),
        known=int(votes.outside.sum()),
        complete=int((votes.votes[inside] != SILENT).all(axis=1).sum()),
    )


def _methods(
    votes: Votes, found: Estimate, prior: Posterior | None, level: float
) -> tuple[Method, ...]:
    inside = votes.votes[votes.inside]
    sensitivity = prior.sensitivity if prior else found.sensitivity
    specificity = prior.specificity if prior else found.specificity
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


def _groups(found: Estimate, votes: Votes, prior: Posterior | None) -> tuple[Group, ...]:
    if not found.identified.settled and prior is None:
        return ()
    inside = found.tables.weights > 0
    sizes = np.bincount(found.tables.group[votes.inside], minlength=found.tables.weights.size)
    shares = found.best.shares[0]
    if prior is not None:
        unknown = found.tables.counts
        machine = (prior.documents * unknown).sum(axis=1) + found.tables.known[1].sum(axis=1)
        shares = machine / np.maximum(unknown.sum(axis=1) + found.tables.known.sum(axis=(0, 2)), 1)
    return tuple(
        Group(found.tables.groups[i], int(sizes[i]), float(shares[i]))
        for i in np.flatnonzero(inside)
    )


def _bounds(votes: Votes, found: Estimate, level: float, inflation: float) -> Interval:
    """The share whatever the documents are on which some method was silent."""
    complete = (votes.votes != SILENT).all(axis=1) | votes.outside
    inside = int(votes.inside.sum())
    missing = int((~complete).sum())
    if missing == 0:
        return found.share
    if missing == inside:
        return Interval(0.0, found.share.point, 1.0, level)
    part = estimate(votes.only(complete), level=level, inflation=inflation, rates=False, repeats=0)
    return widen(part.share, missing / inside)._replace(point=min(max(found.share.point, 0.0), 1.0))


def _posterior(found: Estimate, prior: Posterior | None) -> np.ndarray:
    if prior is None:
        return found.posterior
    drawn = prior.documents[found.tables.group, found.tables.row]
    return np.where(np.isnan(found.posterior), drawn, found.posterior)


def _table(votes: Votes, posterior: np.ndarray) -> pa.Table:
    columns: dict[str, Any] = {
        "id": pa.array(votes.ids, pa.string()),
        "group": pa.array(votes.groups.tolist(), pa.string()),
        "known": pa.array([None if t == SILENT else int(t) for t in votes.truth], pa.int8()),
    }
    for i, name in enumerate(votes.methods):
        column = votes.votes[:, i]
        columns[f"says {name}"] = pa.array(
            [None if vote == SILENT else int(vote) for vote in column], pa.int8()
        )
    columns["posterior"] = pa.array(
        [None if np.isnan(p) else float(p) for p in posterior], pa.float64()
    )
    return pa.table(columns).filter(pa.array(votes.inside))
