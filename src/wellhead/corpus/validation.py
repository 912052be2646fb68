"""Whether a value can be used as the text of a document, and if not, why."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from wellhead.corpus._lines import OVERSIZE

__all__ = ["MOST_LOST", "REASONS", "WITHOUT_TEXT", "python_values", "unfolded", "usable_text"]

_BYTE = re.compile("[\udc80-\udcff]")
_HALF = re.compile("[\ud800-\udfff]")
# Cells that say that there is no text.
_NO_ANSWER = {"na", "n/a", "#n/a", "null", "nan", "none", "nil", "-", "--", "."}
# Every reason for which a row is set aside, as it is counted and shown.
REASONS = (
    "null",
    "empty",
    "no answer",
    "not text",
    OVERSIZE,
    "invalid UTF-8",
    "broken JSON",
    "broken CSV",
    "not an object",
    "wrong number of fields",
    "quotes out of balance",
)
# Rows that hold no text lose nothing; of the others this part may be lost for one reason.
WITHOUT_TEXT = ("null", "empty", "no answer")
MOST_LOST = 0.01


def usable_text(value: Any, limit: int) -> tuple[str, str]:
    """The text that `value` holds and an empty reason, or an empty text and the reason.

    >>> usable_text("rain", 100), usable_text(b"\\xff", 100), usable_text("  ", 100)
    (('rain', ''), ('', 'invalid UTF-8'), ('', 'empty'))
    """
    if value is None or (isinstance(value, float) and value != value):
        return "", "null"
    size = -1
    if isinstance(value, bytes):
        try:
            size, value = len(value), value.decode("utf-8")
        except UnicodeDecodeError:
            return "", "invalid UTF-8"
    if not isinstance(value, str):
        return "", "not text"
    if not value.strip():
        return "", "empty"
    if len(value) < 10 and value.strip().lower() in _NO_ANSWER:
        return "", "no answer"
    if len(value) > limit:
        return "", OVERSIZE
    if value.isascii():  # a byte a character: no need to count them
        return value, ""
    try:
        size = size if size >= 0 else len(value.encode("utf-8"))
    except UnicodeEncodeError:
        # Bytes that are no UTF-8 were kept as these; other halves of a character come from
        # programs that cut texts, and say nothing.
        if _BYTE.search(value):
            return "", "invalid UTF-8"
        return usable_text(_HALF.sub("\N{REPLACEMENT CHARACTER}", value), limit)
    return (value, "") if size <= limit else ("", OVERSIZE)


def python_values(column: Sequence[Any]) -> Sequence[Any]:
    """A column as Python values; strings that are not valid UTF-8 stay bytes."""
    if not isinstance(column, pa.Array):
        return column
    array: Any = column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    try:
        values: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        values = array.cast(pa.large_binary()).to_pylist()
    return values


def unfolded(value: Any) -> Any:
    """The value that a string of JSON stands for, as surveys keep answers; others unchanged.

    >>> unfolded('[{"answer": "It rained."}]'), unfolded("[sic]")
    ([{'answer': 'It rained.'}], '[sic]')
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
