"""The words in what was relayed: all that some client shows of an answer, tool calls included.

Bytes go in, of a JSON answer or of a stream of events; text comes out. Whoever answers may want to
be read by users and not by the judge, so nothing is passed over because it is unusual: each string
in a choice is taken, whatever its name, each choice for itself; an event that is cut over several
lines is put together, as browsers and the official client do; and what is neither an answer nor a
part of a stream is taken as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

__all__ = ["answer_text", "question_text"]

# Names of strings in a choice that no client shows, and of what repeats the words.
_UNSEEN = frozenset(
    ("role", "type", "id", "object", "finish_reason", "stop_reason", "logprobs", "data")
)
_FIELDS = ("event", "id", "retry")
_DONE = "[DONE]"
_FAULTS = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)
_Place = tuple[str, ...]


def question_text(body: bytes) -> str:
    """What the user had written: the last message, or the text to continue."""
    try:
        found = json.loads(body)
        messages = found.get("messages")
        if not messages:
            return _mended(str(found.get("prompt", "")))
        content = messages[-1].get("content")
        if isinstance(content, list):
            parts = (str(part.get("text", "")) for part in content if isinstance(part, dict))
            return _mended("".join(parts))
        return _mended(str(content or ""))
    except _FAULTS:
        return body.decode("utf-8", "replace")


def answer_text(body: bytes) -> str:
    """What the user saw; bytes that are no answer are taken as they are.

    >>> answer_text(b'data: {"choices": [{"delta": {"content": "Good "}}]}\\n\\n'
    ...             b'data: {"choices": [{"delta": {"content": "day."}}]}\\n\\ndata: [DONE]')
    'Good day.'
    """
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    said: dict[_Place, list[str]] = {}
    odd = []
    for event in [text] if text.lstrip().startswith("{") else _events(text):
        if not _taken(event, said):
            odd.append(event)
    return _mended("\n".join([*map("".join, said.values()), *odd]))


def _events(text: str) -> Iterator[str]:
    """The data of each event of a stream, and what is no part of one."""
    lines: list[str] = []
    # Of the ends that a line has elsewhere in Unicode, JSON may have some within a string.
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        name, _, value = line.partition(":")
        if name == "data":
            lines.append(value.removeprefix(" "))
        elif not line:
            yield from _whole(lines)
            lines = []
        elif name and name not in _FIELDS:
            yield line


def _whole(lines: list[str]) -> Iterator[str]:
    """An event from its lines; clients that know no such events read each line for itself."""
    together = "\n".join(lines)
    if len(lines) > 1 and not _taken(together, {}):
        yield from lines
    elif lines:
        yield together


def _taken(event: str, said: dict[_Place, list[str]]) -> bool:
    """Put the words of one event to those of before; False where it is no part of an answer."""
    if event.strip() in (_DONE, ""):
        return True
    found: list[tuple[_Place, str]] = []
    try:
        choices = json.loads(event, object_pairs_hook=_each)["choices"]
        for at, choice in enumerate(choices):
            found += _strings(choice, (str(choice.get("index", at)),))
    except _FAULTS:
        return False
    for place, words in found:
        said.setdefault(place, []).append(words)
    return True


def _each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with all that stands under a name: clients differ in which of two they take."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    under: dict[str, list[Any]] = {}
    for name, value in pairs:
        under.setdefault(name, []).append(value)
    return {
        name: values[0] if len(values) == 1 else list(chain.from_iterable(map(_listed, values)))
        for name, values in under.items()
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _strings(value: Any, place: _Place) -> Iterator[tuple[_Place, str]]:
    """Each string that a client may show, with where it stands."""
    if isinstance(value, str):
        if value:
            yield place, value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in _UNSEEN:
                yield from _strings(each, (*place, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            index = each.get("index", at) if isinstance(each, dict) else at
            yield from _strings(each, (*place, str(index)))


def _mended(text: str) -> str:
    """Letters that were cut in two by a stream are whole again; a lone half is no letter."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
