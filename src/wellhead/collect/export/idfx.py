"""IDFX, the XML of keystroke-logging research (Inputlog and tools that read its files).

Keys that led to an edit become `keyboard` events, everything else that changed the answer becomes
`replacement` events, so that the events lead to the answer; texts before or beside it are left
out. Positions count UTF-16 units, as Word's and the browsers' do. Characters that are not in the
final answer are covered, as in the replay: what was deleted is not recorded at the default level.
What undo brought back and stayed is spelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from sqlalchemy import Connection

from wellhead._atomic import atomic_path
from wellhead.collect.answers import Record, load_batches, load_records
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.derive.replay import Change
from wellhead.collect.export.rows import Where
from wellhead.collect.playback import splices
from wellhead.collect.study import Study

__all__ = ["write_idfx"]

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_idfx(connection: Connection, study: Study, folder: Path, where: Where = ()) -> list[Path]:
    """One file per answer, named by its session."""
    files = []
    for record in load_records(connection, study.id, where):
        path = folder / f"{record.session}.idfx"
        document = _document(record, load_batches(connection, record.session))
        with atomic_path(path) as temporary:
            Xml.ElementTree(document).write(temporary, encoding="utf-8", xml_declaration=True)
        files.append(path)
    return files


def _document(record: Record, batches: list[Stored]) -> Xml.Element:
    log = Xml.Element("log")
    _entries(log, "meta", {"__LogCreator": "wellhead", "__LogVersion": "1"})
    session = {"Participant": record.worker, "Session": record.session, "Group": record.task}
    _entries(log, "session", session)
    for number, event in enumerate(_events(batches, record.text)):
        event.set("id", str(number))
        log.append(event)
    return log


def _entries(log: Xml.Element, name: str, values: dict[str, str]) -> None:
    section = Xml.SubElement(log, name)
    for key, value in values.items():
        entry = Xml.SubElement(section, "entry")
        Xml.SubElement(entry, "key").text = key
        Xml.SubElement(entry, "value").text = _legal(value)


def _events(batches: list[Stored], text: str) -> Iterator[Xml.Element]:
    released = {
        event.data.of: event.t
        for stored in batches
        for event in stored.body.read()
        if event.kind == "key" and event.data.a == "u" and event.data.of is not None
    }
    pressed = {
        event.i: event.t
        for stored in batches
        for event in stored.body.read()
        if event.kind == "key" and event.data.a == "d"
    }
    length = 0
    for change, inserted in splices(batches, text):
        n, d = len(change.identities), change.d
        key = getattr(change.event.data, "kd", None)
        if key in pressed and ((d == 0 and len(inserted) == 1) or (n, d) == (0, 1)):
            yield _keyboard(change, inserted, pressed[key], released.get(key), length)
        elif n or d:
            yield _replacement(change, inserted)
        length += n - d


def _keyboard(change: Change, inserted: str, down: int, up: int | None, length: int) -> Xml.Element:
    event = Xml.Element("event", type="keyboard")
    # The cursor before the key; the end of the document counts as a character.
    position = change.p + change.d
    _part(event, "wordlog", position=position, documentLength=length + 1, replay="True")
    name = _key_name(inserted, change.d)
    value = inserted or "\\b"
    _part(event, "winlog", startTime=down, endTime=up or down, key=name, value=value)
    return event


def _key_name(inserted: str, deleted: int) -> str:
    if deleted:
        return "VK_BACK"
    special = {" ": "VK_SPACE", "\n": "VK_RETURN", "\t": "VK_TAB"}
    return special.get(inserted) or f"VK_{inserted.upper()}"


def _replacement(change: Change, inserted: str) -> Xml.Element:
    event, time = Xml.Element("event", type="replacement"), change.event.t
    _part(event, "wordlog", start=change.p, end=change.p + change.d, newtext=inserted)
    _part(event, "winlog", startTime=time, endTime=time)
    return event


def _part(event: Xml.Element, kind: str, **values: Any) -> None:
    part = Xml.SubElement(event, "part", type=kind)
    for name, value in values.items():
        Xml.SubElement(part, name).text = _legal(str(value))


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)
