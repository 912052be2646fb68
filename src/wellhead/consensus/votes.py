"""What each method says about each document: machine, human, or not observable.

In: an evidence table. Out: `Votes`, one row per document and one column per method. A class that
wellhead knows decides (``pasted_outside`` is outside origin, ``typed`` is not); otherwise the value
does, at a cut. Two names are not methods but knowledge:

``known``    texts whose origin was known beforehand (warm-ups, old texts); they show how the
             methods err and are not part of the collection whose share is asked for.
``audited``  documents of the collection, drawn at random, whose origin was found out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from wellhead.consensus.evidence import NOT_OBSERVABLE
from wellhead.consensus.tables import MISSING, Tables, tabulate
from wellhead.errors import BadInput, BadSetting

__all__ = ["AUDITED", "HUMAN", "KNOWN", "MACHINE", "Votes", "gather"]

KNOWN, AUDITED = "known", "audited"
MACHINE = frozenset(
    {"pasted_outside", "mixed", "scripted", "machine", "synthetic", "llm", "outside", "copy"}
)
HUMAN = frozenset({"typed", "typed_with_assist", "quotes_task", "human", "real", "own"})
_MISSING = frozenset({NOT_OBSERVABLE, "not_observable", "unobservable", "incomplete_log"})
_OUTSIDE = "(known beforehand)"


@dataclass(frozen=True)
class Votes:
    """Votes of the methods on the documents.

    Attributes:
        ids: shape (n,), documents in the order of their first row.
        methods: names, in the order of their first row.
        votes: shape (n, methods), 1 machine, 0 human, -1 not observable or no row.
        values: shape (n, methods), the methods' own numbers; NaN where there are none.
        truth: shape (n,), 1 or 0 where the origin is known, else -1.
        outside: shape (n,), known beforehand and not part of the collection.
        groups: shape (n,), group of each document, by name.
        about: what else is known about each document.
        words: by document, what a method said in its own words and the signs it names.
    """

    ids: tuple[str, ...]
    methods: tuple[str, ...]
    votes: np.ndarray
    values: np.ndarray
    truth: np.ndarray
    outside: np.ndarray
    groups: np.ndarray
    about: tuple[Mapping[str, Any], ...]
    words: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def inside(self) -> np.ndarray:
        """Shape (n,), documents of the collection."""
        return ~self.outside

    def only(self, keep: np.ndarray) -> Votes:
        """The votes on some of the documents."""
        rows = np.flatnonzero(keep)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in rows),
            votes=self.votes[rows],
            values=self.values[rows],
            truth=self.truth[rows],
            outside=self.outside[rows],
            groups=self.groups[rows],
            about=tuple(self.about[i] for i in rows),
        )

    def of(self, methods: tuple[str, ...]) -> Votes:
        """The votes of some of the methods."""
        columns = [self.methods.index(name) for name in methods]
        votes, values = self.votes[:, columns], self.values[:, columns]
        return replace(self, methods=methods, votes=votes, values=values)

    @property
    def mean_vote(self) -> np.ndarray:
        """Shape (n,), share of the methods that say machine, of those that spoke."""
        heard = self.votes >= 0
        ones = np.where(heard, self.votes, 0).sum(axis=1)
        return np.asarray(ones / np.maximum(heard.sum(axis=1), 1))

    def tables(self) -> Tables:
        """Counts for the likelihood; documents known beforehand are a group of weight 0."""
        names, group = np.unique(np.where(self.outside, _OUTSIDE, self.groups), return_inverse=True)
        return tabulate(
            self.votes,
            group=group.reshape(-1),
            truth=self.truth,
            outside=self.outside,
            names=tuple(str(name) for name in names),
        )

    def column(self, name: str) -> np.ndarray:
        """One thing known about the documents, None where it is not.

        Raises:
            BadSetting: no document has it.
        """
        values = [row.get(name) for row in self.about]
        if all(value is None for value in values):
            known = sorted({key for row in self.about for key in row})
            raise BadSetting(
                f"no document has a '{name}'. Known about them: {', '.join(known) or 'nothing'}."
            )
        return np.array(values, dtype=object)


def gather(
    evidence: pa.Table,
    *,
    about: Mapping[str, Mapping[str, Any]] | None = None,
    group: str | None = None,
    cuts: Mapping[str, float] | None = None,
    methods: tuple[str, ...] = (),
) -> Votes:
    """The votes in an evidence table.

    Args:
        evidence: validated.
        about: by id, what else is known about the documents.
        group: the name in `about` that parts documents into groups.
        cuts: by method, the value from which on it says machine (0.5).
        methods: which to use; all without it.

    Raises:
        BadInput: an outcome without a value that is no known class; no method left.
        BadSetting: a cut or a method that is not there, a group that no document has.

    >>> from wellhead.consensus.evidence import Row, table
    >>> rows = [Row("a", "text", 0.9), Row("a", "process", None, "typed"), Row("b", "text", 0.2)]
    >>> gather(table(rows)).votes.tolist()
    [[1, 0], [0, -1]]
    """
    rows = evidence.select(["id", "method", "value", "outcome", "detail"]).to_pylist()
    found = tuple(dict.fromkeys(r["method"] for r in rows if r["method"] not in (KNOWN, AUDITED)))
    used = _chosen(found, methods, cuts or {})
    ids = tuple(dict.fromkeys(row["id"] for row in rows))
    place = {identity: i for i, identity in enumerate(ids)}
    votes = np.full((len(ids), len(used)), MISSING, dtype=np.int8)
    values = np.full((len(ids), len(used)), np.nan)
    truth, outside = np.full(len(ids), MISSING), np.zeros(len(ids), dtype=bool)
    columns = {name: i for i, name in enumerate(used)}
    for row in rows:
        i, name = place[row["id"]], row["method"]
        if name in (KNOWN, AUDITED):
            truth[i] = vote_of(row, 0.5)
            outside[i] = name == KNOWN
        elif name in columns:
            votes[i, columns[name]] = vote_of(row, (cuts or {}).get(name, 0.5))
            if row["value"] is not None:
                values[i, columns[name]] = row["value"]
    known = tuple((about or {}).get(identity, {}) for identity in ids)
    groups = np.full(len(ids), "all")
    said = {(r["id"], r["method"]): words for r in rows if (words := _said(r))}
    made = Votes(ids, used, votes, values, truth, outside, groups, known, said)
    if group is None:
        return made
    column = made.column(group)
    names = np.array(["(none)" if value is None else str(value) for value in column])
    return replace(made, groups=names)


def _said(row: Mapping[str, Any]) -> str:
    """A method's own word and the signs in its detail, as "pasted outside; round trip"."""
    outcome = row["outcome"]
    word = "" if outcome is None or outcome == NOT_OBSERVABLE else str(outcome)
    try:
        detail = json.loads(row["detail"] or "{}")
    except ValueError:
        detail = {}
    flags = detail.get("flags") if isinstance(detail, dict) else None
    signs = [str(flag) for flag in flags] if isinstance(flags, list) else []
    reason = detail.get("reason") if isinstance(detail, dict) else None
    told = [word, *signs, *([str(reason)] if reason else [])]
    return "; ".join(part.replace("_", " ") for part in told if part)


def _chosen(
    found: tuple[str, ...], wanted: tuple[str, ...], cuts: Mapping[str, float]
) -> tuple[str, ...]:
    for name in (*wanted, *cuts):
        if name not in found:
            raise BadSetting(f"no method '{name}' in the evidence; it has {', '.join(found)}.")
    for name, cut in cuts.items():
        if not 0 < cut <= 1:
            raise BadSetting(f"a cut lies in (0, 1], got {cut} for '{name}'.")
    if not found:
        raise BadInput("expected at least one method besides 'known' and 'audited'.")
    return wanted or found


def vote_of(row: Mapping[str, Any], cut: float) -> int:
    """1 machine, 0 human, -1 not observable."""
    outcome, value = row["outcome"], row["value"]
    word = None if outcome is None else str(outcome).strip().lower()
    if word in _MISSING:
        return MISSING
    if word in MACHINE:
        return 1
    if word in HUMAN:
        return 0
    if value is None:
        raise BadInput(
            f"document {row['id']!r}: method {row['method']!r} has the outcome {outcome!r} and no "
            f"value. Give a value in [0, 1], or one of: {', '.join(sorted(MACHINE | HUMAN))}, "
            f"'{NOT_OBSERVABLE}'."
        )
    return int(value >= cut)
