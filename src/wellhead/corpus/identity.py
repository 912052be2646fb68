"""Which document is this: a hash of what it says, the same in every file format.

Two texts are the same document when their Unicode NFC forms are equal, code point by code
point. Nothing else is folded: a changed space or quote is another document.
"""

from __future__ import annotations

import hashlib
import unicodedata

from wellhead.errors import BadInput

__all__ = ["content_digest", "content_hash", "document_id"]


def content_hash(text: str) -> str:
    """The SHA-256 of the NFC form of `text`, as 64 hex digits.

    Raises:
        BadInput: the string holds half of a surrogate pair and so is not Unicode text.

    >>> content_hash("caf\\u00e9") == content_hash("cafe\\u0301")
    True
    """
    return content_digest(text).hex()


def content_digest(text: str) -> bytes:
    """`content_hash` as 32 bytes.

    Raises:
        BadInput: see there.
    """
    try:
        data = (text if text.isascii() else unicodedata.normalize("NFC", text)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(
            f"expected Unicode text, got half a surrogate pair at character {error.start}; "
            "repair the text or leave it out"
        ) from error
    return hashlib.sha256(data).digest()


def document_id(text: str) -> str:
    """The identity of a document that came without one: 32 hex digits of `content_hash`.

    >>> document_id("Water finds its level.")
    '64de75f51bd306b0f6c46ace5c1ea213'
    """
    return content_hash(text)[:32]
