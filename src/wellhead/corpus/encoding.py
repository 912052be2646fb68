"""Bytes of other encodings as UTF-8, and a proposal where a file is neither.

Readers see UTF-8 only. A UTF-16 or UTF-32 mark is believed. An encoding that the user names is
used as a whole where its characters take several bytes; where each takes one (Windows-1252 and
its kin) it is used for what is not UTF-8, so that a file that mixes both comes out right.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from itertools import islice

from wellhead.corpus.rows import Stream
from wellhead.errors import BadSetting

__all__ = [
    "Converted",
    "as_utf8",
    "check_encoding",
    "marked_encoding",
    "propose_encoding",
    "wide_encoding",
    "with_line_feeds",
]

_MARKS = {
    # The mark of UTF-32 begins as that of UTF-16 does.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_CHUNK = 1 << 18
# The least share of ASCII in any text, for its ends of lines, and the most of what is no text.
_PLAIN, _ODD = 0.002, 0.01
# Read as UTF-8, at least a third of the letters of UTF-16 are no keyboard's.
_ACCIDENTS = 0.1
_SPACES = "\t\n\r\f\v \u2028\u2029\ufeff\u3000\xa0\u200b\u200c\u200d"
_SAMPLE = 200
_LOOK = 50_000  # lines
# What is met in practice; a detector left to itself finds exotic kin of these in short texts.
_USUAL = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "koi8_r", "mac_roman"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
]


class Converted(io.RawIOBase):
    """A stream of the pieces that a function makes of another's chunks."""

    def __init__(self, stream: Stream, convert: Callable[[bytes, bool], bytes]) -> None:
        self._source = stream  # kept open: the progress of a file is asked to the end
        self._pieces = self._converted(stream, convert)
        self._held = b""

    @staticmethod
    def _converted(stream: Stream, convert: Callable[[bytes, bool], bytes]) -> Iterator[bytes]:
        while chunk := stream.read(_CHUNK):
            yield convert(chunk, False)
        yield convert(b"", True)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = piece
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size


def marked_encoding(start: bytes) -> str | None:
    """The encoding whose mark a file begins with, where it is not UTF-8."""
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)


def wide_encoding(start: bytes) -> str | None:
    """The encoding of two or four bytes a letter, without its mark, that a file begins in.

    Such a file has zero bytes, at the latest in its ends of lines, and only in the right encoding
    do they become letters, digits and spaces of every keyboard.

    >>> wide_encoding("Шёл дождь.".encode("utf-16-le")), wide_encoding(b"It rained.")
    ('utf-16-le', None)
    """
    if b"\0" not in start or _reads_as_utf8(start):
        return None
    plain = {name: _plain_share(start, name) for name in _WIDE}
    best = max(plain, key=lambda name: plain[name])
    return best if plain[best] >= _PLAIN else None


def _reads_as_utf8(start: bytes) -> bool:
    """Whether a zero byte is a rare accident in what is otherwise letters of UTF-8."""
    text = start.decode("utf-8-sig", "replace")
    return _odd_letters(text) <= _ACCIDENTS * len(text)


def _odd_letters(text: str) -> int:
    """How many characters no keyboard writes, or stand for bytes that are none."""
    odd = sum(not letter.isprintable() and letter not in _SPACES for letter in text)
    return odd + text.count("\N{REPLACEMENT CHARACTER}")


def _plain_share(start: bytes, encoding: str) -> float:
    """The share of ASCII in a text that would be written so; 0 where it would be none."""
    width = 4 if "32" in encoding else 2
    text = start[: len(start) // width * width].decode(encoding, "replace")
    plain = text and _odd_letters(text) <= _ODD * len(text)
    return sum(map(str.isascii, text)) / len(text) if plain else 0.0


def check_encoding(encoding: str) -> str:
    """The encoding under its usual name.

    Raises:
        BadSetting: there is none of this name.

    >>> check_encoding("Windows-1252")
    'cp1252'
    """
    try:
        b"".decode(encoding)
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise BadSetting(
            f"--encoding expects the name of an encoding, such as cp1252, gb18030 or utf-16-le, "
            f"got '{encoding}'"
        ) from error


def as_utf8(stream: Stream, encoding: str) -> Stream:
    """`stream` as UTF-8. Bytes that have no meaning in `encoding` stay, for the row to be judged.

    >>> mixed = io.BufferedReader(io.BytesIO("caf\\u00e9 ".encode() + b"caf\\xe9"))
    >>> as_utf8(mixed, "cp1252").read().decode()
    'café café'
    """
    if _one_byte(encoding):
        name = f"wellhead.{encoding}"
        codecs.register_error(name, lambda error: _by_byte(error, encoding))
        decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")(name)
    else:
        decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")

    def convert(chunk: bytes, last: bool) -> bytes:
        return decoder.decode(chunk, last).encode("utf-8", "surrogateescape")

    return io.BufferedReader(Converted(stream, convert), _CHUNK)


def _one_byte(encoding: str) -> bool:
    return len(bytes(range(256)).decode(encoding, "replace")) == 256


def _by_byte(error: UnicodeError, encoding: str) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode(encoding, "surrogateescape"), error.end


def with_line_feeds(stream: Stream) -> Stream:
    """`stream` with line feeds where old Macintosh programs wrote lone carriage returns."""
    start = stream.peek(1 << 16)
    if b"\r" not in start or b"\n" in start:
        return stream
    return io.BufferedReader(
        Converted(stream, lambda chunk, last: chunk.replace(b"\r", b"\n")), _CHUNK
    )


def propose_encoding(stream: Stream) -> str | None:
    """The encoding of the lines that are not UTF-8, as far as they tell; None if none are."""
    from charset_normalizer import from_bytes

    pieces = iter(lambda: stream.readline(_CHUNK), b"")
    lines = (line for line in islice(pieces, _LOOK) if not _is_utf8(line))
    wrong = b"".join(islice(lines, _SAMPLE))
    if not wrong:
        return None
    found = from_bytes(wrong, cp_isolation=_USUAL)
    best = found.best()
    if best is None:
        return None
    # What reads as well as the best, as Western and Central European letters often do.
    good = [one for one in found if (one.chaos, one.coherence) == (best.chaos, best.coherence)]
    same = {name for one in good for name in (one.encoding, *one.could_be_from_charset)}
    return next((name for name in _USUAL if name in same), best.encoding)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
