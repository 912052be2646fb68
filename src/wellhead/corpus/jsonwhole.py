"""One JSON object that holds a table somewhere inside: which list, or lists, are the rows.

In: the parsed object. Out: rows as dicts, and a sentence that says where they were found. The forms
that are known: a list of records under some key (``{"version": …, "data": […]}``); lists of equal
length, each a column (``{"original": […], "sampled": […]}``); several lists of records, told apart
by a column ``array``; records or texts by their identity (``{"a1": {…}, "a2": {…}}``); columns by
row number, as pandas writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from wellhead.corpus.chats import is_conversation
from wellhead.errors import BadInput

__all__ = ["Found", "json_values", "rows_of"]


# So many strings of this length each are texts by their identity rather than one record's fields.
_MANY, _LONG = 10, 40


class Found(NamedTuple):
    """Rows, and where they were found."""

    rows: list[dict[str, Any]]
    note: str = ""


def json_values(content: str) -> Iterator[Any]:
    """The JSON values that stand one after another in `content`.

    Raises:
        BadInput: what follows the last one is no JSON.
    """
    decoder, at = json.JSONDecoder(), 0
    while at < len(content):
        if content[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(content, at)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"expected whole JSON, got broken JSON ({error})") from error
        yield value


def rows_of(value: dict[str, Any]) -> Found:
    """The rows inside `value`; itself as the only row where it holds no table.

    >>> rows_of({"version": 2, "data": [{"text": "a"}, {"text": "b"}]}).rows
    [{'text': 'a'}, {'text': 'b'}]
    >>> rows_of({"original": ["a", "b"], "sampled": ["c", "d"]}).rows
    [{'original': 'a', 'sampled': 'c'}, {'original': 'b', 'sampled': 'd'}]
    """
    if is_conversation(value):
        return Found([value])
    lists = {key: held for key, held in value.items() if isinstance(held, list) and held}
    if any(map(_conversation, lists.values())):
        return Found([value])
    tables = {key: held for key, held in lists.items() if _uniform(held, dict)}
    if not lists:
        return _of_texts(value) or _of_objects(value)
    if len(tables) > 1:
        rows = [{**row, "array": key} for key, held in tables.items() for row in held]
        return Found(rows, f"its rows are those of {_named(tables)}; the column 'array' says which")
    if tables:
        return Found(next(iter(tables.values())), f"its rows are those of {_named(tables)}")
    lengths = {len(held) for held in lists.values()}
    if len(lists) > 1 and len(lengths) == 1:
        rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        return Found(rows, f"each of its lists is a column ({_named(lists)})")
    texts = {key: held for key, held in lists.items() if _uniform(held, str)}
    if any(isinstance(held, str) and len(held) > 200 for held in value.values()) or not texts:
        return Found([value])
    return Found(
        [{"text": text, "array": key} for key, held in texts.items() for text in held],
        f"its texts are those of {_named(texts)}",
    )


def _of_texts(value: dict[str, Any]) -> Found | None:
    """Texts by their identity; None where the object may be a record with many fields."""
    texts = [held for held in value.values() if isinstance(held, str)]
    long = sum(len(text) >= _LONG for text in texts)
    if len(texts) < max(_MANY, len(value)) or 2 * long <= len(texts):
        return None
    return Found(
        [{"id": key, "text": text} for key, text in value.items()], "each of its values is a text"
    )


def _of_objects(value: dict[str, Any]) -> Found:
    """Rows where no list is: objects in objects."""
    objects = {key: held for key, held in value.items() if isinstance(held, dict) and held}
    if len(objects) == 1:
        inner = rows_of(next(iter(objects.values())))
        return inner if inner.note else Found([value])
    if len(objects) > 1 and not set.intersection(*(set(held) for held in objects.values())):
        # Objects that have nothing in common are no rows; one of them may hold the table.
        tables = [found for found in map(rows_of, objects.values()) if found.note]
        return tables[0] if len(tables) == 1 else Found([value])
    if len(objects) < 2 or len(objects) < len(value):
        return Found([value])
    first, *others = (list(held) for held in objects.values())
    if all(keys == first for keys in others) and all(key.isdigit() for key in first):
        rows = [{name: column[key] for name, column in objects.items()} for key in first]
        return Found(rows, f"each of its objects is a column ({_named(objects)})")
    return Found(
        [{"id": key, **row} for key, row in objects.items()], "each of its objects is a row"
    )


def _conversation(values: list[Any]) -> bool:
    """Whether the list is the turns of one conversation rather than rows."""
    return all(isinstance(turn, dict) and {"role", "from"} & turn.keys() for turn in values)


def _uniform(values: list[Any], kind: type) -> bool:
    return all(isinstance(value, kind) for value in values)


def _named(held: dict[str, Any]) -> str:
    return ", ".join(f"'{key}'" for key in list(held)[:5])
