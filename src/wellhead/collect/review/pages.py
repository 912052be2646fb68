"""HTML of the researcher's side: templates with every word escaped, and what they show."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection

from wellhead.collect.answers import Record, load_batches
from wellhead.collect.derive.claims import believed
from wellhead.collect.derive.insertions import origins_by_event
from wellhead.collect.derive.origins import ASSISTING
from wellhead.collect.derive.provenance import line_up
from wellhead.collect.derive.replay import replay
from wellhead.collect.notes import bonus_of, decision_of
from wellhead.collect.playback import COVER, playback
from wellhead.collect.review.timeline import timeline
from wellhead.collect.shown import shown_text
from wellhead.collect.study import Study

__all__ = ["answer_view", "render"]

# A sign for each origin that is not plain typing, so that none rests on colour.
MARKS = {
    "typed": "",
    "autocorrect": "A",
    "ime": "I",
    "dictation_or_assistive": "D",
    "paste_task": "T",
    "paste_self": "S",
    "paste_outside": "P",
    "drop": "↓",
    "autofill": "F",
    "scripted": "X",
    "undo_restored": "U",
    "restored_draft": "R",
    "unobserved": "?",
    "unexplained": "≠",
}
# So many events of a flag are shown and linked.
_EVIDENCE = 12
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("wellhead.collect.review", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "percent": lambda share: f"{100 * share:.0f} %",
        "words": lambda name: str(name).replace("_", " "),
        "date": lambda ms: f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}",
        "decided": lambda notes: said.decision if (said := decision_of(notes)) else "",
        "short": lambda value: f"{value:.3g}" if isinstance(value, float) else value,
    }
    return environment


def render(template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the researcher's side with its own content policy."""
    defaults = {"study": None, "account": None, "csrf": ""}
    page = _templates().get_template(template).render({**defaults, **values})
    # With "no-referrer" a browser would send our own forms with `Origin: null`.
    headers = {"content-security-policy": _POLICY, "referrer-policy": "same-origin"}
    return HTMLResponse(page, status, headers=headers)


def answer_view(connection: Connection, study: Study, record: Record) -> dict[str, Any]:
    """What the page of one answer shows."""
    batches = load_batches(connection, record.session)
    events = [event for stored in batches for event in stored.body.read()]
    assisted = not ASSISTING.isdisjoint(record.opening["declared"])
    keyless = record.opening["level"] == "summary"
    bodies = [stored.body for stored in batches]
    replayed = replay(bodies, keyless=keyless, assisted=assisted)
    shown = shown_text(study, record.opening, "")
    births = line_up(record.text, replayed, None)
    if births is not None:
        clips = replayed.clips
        births = believed(record.text, births, events, clips, shown, assisted=assisted)
    origins = origins_by_event(replayed, births, events, assisted=assisted)
    flagged = {event for flag in record.derived["flags"] for event in flag["evidence"][:_EVIDENCE]}
    integrity = record.derived["integrity"]
    tasks = {task.id: task.text for task in study.tasks}
    parts = list(_parts(record))
    return {
        "record": record,
        "parts": parts,
        "foreign": [part for part in parts if MARKS[part["origin"]]],
        "marks": MARKS,
        "sound": integrity["chain_ok"] and integrity["replay_ok"],
        "has_events": bool(events),
        "line": timeline(events, replayed.births, origins, flagged),
        "times": {event.i: event.t for event in events if event.i in flagged},
        "evidence": _EVIDENCE,
        "lasted": _lasted(record.derived["minutes"]),
        "steps": playback(batches, record.text, origins),
        "cover": COVER,
        "level": record.opening["level"],
        "source": tasks.get(record.task, "This task is no longer in the list."),
        "notes": record.notes,
        "decided": decision_of(record.notes),
        "bonus": bonus_of(record.notes) / 100,
    }


def _lasted(minutes: float) -> str:
    return f"{minutes:.1f} minutes" if minutes >= 1 else f"{60 * minutes:.1f} seconds"


def _parts(record: Record) -> Any:
    at = 0
    for number, (length, origin, _) in enumerate(record.derived["provenance"], 1):
        yield {"number": number, "origin": origin, "text": record.text[at : at + length]}
        at += length
