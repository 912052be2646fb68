"""JSON in the one form that has one hash: RFC 8785.

Flows in: values made of what JSON knows. Flows out: bytes that are the same on every machine, and
their SHA-256. Whole numbers stay within what every JSON reader keeps exactly.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import rfc8785

from wellhead.errors import BadInput

__all__ = ["canonical", "digest", "is_digest"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


def canonical(value: Any) -> bytes:
    """The canonical JSON of `value`.

    Raises:
        BadInput: something in it has no canonical form (NaN, a whole number above 2^53, …).

    >>> canonical({"b": 1.0, "a": "é"})
    b'{"a":"\\xc3\\xa9","b":1}'
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise BadInput(
            f"expected values that canonical JSON can hold, got others: {error}. Whole numbers "
            "must stay within ±2^53, and no number may be infinite; write others as text."
        ) from error


def digest(data: bytes) -> str:
    """The SHA-256 of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` is a whole SHA-256 in hex."""
    return bool(_DIGEST.fullmatch(text))
