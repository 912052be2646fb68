"""Text → sparse counts of hashed n-grams, a whole batch at a time.

Three kinds of feature, each in its own range of columns:

- *characters*: runs of 3, 4 and 5 characters, across words;
- *words*: runs of 1, 2 and 3 tokens, where a token is a word or one punctuation sign;
- *skeleton*: runs of 1 to 4 tokens in which closed-class words and punctuation stay
  themselves and every other word is reduced to its last three letters. What remains is how the
  writer joins sentences, whatever they are about (text distortion: Stamatatos, EACL 2017).

In *ideographic* script (Chinese, Japanese) every character is a token of its own, and full-width
signs are read as their half-width forms: words need no spaces, and which signs stand in a text says
which program or publisher it passed through.

Letters are lower-cased and digits become one sign: case and figures belong to the layout and the
topic. A row depends on its own text alone, so that batches may be cut anywhere; columns depend on
64-bit integer arithmetic alone, so that they are the same on every machine. What comes in should
be normalised (`wellhead.detect.normalise`); what the counts mean is left to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.characters import characters
from wellhead.detect.words import FUNCTION_WORDS

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = [
    "ALPHABETIC",
    "BITS",
    "BLOCKS",
    "COLUMNS",
    "IDEOGRAPHIC",
    "SCRIPTS",
    "Batch",
    "Occurrences",
    "count",
    "occurrences",
    "script_of",
    "slot_of",
    "tables",
]

BITS = 20
BLOCKS = ("characters", "words", "skeleton")
COLUMNS = len(BLOCKS) << BITS
"""Columns in all: 2^20 for each block."""

ALPHABETIC, IDEOGRAPHIC = SCRIPTS = ("alphabetic", "ideographic")
"""How the texts of a detector are written, and so what a token is."""

_SEPARATOR = "\n"
# Han and kana with their signs, full-width and half-width forms.
_IDEOGRAPHS = (
    (0x2E80, 0x3000), (0x3001, 0x3130), (0x31A0, 0xA000), (0xF900, 0xFB00), (0xFF00, 0xFFF0),
    (0x20000, 0x40000),
)  # fmt: skip
_SPACE, _LETTER, _DIGIT, _SIGN, _APOSTROPHE = range(5)


class Occurrences(NamedTuple):
    """Where each n-gram of a batch occurs: three arrays of one length.

    Attributes:
        row: index of the text.
        column: hashed feature.
        position: where the n-gram begins, in characters of its text.
    """

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    position: NDArray[np.int32]


class Batch(NamedTuple):
    """Texts as compiled code reads them: a separator stands before and behind each.

    Attributes:
        codes: all characters, in any case.
        starts: where each text begins, and the end of all.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Batch:
        """From normalised texts."""
        joined = _SEPARATOR + "".join(text.replace(_SEPARATOR, " ") + _SEPARATOR for text in texts)
        codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype="<u4")
        return cls(codes, np.cumsum([1, *(len(text) + 1 for text in texts)], dtype=np.int64))


def script_of(texts: Sequence[str]) -> str:
    """Ideographic if most letters of `texts` are; else alphabetic.

    >>> script_of(["昨天下雨了, 大家都在家.", "rain"])
    'ideographic'
    """
    own = letters = 0
    for start in range(0, len(texts), 1000):
        joined = "".join(texts[start : start + 1000])
        codes = np.frombuffer(joined.encode("utf-32-le", "ignore"), dtype="<u4")
        kinds = _kinds(ALPHABETIC)[codes]
        signs = _kinds(IDEOGRAPHIC)[codes] == _SIGN
        own += int(np.count_nonzero((kinds == _LETTER) & signs))
        letters += int(np.count_nonzero(kinds == _LETTER))
    return IDEOGRAPHIC if 2 * own > letters else ALPHABETIC


def count(texts: Sequence[str], script: str = ALPHABETIC) -> csr_matrix:
    """How often each text has each n-gram: float32 counts of shape ``(len(texts), COLUMNS)``.

    >>> count(["It was late.", ""]).sum(axis=1).ravel().tolist()
    [[46.0, 0.0]]
    """
    from scipy.sparse import csr_matrix

    from wellhead.detect.solver import counted

    found = occurrences(texts, script)
    return csr_matrix(counted(found.row, found.column, len(texts)), (len(texts), COLUMNS))


def occurrences(texts: Sequence[str], script: str = ALPHABETIC) -> Occurrences:
    """Every n-gram of every text, with its place, text by text."""
    from wellhead.detect.kernels import occurrences_of

    return Occurrences(*occurrences_of(*Batch.of(texts), *tables(script)))


class Tables(NamedTuple):
    """What compiled code looks up.

    Attributes:
        letters: for every character its lower-case form, 0 for any digit; and from bit 24 on what
            it is: space, letter, digit, sign or apostrophe.
        function_words: their hashes in a table where 0 is empty and each has two possible places:
            its bits from 32 on, or from 48 on.
    """

    letters: NDArray[np.uint32]
    function_words: NDArray[np.uint64]


@cache
def tables(script: str = ALPHABETIC) -> Tables:
    """The tables of a script, made once."""
    small = _small(script)
    kind = _kinds(script)[small]
    kind[small == ord("'")] = _APOSTROPHE
    low = np.where(kind == _DIGIT, np.uint32(ord("0")), small)
    return Tables(low | kind.astype(np.uint32) << np.uint32(24), _function_table())


@cache
def _small(script: str) -> NDArray[np.uint32]:
    """The lower-case form of each character; of full-width ones the half-width form."""
    small = characters().small
    if script == ALPHABETIC:
        return small
    narrow = np.arange(len(small), dtype=np.uint32)
    narrow[0xFF01:0xFF5F] -= 0xFEE0
    narrow[[0x3002, 0xFF61]] = ord(".")
    return np.asarray(small[narrow])


@cache
def _kinds(script: str) -> NDArray[np.int8]:
    table = np.full(0x110000, _LETTER, dtype=np.int8)
    for code in range(0x3000):
        character = chr(code)
        if character.isspace():
            table[code] = _SPACE
        elif character.isdigit():
            table[code] = _DIGIT
        elif not character.isalpha():
            table[code] = _SIGN
    table[0x1F000:0x20000] = _SIGN
    for start, stop in _IDEOGRAPHS if script == IDEOGRAPHIC else ():
        table[start:stop] = _SIGN
    return table


def slot_of(word: str) -> int:
    """Where a closed-class word stands in its table.

    >>> tables().function_words[slot_of("the")] != 0
    np.True_
    """
    hashed = _word_hash(word)
    [[slot]] = np.nonzero(tables().function_words == np.uint64(hashed))
    return int(slot)


def _function_table() -> NDArray[np.uint64]:
    mask = (1 << 10) - 1
    table = [0] * (mask + 1)
    for hashed in map(_word_hash, FUNCTION_WORDS):
        at = hashed >> 32 & mask
        while hashed and hashed not in (table[hashed >> 32 & mask], table[hashed >> 48 & mask]):
            table[at], hashed = hashed, table[at]  # who was here goes to the other place
            places = (hashed >> 32 & mask, hashed >> 48 & mask)
            at = places[at == places[0]]
    return np.array(table, dtype=np.uint64)


_BASE, _WHOLE = 0x9E3779B97F4A7C15, (1 << 64) - 1


def _word_hash(word: str) -> int:
    """The hash that `wellhead.detect.kernels` gives a word."""
    value = sum(ord(letter) * pow(_BASE, at, 1 << 64) for at, letter in enumerate(word)) & _WHOLE
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _WHOLE
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _WHOLE
    return value ^ (value >> 31)
