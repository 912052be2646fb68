"""What is wrong with a condition, in words, with the place marked: for `Condition`.

Most who slip write the signs of another language (``&&``, ``=``, ``AND``) or forget the quotes. In:
the expression, and where the parser stopped. Out: one sentence.
"""

from __future__ import annotations

import keyword
import re
from typing import NamedTuple

__all__ = ["EXAMPLE", "told"]

EXAMPLE = "\"split == 'test' and year > 2000\""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_TOKEN = re.compile(r"'[^']*'?|\"[^\"]*\"?|\w+|[^\w\s'\"()\[\]`]+|.|$")
_OURS = ("and", "or", "not", "in", "is", "None", "True", "False")
_WORDS = rf"(?:{'|'.join(_OURS)})\b"


class _Slip(NamedTuple):
    """How a slip looks, outside quotes, and what to write instead."""

    found: re.Pattern[str]
    instead: str


_SLIPS = [
    _Slip(re.compile("`"), "the backtick is not closed"),
    _Slip(re.compile("[“”„‘’«»]"), "quotes are straight: 'test'"),
    _Slip(re.compile(r"&&?|\|\|?|!(?!=)"), "write and, or, not"),
    _Slip(re.compile(r"===|!=="), "write == or !="),
    _Slip(re.compile("<>|≠"), "write !="),
    _Slip(re.compile("=>|=<|≥|≤"), "write >= or <="),
    _Slip(re.compile(r"(?<![=!<>])=(?!=)"), "to compare, write =="),
    _Slip(re.compile(r"\b(IS|NULL)\b", re.I), "no value is written so: year is None"),
    _Slip(re.compile(r"\bLIKE\b", re.I), "a part of a text is found so: 'te' in split"),
    _Slip(re.compile(r"\b(AND|OR|NOT|IN)\b"), "write and, or, not, in with small letters"),
    _Slip(
        re.compile(rf"\b({'|'.join(each for each in keyword.kwlist if each not in _OURS)})\b"),
        "a column of this name stands in backticks: `{}`",
    ),
    _Slip(
        re.compile(rf"(?!{_WORDS})\b[^\W\d]\w*(?: +(?!{_WORDS})[^\W\d]\w*)+"),
        "a name of several words stands in backticks: `{}`",
    ),
]  # fmt: skip


def told(expression: str, at: int | None, why: str = "") -> str:
    """The sentence.

    Args:
        expression: as the user wrote it.
        at: where the parser stopped, from 0; None where the whole is meant.
        why: what is wrong, where that is known.

    >>> print(told("year = 2000", None))
    --where cannot be read where it is marked: year «=» 2000 (to compare, write ==); it expects \
comparisons such as "split == 'test' and year > 2000"
    """
    line = " ".join(expression.splitlines())
    if not line.strip():
        return f"--where expects comparisons such as {EXAMPLE}, got nothing"
    start, end, instead = (0, 0, why) if why else _place(line, at)
    known = not why and (at is not None or instead)
    shown = f"{line[:start]}«{line[start:end]}»{line[end:]}" if known else line
    marked = " where it is marked" if known else ""
    reason = f" ({instead})" if instead else ""
    return (
        f"--where cannot be read{marked}: {shown[:300]}{reason}; it expects comparisons such as "
        f"{EXAMPLE}"
    )


def _place(line: str, at: int | None) -> tuple[int, int, str]:
    """From where to where it is wrong, and what to write instead."""
    plain = _QUOTED.sub(lambda quoted: "\0" * len(quoted.group()), line)
    for slip in _SLIPS:
        if found := slip.found.search(plain):
            return found.start(), found.end(), slip.instead.format(found.group())
    if at is None:
        return 0, 0, ""
    if at >= len(line.rstrip()):
        return len(line), len(line), "it ends too early"
    token = _TOKEN.match(line, at)
    end = token.end() if token else at + 1
    opened = {"'": "quote", '"': "quote", "(": "bracket", "[": "bracket"}
    kind = opened.get(line[at])
    return at, end, f"the {kind} is not closed" if kind else ""
