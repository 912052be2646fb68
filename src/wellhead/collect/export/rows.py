"""One answer as one row, with a fixed Arrow schema that every tabular format shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection

from wellhead.collect.answers import Record, load_batches, load_records
from wellhead.collect.derive.measures import MEASURES
from wellhead.collect.notes import Said, decision_of

__all__ = ["ANSWERS", "EVENTS", "Where", "answer_batches", "event_batches", "row_of"]

# Conditions on the answers that leave (see `selection`).
Where = Sequence[ColumnElement[bool]]
_MOMENT = pa.timestamp("ms", tz="UTC")
_RUN = pa.struct([("length", pa.int32()), ("origin", pa.string()), ("event", pa.int32())])
_FLAG = pa.struct(
    [
        ("name", pa.string()),
        ("strength", pa.string()),
        ("says", pa.string()),
        ("evidence", pa.list_(pa.int32())),
    ]
)
_PASTE = pa.struct(
    [
        ("event", pa.int32()),
        ("origin", pa.string()),
        ("length", pa.int32()),
        ("kept", pa.int32()),
        ("flavour", pa.string()),
        ("hash", pa.string()),
    ]
)
_TYPING = pa.struct(
    [
        ("score", pa.float64()),
        ("keys", pa.int32()),
        ("among_copying", pa.float64()),
        ("among_composing", pa.float64()),
        ("reference_keys", pa.int32()),
        ("warm_up", pa.float64()),
    ]
)
_NOTE = pa.struct(
    [
        ("author", pa.string()),
        ("written_at", _MOMENT),
        ("text", pa.string()),
        ("decision", pa.string()),
        ("bonus", pa.float64()),
    ]
)
_PART = pa.struct(
    [
        ("name", pa.string()),
        ("text", pa.large_string()),
        ("outcome", pa.string()),
        ("known_human", pa.bool_()),
    ]
)
_RESPONSE = pa.struct([("question", pa.string()), ("answer", pa.string())])
_SHARE = pa.struct([("origin", pa.string()), ("share", pa.float64())])

ANSWERS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        ("study", pa.string()),
        ("task", pa.string()),
        ("task_version", pa.string()),
        ("worker", pa.string()),
        ("platform", pa.string()),
        ("attempt", pa.int32()),
        ("verified", pa.string()),
        ("level", pa.string()),
        ("declared", pa.list_(pa.string())),
        ("consent_version", pa.string()),
        ("started_at", _MOMENT),
        ("submitted_at", _MOMENT),
        ("outcome", pa.string()),
        ("outside_share", pa.float64()),
        ("shares", pa.list_(_SHARE)),
        ("provenance", pa.list_(_RUN)),
        ("flags", pa.list_(_FLAG)),
        ("pastes", pa.list_(_PASTE)),
        ("transcription", _TYPING),
        ("chain_ok", pa.bool_()),
        ("replay_ok", pa.bool_()),
        ("gaps", pa.int32()),
        ("clock", pa.int32()),
        ("content", pa.int32()),
        ("minutes", pa.float64()),
        ("active_minutes", pa.float64()),
        ("events", pa.int32()),
        ("chain_head", pa.string()),
        ("completion_code", pa.string()),
        ("platform_id", pa.string()),
        ("submission_id", pa.string()),
        ("decision", pa.string()),
        ("notes", pa.list_(_NOTE)),
        ("condition", pa.string()),
        ("responses", pa.list_(_RESPONSE)),
        ("parts", pa.list_(_PART)),
        *((name, pa.float64()) for name in MEASURES),
        ("characters_by_minute", pa.list_(pa.int32())),
    ]
)

EVENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("i", pa.int32(), nullable=False),
        pa.field("ms", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        ("fields", pa.string()),
    ]
)

_AT_ONCE = 200
# Coarse enough to blunt typing as a fingerprint, fine enough for pauses.
_STEP_MS = 10


def row_of(record: Record, study: str) -> dict[str, Any]:
    """One row of `ANSWERS`."""
    derived, opening = record.derived, record.opening
    integrity = derived["integrity"]
    return {
        "id": record.session,
        "text": record.text,
        "study": study,
        "task": record.task,
        "task_version": opening.get("task_version"),
        "worker": record.worker,
        "platform": record.platform,
        "attempt": record.attempt,
        "verified": opening["verified"],
        "level": opening["level"],
        "declared": opening["declared"],
        "consent_version": opening["consent"]["version"],
        "started_at": record.started_ms,
        "submitted_at": record.submitted_ms,
        "outcome": record.outcome,
        "outside_share": record.outside_share,
        "shares": [{"origin": name, "share": part} for name, part in derived["shares"].items()],
        "provenance": [
            {"length": length, "origin": origin, "event": event}
            for length, origin, event in derived["provenance"]
        ],
        "flags": [{name: flag[name] for name in _FLAG.names} for flag in derived["flags"]],
        "pastes": [
            {**{name: paste[name] for name in _PASTE.names if name in paste}, "length": paste["n"]}
            for paste in derived["pastes"]
        ],
        "transcription": derived["transcription"]
        and {name: derived["transcription"][name] for name in _TYPING.names},
        "chain_ok": integrity["chain_ok"],
        "replay_ok": integrity["replay_ok"],
        **{name: len(integrity[name]) for name in ("gaps", "clock", "content")},
        "minutes": derived["minutes"],
        "active_minutes": derived["active_minutes"],
        "events": sum(derived["counts"].values()),
        "chain_head": record.receipt,
        "completion_code": record.code or None,
        "platform_id": record.ids.worker,
        "submission_id": record.ids.visit,
        "decision": decided.decision if (decided := decision_of(record.notes)) else None,
        "notes": [_note(said) for said in record.notes],
        "condition": record.condition or None,
        "responses": [
            {"question": name, "answer": value} for name, value in record.responses.items()
        ],
        "parts": _parts(record),
        # Answers whose events were forgotten before there were measures have none.
        **dict.fromkeys((*MEASURES, "characters_by_minute")),
        **derived.get("measures", {}),
    }


def _note(said: Said) -> dict[str, Any]:
    return {
        "author": said.author,
        "written_at": said.written_ms,
        "text": said.text,
        "decision": said.decision or None,
        "bonus": None if said.bonus is None else said.bonus / 100,
    }


def _parts(record: Record) -> list[dict[str, Any]]:
    known = {part["name"]: part for part in record.derived.get("parts", ())}
    nothing = {"outcome": "incomplete_log", "known_human": False}
    names = [*(name for name in known if name in record.parts), *record.parts]
    return [
        {
            **{key: known.get(name, nothing)[key] for key in nothing},
            "name": name,
            "text": record.parts[name],
        }
        for name in dict.fromkeys(names)
    ]


def _batched(rows: Iterable[dict[str, Any]], schema: pa.Schema, size: int) -> Iterator[Any]:
    source = iter(rows)
    while some := list(islice(source, size)):
        yield pa.RecordBatch.from_pylist(some, schema=schema)


def answer_batches(connection: Connection, study: str, where: Where = ()) -> Iterator[Any]:
    """The answers of a study as Arrow record batches, streamed."""
    rows = (row_of(record, study) for record in load_records(connection, study, where))
    return _batched(rows, ANSWERS, _AT_ONCE)


def event_batches(connection: Connection, study: str, where: Where = ()) -> Iterator[Any]:
    """The events of all submitted answers, in order, times in steps of ten milliseconds."""
    sessions = [record.session for record in load_records(connection, study, where)]
    rows = (row for session in sessions for row in _events(connection, session))
    return _batched(rows, EVENTS, 20 * _AT_ONCE)


def _events(connection: Connection, session: str) -> Iterator[dict[str, Any]]:
    for stored in load_batches(connection, session):
        for event in stored.body.read():
            yield {
                "id": session,
                "i": event.i,
                "ms": event.t // _STEP_MS * _STEP_MS,
                "kind": event.kind,
                "fields": event.data.model_dump_json(by_alias=True, exclude_defaults=True),
            }
