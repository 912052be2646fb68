"""Whom to pay, as the platforms take it: lists to accept, to reject, to give a bonus.

Flows in: a study's records with what reviewers decided. Flows out: files. They name people as the
platform does, whatever the exports may carry: they are for the platform that gave the names, and
hold nothing that anybody wrote. An answer about which nobody decided is in the list of accepted
ones only when asked: `undecided`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from wellhead._atomic import atomic_path, write_text
from wellhead._spreadsheet import write_sheet
from wellhead.collect.answers import Record, load_records
from wellhead.collect.notes import bonus_of, decision_of
from wellhead.collect.store.models import Identity, Session, Visit
from wellhead.collect.study import Study
from wellhead.errors import BadSetting, unknown_name

__all__ = ["FORMATS", "Due", "due", "write_lists"]


class Due(NamedTuple):
    """What one visit is owed.

    Attributes:
        worker, visit: the platform's own names, "" where it gave none or they were deleted.
        code: the completion code.
        session: of the answer (the last one, where a visit wrote several).
        decision: ``accept``, ``reject`` or "".
        reason: what the reviewer wrote.
        bonus: in hundredths of the platform's currency.
    """

    worker: str
    visit: str
    code: str
    session: str
    decision: str
    reason: str
    bonus: int

    @property
    def amount(self) -> str:
        """The bonus with two decimals, as the platforms take it."""
        return f"{self.bonus // 100}.{self.bonus % 100:02d}"

    @property
    def submission(self) -> str:
        """Prolific's name for the submission; the visit holds the study's before it."""
        return self.visit.rpartition("/")[2]


def due(connection: Connection, study: Study, *, undecided: str = "leave") -> list[Due]:
    """What every answer of the study is owed.

    Args:
        connection: for reading.
        study: whose answers; `settle` has derived them.
        undecided: ``accept`` or ``leave`` what no reviewer has decided about.
    """
    if undecided not in ("accept", "leave"):
        raise unknown_name("rule for undecided answers", undecided, ("accept", "leave"))
    names = _names(connection, study.id)
    fallback = "accept" if undecided == "accept" else ""
    return [_due(record, names, fallback) for record in load_records(connection, study.id)]


def _names(connection: Connection, study: str) -> dict[str, tuple[str, str]]:
    query = (
        select(Session.id, Identity.platform_worker, Visit.platform_visit)
        .outerjoin(
            Identity, (Identity.study == Session.study) & (Identity.worker == Session.worker)
        )
        .outerjoin(Visit, (Visit.study == Session.study) & (Visit.entry == Session.entry))
        .where(Session.study == study)
    )
    return {row[0]: (row[1] or "", row[2] or "") for row in connection.execute(query)}


def _due(record: Record, names: dict[str, tuple[str, str]], fallback: str) -> Due:
    said = decision_of(record.notes)
    worker, visit = names.get(record.session, ("", ""))
    return Due(
        worker,
        visit,
        record.code,
        record.session,
        said.decision if said else fallback,
        said.text if said else "",
        bonus_of(record.notes),
    )


def write_lists(folder: Path, format: str, owed: Sequence[Due]) -> dict[str, Path]:
    """Write the lists of one platform; the files by what they are for.

    Raises:
        BadSetting: the format is unknown, or nothing in `owed` has a name that a platform knows.
    """
    if format not in FORMATS:
        raise unknown_name("platform", format, tuple(FORMATS))
    if owed and format != "link" and not any(one.worker for one in owed):
        raise BadSetting(f"no answer carries a name that {format} knows; try --format link.")
    folder.mkdir(parents=True, exist_ok=True)
    return FORMATS[format](folder, owed)


def _prolific(folder: Path, owed: Sequence[Due]) -> dict[str, Path]:
    """As its bulk forms and its API take them."""
    accepted = [one for one in owed if one.decision == "accept"]
    ids = [one.submission for one in accepted]
    accept, bonus = folder / "accept.json", folder / "bonus.csv"
    write_text(accept, json.dumps({"submission_ids": ids}, indent=1) + "\n")
    rows = [f"{one.worker},{one.amount}" for one in owed if one.bonus]
    write_text(bonus, "".join(f"{row}\n" for row in rows))
    reject = _sheet(
        folder / "reject.csv",
        ("submission_id", "participant_id", "message"),
        [(one.submission, one.worker, one.reason) for one in owed if one.decision == "reject"],
    )
    return {"accept": accept, "reject": reject, "bonus": bonus}


def _mturk(folder: Path, owed: Sequence[Due]) -> dict[str, Path]:
    """The columns that its review page reads from an uploaded file; bonuses for `send-bonus`."""
    decided = [
        (one.visit, one.worker, "X", "")
        if one.decision == "accept"
        else (one.visit, one.worker, "", one.reason)
        for one in owed
        if one.decision
    ]
    columns = ("AssignmentId", "WorkerId", "Approve", "Reject")
    bonuses = [
        (one.worker, one.visit, one.amount, one.reason or "Thank you for your work.")
        for one in owed
        if one.bonus
    ]
    named = ("WorkerId", "AssignmentId", "BonusAmount", "Reason")
    return {
        "review": _sheet(folder / "review.csv", columns, decided),
        "bonus": _sheet(folder / "bonus.csv", named, bonuses),
    }


def _plain(folder: Path, owed: Sequence[Due]) -> dict[str, Path]:
    """One list for whoever pays by hand."""
    columns = ("worker", "visit", "code", "session", "decision", "reason", "bonus")
    rows = [(*one[:6], one.amount) for one in owed]
    return {"all": _sheet(folder / "answers.csv", columns, rows)}


def _sheet(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    with atomic_path(path) as temporary:
        write_sheet(temporary, names, rows)
    return path


FORMATS: dict[str, Callable[[Path, Sequence[Due]], dict[str, Path]]] = {
    "prolific": _prolific,
    "mturk": _mturk,
    "link": _plain,
    "qualtrics": _plain,
}
