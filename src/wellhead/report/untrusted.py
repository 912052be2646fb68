"""Text that strangers wrote, made safe to show.

Escaping is the renderer's job (HTML by jinja2, SVG and Markdown by theirs). Here goes what no
escaping catches: characters that a file cannot hold, that steer a terminal, or that make text
read in another order than it is stored.
"""

from __future__ import annotations

import re

__all__ = ["clean", "shorten"]

# Controls but tab and newline, lone surrogates, direction overrides and isolates, non-characters.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)


def clean(text: object) -> str:
    """`text` with every character that must not be shown replaced by U+FFFD.

    >>> clean("red \\x1b[31malert"), clean("one\\r\\ntwo")
    ('red �[31malert', 'one\\ntwo')
    """
    lines = str(text).replace("\r\n", "\n").replace("\r", "\n")
    return _UNSHOWABLE.sub("\ufffd", lines)


def shorten(text: object, length: int) -> str:
    """At most about `length` characters of cleaned text, and how many were left out.

    >>> shorten("abcdefghij", 4)
    'abcd … (6 more characters)'
    """
    whole = clean(text)
    rest = len(whole) - length
    # A note longer than what it replaces would be no shortening.
    if rest <= (30 if length > 30 else 0):
        return whole
    return f"{whole[:length].rstrip()} … ({rest:,} more characters)"
