"""Audited labels: which documents were checked, and what they are.

In: a CSV/JSONL/Parquet file, a mapping or a table with an id and a label. Out: indices into the
corpus and labels in {0, 1}. Reading is strict: a label that cannot be matched to a document is an
error, because a subset that silently shrinks is no longer the random subset that was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from wellhead.corpus.side_table import read_side_table
from wellhead.errors import BadInput, BadSetting, UnusableReference

__all__ = ["DRAWN", "Audited", "Labels", "match_labels", "read_labels"]

DRAWN = ("random", "unstated")
_MACHINE = {"1", "1.0", "true", "machine", "llm", "ai", "synthetic", "generated", "yes"}
_HUMAN = {"0", "0.0", "false", "human", "real", "person", "no"}
_ID = ("id", "document_id", "doc_id")
_PROBABILITY = ("probability", "inclusion_probability")
_LABEL = ("label", "machine", "is_machine", "class", "y")


class Labels(NamedTuple):
    """Audited documents: shape (k,) indices into the corpus and labels, 1 = machine.

    `probability` is that with which each was drawn; None where all were drawn alike.
    """

    rows: np.ndarray
    machine: np.ndarray
    probability: np.ndarray | None = None


class Audited(NamedTuple):
    """One audited document: 1 for machine, and with what probability it was drawn, if stated."""

    machine: int
    probability: float | None = None


def read_labels(source: Any) -> dict[str, Audited]:
    """What is known of each audited document, by document id.

    Args:
        source: a mapping id → label; or a path, table or data frame with the columns `id` (or
            `document_id`) and `label` (or `machine`, `class`), and where the documents were drawn
            with unequal probabilities `probability` (or `inclusion_probability`). Labels: 1/0,
            true/false, machine/human and their usual synonyms.

    Raises:
        BadInput: columns missing, a label or probability that cannot be read, an id labelled
            twice differently.
    """
    rows = (
        ((identity, raw, None) for identity, raw in source.items())
        if isinstance(source, Mapping)
        else _rows(read_side_table(source, "labels", types=dict.fromkeys(_ID, pa.string())))
    )
    audited: dict[str, Audited] = {}
    for identity, raw, drawn in rows:
        found = Audited(_label(identity, raw), drawn)
        if audited.setdefault(str(identity), found).machine != found.machine:
            raise BadInput(f"document '{identity}' is labelled both human and machine")
    if not audited:
        raise UnusableReference("expected audited labels, got none")
    return audited


def match_labels(audited: Mapping[str, Audited], ids: Iterable[str]) -> Labels:
    """The labels as indices into the corpus.

    Raises:
        UnusableReference: a labelled document is not in the corpus.
    """
    place = {identity: index for index, identity in enumerate(ids)}
    missing = [identity for identity in audited if identity not in place]
    if missing:
        raise UnusableReference(
            f"{len(missing)} of {len(audited)} labelled documents are not in the corpus, for "
            f"example '{missing[0]}'. Labels are matched by the corpus's id column; without one "
            "the id is the first 32 hex digits of the SHA-256 of the text."
        )
    drawn = [each.probability for each in audited.values()]
    return Labels(
        np.array([place[identity] for identity in audited], dtype=np.int64),
        np.array([each.machine for each in audited.values()], dtype=np.int64),
        None if None in drawn else np.array(drawn, dtype=np.float64),
    )


def require_drawn(drawn: str) -> None:
    """Refuse a way of drawing that no estimate can rest on.

    Raises:
        BadSetting: `drawn` is not one of `DRAWN`.
    """
    if drawn not in DRAWN:
        raise BadSetting(
            f"labels drawn by '{drawn}' cannot carry an estimate: expected 'random', a subset of "
            "this corpus drawn at random. Labels chosen by score or suspicion can serve as "
            "references instead (--human, --machine)."
        )


def _rows(table: pa.Table) -> Iterable[tuple[Any, Any, float | None]]:
    columns = {name.lower(): name for name in table.column_names}
    identity, label, drawn = (
        next((columns[name] for name in names if name in columns), None)
        for names in (_ID, _LABEL, _PROBABILITY)
    )
    if identity is None or label is None:
        raise BadInput(
            f"labels need a column 'id' and a column 'label'; got {', '.join(table.column_names)}"
        )
    ids, labels = table[identity].to_pylist(), table[label].to_pylist()
    if drawn is None:
        return zip(ids, labels, [None] * len(ids), strict=True)
    chances = map(_probability, ids, table[drawn].to_pylist())
    return zip(ids, labels, chances, strict=True)


def _probability(identity: Any, raw: Any) -> float:
    try:
        value = float(raw)
    except (TypeError, ValueError):
        value = 0.0
    if not 0 < value <= 1:
        raise BadInput(
            f"the probability {raw!r} of document '{identity}' is not above 0 and at most 1"
        )
    return value


def _label(identity: Any, raw: Any) -> int:
    word = str(raw).strip().lower()
    if word in _MACHINE:
        return 1
    if word in _HUMAN:
        return 0
    raise BadInput(
        f"the label {raw!r} of document '{identity}' is neither machine (1, true, machine) nor "
        "human (0, false, human)"
    )
