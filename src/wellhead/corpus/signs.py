"""Bytes of UTF-8 → the characters that stand there, and which of them leave a text as it is.

In: valid UTF-8 and places in it. Out: code points; and for each whether it is white space, and
whether a text of such characters is in NFC as it stands (Unicode Standard Annex #15, section 9,
"Detecting Normalization Forms").
"""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

__all__ = ["are_spaces", "code_points", "stay_in_nfc"]

_SPACES = np.array([code for code in range(0x3001) if chr(code).isspace()], np.uint32)
# The first bytes of characters of two, three and four bytes.
_LEADS = ((0xC0, 0xE0, 2), (0xE0, 0xF0, 3), (0xF0, 0xF8, 4))
# What Python's table says of each character, asked of 256 neighbours at once when one is met.
_STAYS = np.zeros(0x110000, np.bool_)
_ASKED = np.zeros(0x1100, np.bool_)
# Marks join the letter before them; so do halves of Korean syllables, and in a few scripts far
# behind even letters, so that of those only mathematical letters, emoji and ideographs count.
_NOT_ALONE = ("Mn", "Mc", "Me")
_LET_THROUGH = (
    range(0x1100),
    range(0x1200, 0xD800),
    range(0xE000, 0x10000),
    range(0x1D400, 0x1D800),
    range(0x1F000, 0x1FB00),
    range(0x20000, 0x30000),
)


def code_points(data: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The characters whose first bytes stand `at` these places.

    >>> code_points(np.frombuffer("a\u00e9\u4e2d".encode(), np.uint8), np.array([0, 1, 3])).tolist()
    [97, 233, 20013]
    """
    lead = data[at]
    codes = lead.astype(np.uint32)
    for first, behind, size in _LEADS:
        some = np.flatnonzero((lead >= first) & (lead < behind))
        if some.size:
            found = codes[some] - np.uint32(first)
            for step in range(1, size):
                found = (found << np.uint32(6)) | (data[at[some] + step] & np.uint8(0x3F))
            codes[some] = found
    return codes


def are_spaces(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters are white space, as `str.isspace` has it."""
    return np.isin(codes, _SPACES)


def stay_in_nfc(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters NFC leaves alone in any company; a few more would do so.

    >>> stay_in_nfc(np.array([0x4E2D, 0x1F600, 0x301, 0x212B], np.uint32)).tolist()
    [True, True, False, False]
    """
    met = np.zeros(_ASKED.size, np.bool_)
    met[codes >> 8] = True
    for block in np.flatnonzero(met & ~_ASKED).tolist():
        for code in range(block << 8, (block + 1) << 8):
            _STAYS[code] = _stays(code)
        _ASKED[block] = True  # last: several threads may ask
    return _STAYS[codes]


def _stays(code: int) -> bool:
    sign = chr(code)
    return (
        any(code in some for some in _LET_THROUGH)
        and unicodedata.category(sign) not in _NOT_ALONE
        and unicodedata.is_normalized("NFC", sign)
    )
