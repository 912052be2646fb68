"""One function that takes the file out of a text and leaves the writing.

A detector that sees curly quotes, `&amp;`, a lost line break or "Sure, here is the abstract:"
learns which program saved the text, not who wrote it. So every text, human or machine, reference
or corpus, goes through `normalise` before features are taken, and the options used are part of
the detector's card. ``docs/normalisation.md`` is the definition.

Nearly all of it is local and compiled (`wellhead.detect.repairs`). Exact repairs that need more
(HTML, encoding accidents, Markdown links and fences, written-out line breaks, composition) stand
here, and are made only in texts that the compiled scan marks.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.characters import characters
from wellhead.errors import BadInput

__all__ = [
    "RULES",
    "STANDARD",
    "Codes",
    "Normalisation",
    "checked_rules",
    "codes_of",
    "exactly_repaired",
    "normalise",
    "normalise_all",
]

RULES = 2
"""Version of the rules; scores under different rules cannot be compared."""


@dataclass(frozen=True)
class Normalisation:
    """Which repairs `normalise` makes; recorded in a detector's card.

    Unicode NFC, whitespace, control and invisible characters are always repaired.

    Attributes:
        html: decode entities, drop tags.
        encoding: undo UTF-8 that was read as Latin-1 ("Â£", "â€™").
        typography: fold quotes, dashes, dots and letter-spaced tokens ("did n't") to one form.
        markdown: drop marks of headings, emphasis, lists, links and code fences.
        chat: drop role labels, opening remarks ("Sure, here is …:") and closing offers of help.
        edges: drop an unfinished sentence at either end when most of the text remains.
        limit: read only that many characters of a text.
        rules: the version of the rules.
    """

    html: bool = True
    encoding: bool = True
    typography: bool = True
    markdown: bool = True
    chat: bool = True
    edges: bool = True
    limit: int = 20_000
    rules: int = RULES

    def to_dict(self) -> dict[str, Any]:
        """The options as plain values, for a card."""
        return asdict(self)

    def bits(self) -> int:
        """The options as `wellhead.detect.repairs` takes them."""
        options = (
            self.html, self.encoding, self.typography, self.markdown, self.chat, self.edges
        )  # fmt: skip
        return sum(on << at for at, on in enumerate(options))


STANDARD = Normalisation()

# As `wellhead.detect.repairs.SCAN`, whose module takes long to import: mark what needs more.
_SCAN = 64
# Enough for every nesting seen in real text; a text made to nest deeper is left as it is then.
_ROUNDS = 8


class Codes(NamedTuple):
    """Normalised texts as compiled code reads them: a 0 stands before and behind each.

    Attributes:
        codes: all characters, uint32.
        starts: where each text begins, and the end of all.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]

    def texts(self) -> list[str]:
        """The texts as strings."""
        joined = self.codes.tobytes().decode("utf-32-le")
        bounds = self.starts.tolist()
        return [joined[a : b - 1] for a, b in pairwise(bounds)]


def normalise(text: str, options: Normalisation = STANDARD) -> str:
    r"""`text` as one line of plain writing, with what the file added taken out.

    Applying it twice gives what applying it once gives. The result may be empty.

    Args:
        text: any string.
        options: which repairs to make.

    >>> normalise("**Sure!** Here\u2019s a rewritten version:\n\nThe  tram &amp; the bus\u2026")
    'The tram & the bus...'
    >>> normalise("He did n't know . She did\u2014at once .")
    "He didn't know. She did - at once."
    """
    return normalise_all([text], options)[0]


def normalise_all(texts: Sequence[str], options: Normalisation = STANDARD) -> list[str]:
    """`normalise` of each text."""
    encoded = [text[: options.limit].encode("utf-8", "ignore") for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return codes_of(np.frombuffer(b"".join(encoded), np.uint8), offsets, options).texts()


def codes_of(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], options: Normalisation = STANDARD
) -> Codes:
    """The normalised texts of an Arrow ``large_string`` column, without a Python string.

    Args:
        data: UTF-8 bytes of all texts, one after another.
        offsets: where each text begins in `data`, and where the last ends.
        options: which repairs to make.
    """
    codes, marked = _local(data, offsets, options, options.bits() | _SCAN)
    rows = np.flatnonzero(marked).tolist()
    if not rows:
        return codes
    raw = [
        data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "ignore") for row in rows
    ]
    return _with(codes, rows, _repaired([text[: options.limit] for text in raw], options))


def _local(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], options: Normalisation, bits: int
) -> tuple[Codes, NDArray[np.bool_]]:
    from wellhead.detect.native import repaired_batch

    number, size = len(offsets) - 1, int(offsets[-1] - offsets[0])
    out = np.empty(2 * size + number + 8, np.uint32)
    starts = np.empty(number + 1, np.int64)
    marked = np.zeros(number, np.bool_)
    traits, action, folded, _ = characters()
    tables = (traits, action, folded)
    used = repaired_batch(data, offsets, options.limit, bits, *tables, out, starts, marked)
    return Codes(out[:used], starts), marked


def _with(codes: Codes, rows: Sequence[int], texts: Sequence[str]) -> Codes:
    """`codes` with the (empty) texts at `rows` filled."""
    found = [np.frombuffer(text.encode("utf-32-le"), "<u4") for text in texts]
    added = np.zeros(len(codes.starts), np.int64)
    added[np.array(rows) + 1] = [len(one) for one in found]
    pieces, begin = [], 0
    for place, one in zip(codes.starts[rows].tolist(), found, strict=True):
        pieces += [codes.codes[begin:place], one]
        begin = place
    filled = np.concatenate([*pieces, codes.codes[begin:]])
    return Codes(filled, codes.starts + np.cumsum(added))


def _repaired(texts: Sequence[str], options: Normalisation) -> list[str]:
    """Marked texts: exact and local repairs in turn, until neither changes anything."""
    done = list(texts)
    left = list(range(len(done)))
    for _ in range(_ROUNDS):
        encoded = [exactly_repaired(done[at], options).encode("utf-8", "ignore") for at in left]
        data = np.frombuffer(b"".join(encoded), np.uint8)
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        local = _local(data, ends, options, options.bits())[0].texts()
        changed = [(at, new) for at, new in zip(left, local, strict=True) if new != done[at]]
        if not changed:
            break
        for at, new in changed:
            done[at] = new
        left = [at for at, _ in changed]
    return done


# --- exact repairs -----------------------------------------------------------------------------

_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});")
_NESTED_AMP = re.compile(r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--.{0,2000}?-->", re.DOTALL)
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00e2][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{1,2}"
)
_WRITTEN_BREAK = re.compile(r"\\(?:\\*[nr](?:\\+[nr])+|\\*[nr](?![a-z]))")
_FENCE = re.compile(r"```[\w+-]*")
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\((?:[^()\s]{0,500})\)")
_SURROGATES = re.compile("[\ud800-\udfff]")


def exactly_repaired(text: str, options: Normalisation) -> str:
    """The text after every exact repair that the options ask for, each made once.

    >>> exactly_repaired("Fish &amp; chips<br>for Â£3", STANDARD)
    'Fish & chips for £3'
    """
    if options.html and "&" in text:
        text = _NESTED_AMP.sub("&", text)
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    if options.html and "<" in text:
        text = _TAG.sub(" ", text)
    if options.encoding and not text.isascii():
        text = _MOJIBAKE.sub(_decoded, text)
    if "\\" in text:
        text = _WRITTEN_BREAK.sub("\n", text)
    if options.markdown and "`" in text:
        text = _FENCE.sub(" ", text)
    if options.markdown and "](" in text:
        text = _LINK.sub(r"\1", text)
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _SURROGATES.sub("", text))


def _decoded(match: re.Match[str]) -> str:
    """The character whose UTF-8 bytes were read as Windows-1252, if that is what this is."""
    found = match.group()
    for size in (len(found), 2):
        try:
            raw = b"".join(_byte(character) for character in found[:size])
            return raw.decode("utf-8") + found[size:]
        except UnicodeError:
            continue
    return found


def _byte(character: str) -> bytes:
    return character.encode("latin-1" if ord(character) < 0x100 else "cp1252")


def checked_rules(options: Normalisation, where: object) -> Normalisation:
    """`options`, if they are of this version's rules.

    Raises:
        BadInput: they are of other rules.
    """
    if options.rules != RULES:
        raise BadInput(
            f"{where}: expected normalisation rules {RULES}, got {options.rules}; it was made by "
            "another version of wellhead: train the detector anew, or use that version"
        )
    return options
