"""What the detector knows of each Unicode character: its kind, its case, what becomes of it.

Traits come from a file of ranges that ``tools/make_character_tables.py`` made, not from the running
Python, whose Unicode version would move scores. What becomes of a character (`ACTION`, `FOLDED`)
is the first part of the normalisation that ``docs/normalisation.md`` describes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.arrays import read_arrays

__all__ = ["INVISIBLE", "UNCOMPOSED", "Characters", "characters"]

SPACE, LETTER, DIGIT, SIGN = range(4)
LOWER, UPPER, UNCOMPOSED, INVISIBLE = 4, 8, 16, 32
"""Flags beside the kind, which is the lowest two bits."""

KEEP, DROP, BLANK, BREAK, FOLD, FOLD_CODE, DOTS, STAR, TICK, BULLET, LOOK = range(11)
"""What the first pass does; `LOOK`: see whether an exact repair is needed."""

_ALL = 0x110000
_PLAIN = (
    dict.fromkeys("‘’‚‛′´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑−", "-")
    | dict.fromkeys("–—―", "‒")
    | {"⁄": "/"}
)
# Windows-1252 that was read as Latin-1.
_STRAY = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


class Characters(NamedTuple):
    """Tables with one entry for each of the 1,114,112 characters.

    Attributes:
        traits: the kind (space, letter, figure, sign) and the flags.
        action: what the first pass of the normalisation does with it.
        folded: what it is folded to, where it is.
        small: its lower-case form, where that is one character.
    """

    traits: NDArray[np.uint8]
    action: NDArray[np.uint8]
    folded: NDArray[np.uint32]
    small: NDArray[np.uint32]


@cache
def characters() -> Characters:
    """The tables, made once."""
    kinds = {"start": np.int32, "traits": np.uint8, "capital": np.int32, "small": np.int32}
    raw = read_arrays(Path(__file__).with_name("characters.npz"), kinds)
    ends = np.append(raw["start"][1:], _ALL)
    traits = np.repeat(raw["traits"], ends - raw["start"])
    small = np.arange(_ALL, dtype=np.uint32)
    small[raw["capital"]] = raw["small"]
    return Characters(traits, *_actions(traits), small)


def _actions(traits: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    action = np.zeros(_ALL, np.uint8)
    folded = np.zeros(_ALL, np.uint32)
    action[(traits & 3) == SPACE] = BLANK
    action[(traits & UNCOMPOSED) > 0] = LOOK
    action[:32] = action[127] = BLANK
    action[[0x0A, 0x0D, 0x2028, 0x2029]] = BREAK
    action[(traits & INVISIBLE) > 0] = DROP
    for sign, plain in _PLAIN.items():
        action[ord(sign)], folded[ord(sign)] = FOLD, ord(plain)
    for code, character in _STRAY.items():
        plain = _PLAIN.get(character, character)
        action[code], folded[code] = FOLD_CODE, ord(plain)
        if character == "\ufffd":
            action[code] = DROP
    action[ord("…")] = action[0x85] = DOTS
    folded[ord("…")] = folded[0x85] = ord("…")
    action[0x95] = BLANK  # a bullet
    action[ord("*")], action[ord("`")] = STAR, TICK
    action[[ord(bullet) for bullet in "•·‣"]] = BULLET
    action[[ord(sign) for sign in "&<]\\ÂÃâ"]] = LOOK
    return action, folded
