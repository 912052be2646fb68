"""`collect verify`: does the database still say what was received, and conclude what follows?

Flows in: a connection, the study and its keys. Flows out: every break of every session, the heads,
to be kept elsewhere, and what the check cannot cover. Conclusions are derived anew from the stored
recordings and compared. Sessions that earlier heads name and the database no longer holds are
breaks, too, unless a deletion or the retention rule accounts for them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from wellhead.collect.answers import answered, derive_session
from wellhead.collect.chain import Break
from wellhead.collect.keys import Keys
from wellhead.collect.soundness import verify_session
from wellhead.collect.store import models
from wellhead.collect.study import Study

__all__ = ["Verification", "verify_study"]

_NEVER = "notes, accounts and the log of actions: no chain holds them"
_GONE = "recordings without events, which retention or the level `summary` removed: conclusions"
_LATER = "answers that wait to be derived by today's rules: conclusions"


@dataclass(frozen=True)
class Verification:
    """What was checked and what was found.

    Attributes:
        study: the study's id.
        sessions: how many chains were checked.
        links: how many links they have.
        conclusions: how many answers were derived anew and compared.
        breaks: everything that does not hold; empty is good.
        not_covered: what this check cannot say anything about.
        heads: session to `[seq, receipt]`; keep them outside the database.
    """

    study: str
    sessions: int
    links: int
    conclusions: int
    breaks: list[Break]
    not_covered: list[str]
    heads: dict[str, list[Any]]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        breaks = [found._asdict() for found in self.breaks]
        return {**self.__dict__, "intact": not self.breaks, "breaks": breaks}


def verify_study(
    connection: Connection,
    study: Study,
    keys: Keys,
    *,
    heads: Mapping[str, list[Any]] | None = None,
    receipts: Collection[str] = (),
) -> Verification:
    """Check every session of a study.

    Args:
        connection: for reading.
        study: as it is now; quotations are looked up in its tasks.
        keys: of the study.
        heads: heads saved earlier; chains that have become shorter or are gone are breaks.
        receipts: that writers were shown; one that no session has is a break.
    """
    table = models.Session.__table__
    query = select(table).where(models.Session.study == keys.study)
    breaks: list[Break] = []
    found: dict[str, list[Any]] = {}
    links = 0
    for row in connection.execute(query.order_by(models.Session.started_ms)).all():
        breaks += verify_session(connection, keys, row)
        found[row.id] = [row.seq, row.head_receipt.hex()]
        links += row.seq + 1
    looked: Counter[str] = Counter()
    broken = {session for session, _, _ in breaks}
    for row in answered(connection, study.id):
        if row.id not in broken:
            breaks += _conclusions(connection, study, keys, row, looked)
    breaks += _against(connection, keys.study, heads or {}, found)
    breaks += _shown(connection, keys.study, receipts)
    compared = looked.pop("compared", 0)
    gone = "sessions that vanished whole" if heads is None else "sessions that came after the heads"
    left = [*(f"{n} {what}" for what, n in looked.items()), f"{gone} and are gone", _NEVER]
    return Verification(keys.study, len(found), links, compared, breaks, left, found)


def _conclusions(
    connection: Connection, study: Study, keys: Keys, row: Row[Any], looked: Counter[str]
) -> Iterable[Break]:
    if row.forgotten or row.expired_ms is not None:
        looked[_GONE] += 1
        return
    if row.stale or row.derived is None:
        looked[_LATER] += 1
        return
    looked["compared"] += 1
    anew = json.loads(json.dumps(derive_session(connection, study, keys, row)))
    kept = json.loads(row.derived)
    for conclusions in (anew, kept):  # the order of the texts concludes nothing
        conclusions.get("parts", []).sort(key=lambda part: part["name"])
    if (_rounded(kept), kept["outcome"]) != (_rounded(anew), row.outcome):
        yield Break(row.id, row.seq, "the conclusions are not those of the recording")


def _rounded(value: Any) -> Any:
    """The same on machines whose last digits differ."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 9) if isinstance(value, float) else value


def _shown(connection: Connection, study: str, receipts: Collection[str]) -> Iterable[Break]:
    link, session = models.Link, models.Session
    for receipt in receipts:
        try:
            raw = bytes.fromhex(receipt)
        except ValueError:
            raw = b""
        query = select(link.seq).join(session, session.id == link.session)
        known = query.where(session.study == study, link.receipt == raw)
        if connection.execute(known).first() is None:
            yield Break("", 0, f"no recording has the receipt {receipt[:80]}")


def _against(
    connection: Connection, study: str, earlier: Mapping[str, list[Any]], now: dict[str, list[Any]]
) -> Iterable[Break]:
    deleted = _deleted(connection, study)
    link = models.Link
    for session, (seq, receipt) in earlier.items():
        if session not in now:
            if session not in deleted:
                yield Break(session, seq, "the whole session is missing")
            continue
        query = select(link.receipt).where(link.session == session, link.seq == seq)
        stored = connection.execute(query).scalar()
        if stored is None or stored.hex() != receipt:
            yield Break(session, seq, "the chain is not the one of the saved heads")


def _deleted(connection: Connection, study: str) -> set[str]:
    audit = models.Audit
    query = select(audit.detail).where(audit.study == study, audit.action == "delete")
    return {name for detail in connection.execute(query).scalars() for name in detail.split()}
