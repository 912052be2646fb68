"""IDFX, the XML of keystroke-logging research, as events of ours.

Keyboard events that change the text become typing, `insert` and `replacement` events become
insertions whose origin IDFX does not record: text that arrived that way is `unobserved`, unless
it is shorter than a word. Positions count UTF-16 units, as the word processors and browsers do
from which loggers have them: an emoji is two. Documents with a DTD are refused, so that no entity
is expanded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml
from xml.parsers import expat

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.integrity import Stored
from wellhead.collect.importers.bounds import read_bounded
from wellhead.collect.importers.imported import Imported, from_answer
from wellhead.collect.schema import NO_BODY, parse_body, text_hash, units
from wellhead.errors import BadInput

__all__ = ["read_idfx"]

_AT_ONCE = 1_000
# Where the character that goes lies, from the position of the cursor.
_ERASING = {"VK_BACK": -1, "VK_DELETE": 0}


def read_idfx(path: Path) -> Iterator[Imported]:
    """The one session in an IDFX file.

    Raises:
        BadInput: the file is not IDFX, or too large.
    """
    raw = read_bounded(path)
    try:
        _refuse_declarations(raw, path)
        log = Xml.fromstring(raw)
    except (expat.ExpatError, Xml.ParseError, LookupError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as XML: {error}") from error
    events = list(log.iter("event"))
    if not events:
        raise BadInput(f"{path} holds no IDFX events.")
    text, changes = _play(events)
    answer = derive([Stored(parse_body(body)) for body in _bodies(changes)], text)
    names = {_text(entry, "key"): _text(entry, "value") for entry in log.iter("entry")}
    yield from_answer(answer, id=path.stem, worker=names.get("Participant", ""))


def _refuse_declarations(raw: bytes, path: Path) -> None:
    """Let the parser itself look, whatever the encoding and wherever the declaration stands."""

    def refuse(*_: object) -> None:
        raise BadInput(f"{path} declares a document type; entities of its own are not read.")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(raw, True)


def _play(events: list[Xml.Element]) -> tuple[str, list[tuple[list[Any], str]]]:
    """The final text, and each change as an event with the text after it."""
    text, time = "", 0
    changes: list[tuple[list[Any], str]] = []
    start = next((t for t in map(_time, events) if t is not None), 0)
    for event in events:
        now = _time(event)
        time = time if now is None else max(time, now - start)
        change = _change(event, text)
        if change is None:
            continue
        at, removed, inserted, typed = change
        before, gone, after = text[:at], text[at : at + removed], text[at + removed :]
        text = before + inserted + after
        fields: dict[str, Any] = {"p": units(before), "d": units(gone), "n": units(inserted)}
        number = len(changes)
        if typed:
            changes.append(([number, time, "key", {"c": "other"}], text))
            fields |= {"it": "insertText" if inserted else "deleteContentBackward", "kd": number}
            changes.append(([number + 1, time, "edit", fields], text))
        else:
            changes.append(([number, time, "desync", {**fields, "by": "input"}], text))
    return text, changes


def _change(event: Xml.Element, text: str) -> tuple[int, int, str, bool] | None:
    """Where, how much goes, what comes, and whether a key did it."""
    kind = event.get("type")
    if kind == "replacement":
        start, end = _number(event, "start"), _number(event, "end")
        if start is None or end is None:
            return None
        return _within(text, start, end - start, _text(event, ".//newtext"), False)
    position = _number(event, "position")
    if position is None or kind not in {"keyboard", "insert"}:
        return None
    if kind == "insert":
        pasted = _text(event, ".//before")
        return _within(text, position, 0, pasted, False) if pasted else None
    if _text(event, ".//replay") == "False":
        return None
    key, value = _text(event, ".//key"), _text(event, ".//value")
    if key in _ERASING:
        return _within(text, position + _ERASING[key], 1, "", True)
    value = "\n" if key == "VK_RETURN" else " " if key == "VK_SPACE" else value
    return _within(text, position, 0, value, True) if len(value) == 1 else None


def _within(
    text: str, at: int, removed: int, inserted: str, typed: bool
) -> tuple[int, int, str, bool]:
    start = _character(text, at)
    return start, max(0, _character(text, at + removed, whole=True) - start), inserted, typed


def _character(text: str, unit: int, *, whole: bool = False) -> int:
    """The index of the character that a UTF-16 unit belongs to; behind it where the `whole` goes.

    >>> _character("a😀b", 2), _character("a😀b", 2, whole=True), _character("a😀b", 3)
    (1, 2, 2)
    """
    unit = min(max(0, unit), units(text))
    if text.isascii():
        return unit
    before = text.encode("utf-16-le")[: 2 * unit].decode("utf-16-le", "ignore")
    return len(before) + (whole and units(before) < unit)


def _time(event: Xml.Element) -> int | None:
    return _number(event, "startTime")


def _number(event: Xml.Element, name: str) -> int | None:
    found = _text(event, f".//{name}")
    return int(float(found)) if re.fullmatch(r"\d{1,15}(\.\d+)?", found) else None


def _text(element: Xml.Element, path: str) -> str:
    return element.findtext(path) or ""


def _bodies(changes: list[tuple[list[Any], str]]) -> Iterator[str]:
    for seq, start in enumerate(range(0, len(changes), _AT_ONCE), 1):
        some = changes[start : start + _AT_ONCE]
        text = some[-1][1]
        yield json.dumps(
            {
                "v": 1,
                "sid": "idfx",
                "tab": "idfx",
                "seq": seq,
                "prev": NO_BODY,
                "nonce": NO_BODY,
                "mono": some[-1][0][1],
                "wall": 0,
                "len": units(text),
                "sha": text_hash(text),
                "events": [event for event, _ in some],
            }
        )
