"""Plain values → Arrow arrays, without `pyarrow.array`, which first imports pandas where it is.

That import takes longer than scoring some hundred documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["beginnings", "flags", "hexadecimal", "numbers", "repeated", "strings"]


def strings(values: Sequence[str], type_: pa.DataType | None = None) -> pa.Array:
    """A column of texts, ``string`` if no other type is given.

    Raises:
        UnicodeEncodeError: a text holds half a surrogate pair.

    >>> strings(["a", "ä"]).to_pylist()
    ['a', 'ä']
    """
    kind = type_ or pa.string()
    encoded = [value.encode() for value in values]
    data = b"".join(encoded)
    large = pa.types.is_large_string(kind)
    if not large and len(data) >= 1 << 31:
        return pa.array(values, kind)
    ends = np.zeros(len(encoded) + 1, np.int64 if large else np.int32)
    np.cumsum([len(one) for one in encoded], out=ends[1:])
    return pa.Array.from_buffers(kind, len(encoded), [None, _buffer(ends), pa.py_buffer(data)])


def hexadecimal(digests: Sequence[bytes]) -> pa.StringArray:
    """The hexadecimal digits of each digest; all are equally long.

    >>> hexadecimal([bytes([1, 171]), bytes([255, 0])]).to_pylist()
    ['01ab', 'ff00']
    """
    digits = 2 * len(digests[0]) if digests else 0
    return _equally_long(b"".join(digests).hex().encode(), digits, len(digests))


def beginnings(column: pa.StringArray, digits: int) -> pa.StringArray:
    """The first `digits` of each value of a column that `hexadecimal` made.

    >>> beginnings(hexadecimal([bytes([1, 171]), bytes([255, 0])]), 3).to_pylist()
    ['01a', 'ff0']
    """
    count = len(column)
    if not count:
        return column
    written = np.frombuffer(column.buffers()[2], np.uint8).reshape(count, -1)
    return _equally_long(np.ascontiguousarray(written[:, :digits]).data, digits, count)


def repeated(value: str, times: int) -> pa.StringArray:
    """A column of one text.

    >>> repeated("é", 2).to_pylist()
    ['é', 'é']
    """
    encoded = value.encode()
    return _equally_long(encoded * times, len(encoded), times)


def _equally_long(data: Any, size: int, count: int) -> pa.StringArray:
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(size)
    buffers = [None, _buffer(ends), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def numbers(values: Any) -> pa.Array:
    """A column of int64 or float64 without nulls.

    >>> numbers(np.array([0.5, 2.0])).to_pylist()
    [0.5, 2.0]
    """
    found = np.ascontiguousarray(values)
    kind = pa.float64() if found.dtype == np.float64 else pa.int64()
    found = found.astype(np.float64 if kind == pa.float64() else np.int64, copy=False)
    return pa.Array.from_buffers(kind, found.size, [None, _buffer(found)])


def flags(values: Sequence[bool] | NDArray[np.bool_]) -> pa.Array:
    """A column of truth values without nulls.

    >>> flags([True, False, True]).to_pylist()
    [True, False, True]
    """
    packed = np.packbits(np.array(values, np.bool_), bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _buffer(packed)])


def _buffer(array: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(array)
