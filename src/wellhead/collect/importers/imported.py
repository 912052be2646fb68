"""One answer from elsewhere, in one shape, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path
from wellhead.collect.answers import OUTSIDE
from wellhead.collect.derive.answer import Answer
from wellhead.collect.export.evidence import process_row
from wellhead.consensus import evidence

__all__ = ["Imported", "from_answer", "write_imported"]

_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        ("worker", pa.string()),
        ("task", pa.string()),
        ("outcome", pa.string()),
        ("outside_share", pa.float64()),
        ("flags", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One answer that was recorded elsewhere.

    Attributes:
        id: the source's name for it.
        text: the final answer.
        worker, task: the source's names, "" where it has none.
        outcome: one word, as `derive` uses them.
        outside: share of the text that came from outside, in [0, 1].
        flags: what to look at.
        detail: numbers behind the outcome.
    """

    id: str
    text: str
    worker: str = ""
    task: str = ""
    outcome: str
    outside: float
    flags: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)


def from_answer(answer: Answer, *, id: str, worker: str) -> Imported:
    """An answer derived from events, as an imported one."""
    return Imported(
        id=id,
        text=answer.text,
        worker=worker,
        outcome=answer.outcome,
        outside=min(1.0, sum(answer.shares.get(origin, 0.0) for origin in OUTSIDE)),
        flags=tuple(flag.name for flag in answer.flags if flag.strength != "note"),
        detail={"shares": answer.shares, "replay_ok": answer.integrity.replay_ok},
    )


def write_imported(answers: Iterable[Imported], folder: Path) -> int:
    """Write `answers.parquet` and `evidence.parquet`; returns how many answers there were."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = list(answers)
    rows = [
        {
            "id": item.id,
            "text": item.text,
            "worker": item.worker,
            "task": item.task,
            "outcome": item.outcome,
            "outside_share": item.outside,
            "flags": list(item.flags),
        }
        for item in kept
    ]
    with atomic_path(folder / "answers.parquet") as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), temporary, compression="zstd")
    found = evidence.table(
        process_row(item.id, item.outcome, item.outside, {**item.detail, "flags": list(item.flags)})
        for item in kept
    )
    evidence.write(folder / "evidence.parquet", found)
    return len(kept)
