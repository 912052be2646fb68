"""The answers of a study as originals in a lineage store, with the heads that vouch for them.

Two manifests: what was typed here, as far as the browser saw, is noted as written by people and can
be the human root of other texts; everything else as written by nobody knows whom. With each go the
signed heads of all recordings, so that a later look at the database can be held against them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from wellhead.collect.answers import Record, load_records
from wellhead.collect.export.rows import ANSWERS, row_of
from wellhead.collect.heads import write_heads
from wellhead.collect.keys import Keys
from wellhead.collect.study import Study
from wellhead.errors import BadInput
from wellhead.lineage import About, Origin, Reading, Store, add

__all__ = ["OBSERVED", "record"]

OBSERVED = ("typed", "typed_with_assist")
_NOTES = {
    "people": "typed in the study's page, as far as the browser saw; see docs/collect.md for what "
    "a browser cannot see",
    "unknown": "pasted, quoted, inserted by a program, or not observed",
}


def record(
    connection: Connection,
    study: Study,
    keys: Keys,
    store: Store,
    *,
    licence: str | None = None,
    now_ms: int,
) -> list[str]:
    """Add the study's derived answers to a lineage store; the ids of the manifests.

    Raises:
        BadInput: there is no answer yet.
    """
    records = list(load_records(connection, study.id))
    if not records:
        raise BadInput(f"no answers yet in {study.id}: there is nothing to note.")
    made = []
    with tempfile.TemporaryDirectory(prefix="wellhead-lineage-") as name:
        folder = Path(name)
        heads = folder / "heads.json"
        write_heads(connection, keys, heads, now_ms=now_ms)
        key = folder / f"{study.id}.pub"  # written beside the heads
        for writers, label in (("people", "typed"), ("unknown", "other")):
            some = [one for one in records if (one.outcome in OBSERVED) == (writers == "people")]
            if not some:
                continue
            path = folder / f"{study.id}-{label}.parquet"
            pq.write_table(_table(some, study), path)
            note = f"{len(some)} answers {_NOTES[writers]}. Outcomes: {json.dumps(_counts(some))}"
            about = About(name=path.stem, origin=_origin(some, study, licence), note=note)
            reading = Reading(text_column="text", id_column="id", keep=True, attach=(heads, key))
            made.append(add(store, [path], writers=writers, about=about, reading=reading))
    return made


def _table(records: Sequence[Record], study: Study) -> pa.Table:
    return pa.Table.from_pylist([row_of(one, study.id) for one in records], schema=ANSWERS)


def _counts(records: Sequence[Record]) -> dict[str, int]:
    outcomes = [one.outcome for one in records]
    return {name: outcomes.count(name) for name in sorted(set(outcomes))}


def _origin(records: Sequence[Record], study: Study, licence: str | None) -> Origin:
    def day(ms: int) -> str:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"

    return Origin(
        kind="collected",
        source=study.title,
        licence=licence,
        collected_from=day(min(one.started_ms for one in records)),
        collected_to=day(max(one.submitted_ms for one in records)),
        languages=(study.language,),
        collector=study.contact or None,
    )
