"""What the detector must know of each Unicode character, as one small file of ranges.

Made once, with the Unicode version of the Python that runs it, and shipped: so a score is the same
under every Python. Runs of equal values are kept by their start.

Run: ``python tools/make_character_tables.py``.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np

from wellhead._atomic import atomic_path

TARGET = Path(__file__).parents[1] / "src" / "wellhead" / "detect" / "characters.npz"
ALL = 0x110000
SPACE, LETTER, DIGIT, SIGN = range(4)
LOWER, UPPER, UNCOMPOSED, INVISIBLE = 4, 8, 16, 32


def main() -> None:
    traits = np.array([_traits(code) for code in range(ALL)], np.uint8)
    for code in _second_parts():
        traits[code] |= UNCOMPOSED
    starts = np.flatnonzero(np.concatenate([[True], traits[1:] != traits[:-1]])).astype(np.int32)
    pairs = [(code, low) for code in range(ALL) if (low := _lowered(code)) != code]
    capital, small = np.array(pairs, np.int32).T
    with atomic_path(TARGET) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream, start=starts, traits=traits[starts], capital=capital, small=small
        )
    print(f"Unicode {unicodedata.unidata_version}: {len(starts)} ranges, {len(pairs)} capitals")


def _traits(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    kind = LETTER if category[0] in "LM" else SIGN
    if character.isspace():
        kind = SPACE
    elif character.isdigit():
        kind = DIGIT
    kind |= LOWER * (category == "Ll") | UPPER * (category in ("Lu", "Lt"))
    if unicodedata.combining(character) or not unicodedata.is_normalized("NFC", character):
        kind |= UNCOMPOSED
    return kind | INVISIBLE * (category == "Cs" or _invisible(code))


def _invisible(code: int) -> bool:
    """Soft hyphens, joiners, marks of direction, fillers, variation selectors and tags."""
    ranges = ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F))
    more = ((0xFFF9, 0xFFFD), (0xE0000, 0xE01EF), (0x115F, 0x1160), (0x17B4, 0x17B5))
    single = (0xAD, 0x34F, 0x61C, 0x180E, 0x3164, 0xFEFF, 0xFFA0)
    return code in single or any(low <= code <= high for low, high in ranges + more)


def _second_parts() -> set[int]:
    """Characters that may merge with the one before them when a text is composed."""
    found = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
    for code in range(ALL):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(int(parts[1], 16))
    return found


def _lowered(code: int) -> int:
    low = chr(code).lower()
    return ord(low) if len(low) == 1 else code


if __name__ == "__main__":
    main()
