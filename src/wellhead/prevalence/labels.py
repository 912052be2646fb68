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

__all__ = ["DRAWN", "Labels", "match_labels", "read_labels", "read_probabilities"]

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


def read_labels(source: Any) -> dict[str, int]:
    """The label of each audited document, by document id.

    Args:
        source: a mapping id → label; or a path, table or data frame with the columns `id` (or
            `document_id`) and `label` (or `machine`, `class`). Labels: 1/0, true/false,
            machine/human and their usual synonyms.

    Raises:
        BadInput: columns missing, a label that cannot be read, an id labelled twice differently.
    """
    pairs = (
        source.items() if isinstance(source, Mapping) else _pairs(read_side_table(source, "labels"))
    )
    labels: dict[str, int] = {}
    for identity, raw in pairs:
        label = _label(identity, raw)
        if labels.setdefault(str(identity), label) != label:
            raise BadInput(f"document '{identity}' is labelled both human and machine")
    if not labels:
        raise UnusableReference("expected audited labels, got none")
    return labels


def read_probabilities(source: Any) -> dict[str, float] | None:
    """The probability with which each audited document was drawn, where the labels state it.

    Args:
        source: as for `read_labels`; the column is `probability` or `inclusion_probability`.

    Raises:
        BadInput: a probability that is not a number above 0 and at most 1.
    """
    if isinstance(source, Mapping):
        return None
    table = read_side_table(source, "labels")
    columns = {name.lower(): name for name in table.column_names}
    name = next((columns[each] for each in _PROBABILITY if each in columns), None)
    if name is None:
        return None
    identity = next(columns[each] for each in _ID if each in columns)
    drawn = {}
    for document, raw in zip(table[identity].to_pylist(), table[name].to_pylist(), strict=True):
        try:
            drawn[str(document)] = float(raw)
        except (TypeError, ValueError):
            drawn[str(document)] = 0.0
        if not 0 < drawn[str(document)] <= 1:
            raise BadInput(
                f"the probability {raw!r} of document '{document}' is not above 0 and at most 1"
            )
    return drawn


def match_labels(labels: Mapping[str, int], ids: Iterable[str]) -> Labels:
    """The labels as indices into the corpus.

    Raises:
        UnusableReference: a labelled document is not in the corpus.
    """
    place = {identity: index for index, identity in enumerate(ids)}
    missing = [identity for identity in labels if identity not in place]
    if missing:
        raise UnusableReference(
            f"{len(missing)} of {len(labels)} labelled documents are not in the corpus, for "
            f"example '{missing[0]}'. Labels are matched by the corpus's id column; without one "
            "the id is the first 32 hex digits of the SHA-256 of the text."
        )
    index = np.array([place[identity] for identity in labels], dtype=np.int64)
    return Labels(index, np.array(list(labels.values()), dtype=np.int64))


def require_drawn(drawn: str) -> None:
    """Refuse a way of drawing that no estimate can rest on.

    Raises:
        BadSetting: `drawn` is not one of `DRAWN`.
    """
    if drawn not in DRAWN:
        raise BadSetting(
            f"labels drawn by '{drawn}' cannot carry an estimate: expected 'random', a subset of "
            "this corpus drawn by lot. Labels chosen by score or suspicion can serve as references "
            "instead (--human, --machine)."
        )


def _pairs(table: pa.Table) -> Iterable[tuple[Any, Any]]:
    columns = {name.lower(): name for name in table.column_names}
    identity = next((columns[name] for name in _ID if name in columns), None)
    label = next((columns[name] for name in _LABEL if name in columns), None)
    if identity is None or label is None:
        raise BadInput(
            f"labels need a column 'id' and a column 'label'; got {', '.join(table.column_names)}"
        )
    return zip(table[identity].to_pylist(), table[label].to_pylist(), strict=True)


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
