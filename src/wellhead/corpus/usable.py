"""Values → the texts among them, each with what identifies it; and why the others are none.

In: a column of rows as a reader hands it over. Out: `Texts`. A column of Arrow strings stays one:
no Python string is made of most texts, whose bytes are hashed where they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wellhead.corpus._arrow import flags, strings
from wellhead.corpus.identity import content_digest
from wellhead.corpus.signs import are_spaces, code_points, stay_in_nfc
from wellhead.corpus.validation import python_values, usable_text

__all__ = ["Texts", "usable_texts"]

# A text of so many characters that begins with a sign is neither empty nor "n/a".
_PLAINLY = 10
# The first byte of U+0300, the first character that may not stay as it is in NFC.
_COMBINING = 0xCC


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
    lengths = np.array(_integers(pc.call_function("utf8_length", [column])))
    valid = _are_valid(column)
    plain = valid & _plainly_usable(column, np.frombuffer(view, np.uint8), offsets, lengths, limit)
    bounds = offsets.tolist()
    digests = [
        sha256(view[start:stop]).digest() if is_plain else b""
        for (start, stop), is_plain in zip(pairwise(bounds), plain.tolist(), strict=True)
    ]
    kept, rejected = np.ones(count, np.bool_), []
    for place in np.flatnonzero(~plain).tolist():
        part = view[bounds[place] : bounds[place + 1]]
        text, reason = usable_text(bytes(part) if valid[place] else None, limit)
        if reason:
            kept[place] = False
            rejected.append((place, reason))
            continue
        lengths[place] = len(text)
        digests[place] = content_digest(text)
    if rejected:
        column, lengths = column.filter(flags(kept)), lengths[kept]
        digests = [digest for digest in digests if digest]
    return Texts(np.flatnonzero(kept), column, lengths, digests, rejected)


def _plainly_usable(
    column: pa.LargeStringArray,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    lengths: NDArray[np.int64],
    limit: int,
) -> NDArray[np.bool_]:
    """Which texts are usable and in NFC as they stand, seen from their bytes; the others may be."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:  # some bytes are no UTF-8
        return np.zeros(len(column), np.bool_)
    plain = (lengths >= _PLAINLY) & (np.diff(offsets) <= limit)
    plain[plain] = ~are_spaces(code_points(data, offsets[:-1][plain]))
    begin, end = int(offsets[0]), int(offsets[-1])
    odd = begin + np.flatnonzero(data[begin:end] >= _COMBINING)
    if odd.size:
        odd = odd[~stay_in_nfc(code_points(data, odd))]
        plain[np.searchsorted(offsets, odd, "right") - 1] = False
    return plain


def _are_valid(column: pa.LargeStringArray) -> NDArray[np.bool_]:
    if not column.null_count:
        return np.ones(len(column), np.bool_)
    end = column.offset + len(column)
    buffer = np.frombuffer(column.buffers()[0], np.uint8)
    return np.unpackbits(buffer, count=end, bitorder="little")[column.offset :].astype(np.bool_)


def _integers(column: pa.Int64Array) -> NDArray[np.int64]:
    found = np.frombuffer(column.buffers()[1], np.int64)
    return found[column.offset : column.offset + len(column)]
