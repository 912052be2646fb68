"""Values → the texts among them, each with what identifies it; and why the others are none.

In: a column of rows as a reader hands it over. Out: `Texts`. A column of Arrow strings stays one:
no Python string is made of a text in ASCII, whose bytes are hashed where they lie.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wellhead.corpus._arrow import flags, strings
from wellhead.corpus.identity import content_digest
from wellhead.corpus.validation import python_values, usable_text

__all__ = ["Texts", "usable_texts"]

# A text in ASCII of so many bytes that begins with a sign is neither empty nor "n/a".
_PLAINLY = 10


class Texts(NamedTuple):
    """The texts of some rows.

    Attributes:
        kept: the places of the rows that hold one.
        column: the texts.
        lengths: of the texts, in characters.
        digests: of the texts, as `content_digest` gives them.
        rejected: the places of the other rows, and why.
    """

    kept: NDArray[np.int64]
    column: pa.LargeStringArray
    lengths: NDArray[np.int64]
    digests: list[bytes]
    rejected: list[tuple[int, str]]


def usable_texts(values: Sequence[Any], limit: int) -> Texts:
    """The texts among `values`, each of at most `limit` bytes.

    >>> found = usable_texts(["rain", "", b"\\xff"], 100)
    >>> found.column.to_pylist(), found.rejected
    (['rain'], [(1, 'empty'), (2, 'invalid UTF-8')])
    """
    if isinstance(values, pa.Array):
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            return _of_strings(values.cast(pa.large_string()), limit)
        values = python_values(values)
    kept, texts, rejected = [], [], []
    for place, value in enumerate(values):
        text, reason = usable_text(value, limit)
        if reason:
            rejected.append((place, reason))
        else:
            kept.append(place)
            texts.append(text)
    lengths = np.array([len(text) for text in texts], np.int64)
    column = strings(texts, pa.large_string())
    digests = [content_digest(text) for text in texts]
    return Texts(np.array(kept, np.int64), column, lengths, digests, rejected)


def _of_strings(column: pa.LargeStringArray, limit: int) -> Texts:
    _, ends, data = column.buffers()
    count, view = len(column), memoryview(data or b"")
    offsets = np.frombuffer(ends, np.int64)[column.offset : column.offset + count + 1]
    lengths = np.diff(offsets)
    plain = _are_ascii(column) & (lengths >= _PLAINLY) & (lengths <= limit)
    if plain.any():
        plain[plain] = np.frombuffer(view, np.uint8)[offsets[:-1][plain]] > ord(" ")
    kept = np.ones(count, np.bool_)
    digests, rejected = [], []
    bounds = offsets.tolist()
    for place, is_plain in enumerate(plain.tolist()):
        part = view[bounds[place] : bounds[place + 1]]
        if is_plain:
            digests.append(hashlib.sha256(part).digest())
            continue
        text, reason = usable_text(bytes(part) if column[place].is_valid else None, limit)
        if reason:
            kept[place] = False
            rejected.append((place, reason))
            continue
        lengths[place] = len(text)
        composed = unicodedata.is_normalized("NFC", text)
        digests.append(hashlib.sha256(part).digest() if composed else content_digest(text))
    if rejected:
        column, lengths = column.filter(flags(kept)), lengths[kept]
    return Texts(np.flatnonzero(kept), column, lengths, digests, rejected)


def _are_ascii(column: pa.LargeStringArray) -> NDArray[np.bool_]:
    """Which rows hold a text in ASCII."""
    found = pc.call_function("string_is_ascii", [column])
    validity, said = (_flags(buffer, found) for buffer in found.buffers())
    return validity & said


def _flags(buffer: pa.Buffer | None, column: pa.Array) -> NDArray[np.bool_]:
    if buffer is None:
        return np.ones(len(column), np.bool_)
    end = column.offset + len(column)
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), count=end, bitorder="little")
    return bits[column.offset :].astype(np.bool_)
