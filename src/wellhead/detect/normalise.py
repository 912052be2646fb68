"""One function that takes the file out of a text and leaves the writing.

A detector that sees curly quotes, `&amp;`, a lost line break or "Sure, here is the abstract:"
learns which program saved the text, not who wrote it. So every text, human or machine, reference
or corpus, goes through `normalise` before features are taken, and the options used are part of
the detector's card.

What counts as the file, and is removed or folded: Unicode composition, encoding accidents, HTML,
control and invisible characters, kinds of space, quote and dash (a curly quote is the work of an
editor program; *that* there is a dash stays visible, which dash it is does not), line structure,
spaces around punctuation, Markdown marks, the frame that a chat program puts around an answer,
and broken sentences at the two edges, which show where somebody cut.

What counts as the writing, and stays: words, punctuation, sentence order and length, spelling.

Not repairable here: words run together where a line break was deleted ("of themodel"). Character
n-grams that run across words blunt this.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

__all__ = ["STANDARD", "Normalisation", "normalise"]


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
    """

    html: bool = True
    encoding: bool = True
    typography: bool = True
    markdown: bool = True
    chat: bool = True
    edges: bool = True
    limit: int = 20_000

    def to_dict(self) -> dict[str, Any]:
        """The options as plain values, for a card."""
        return asdict(self)


STANDARD = Normalisation()

# Enough for every nesting seen in real text; a text made to nest deeper is left as it is then.
_ROUNDS = 8


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
    text = text[: options.limit]
    for _ in range(_ROUNDS):
        if _is_plain(text):
            break
        repaired = _repair(text, options)[: options.limit]
        if repaired == text:
            break
        text = repaired
    return text


def _is_plain(text: str) -> bool:
    """Whether no repair would change `text`: said of most texts by a look at their bytes."""
    if not text.isascii():
        return False
    from wellhead.detect.kernels import is_plain

    return (
        bool(is_plain(np.frombuffer(text.encode("ascii"), np.uint8)))
        and not any(pattern.match(text) for pattern in (_ROLE, _OPENING, _LABEL))
        and not _CLOSING.search(text[-_TAIL:])
    )


def _repair(text: str, options: Normalisation) -> str:
    if options.html:
        text = _plain_html(text)
    if options.encoding and not text.isascii():
        text = _MOJIBAKE.sub(_decoded, text)
    text = _visible(text)
    if options.markdown:
        text = _without_marks(text)
    if options.typography:
        text = _folded(text)
    text = " ".join(text.split())
    if options.chat:
        text = _without_frame(text)
    if options.edges:
        text = _whole_sentences(text)
    return text


# --- HTML and encoding -------------------------------------------------------------------------

_NESTED_AMP = re.compile(r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--.{0,2000}?-->", re.DOTALL)
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00e2][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{1,2}"
)
_CP1252 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


def _plain_html(text: str) -> str:
    if "&" in text:
        text = html.unescape(_NESTED_AMP.sub("&", text))
    return _TAG.sub(" ", text) if "<" in text else text


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


# --- characters --------------------------------------------------------------------------------

_INVISIBLE = dict.fromkeys(
    [
        173,
        847,
        1564,
        6158,
        *range(8203, 8208),
        *range(8234, 8239),
        *range(8288, 8304),
        65279,
        *range(65024, 65040),
        *range(65529, 65534),
    ]
)
_CONTROL = dict.fromkeys([*range(32), 127], " ") | {0x0A: "\n", 0x2028: "\n", 0x2029: "\n"}
_SURROGATES = re.compile("[\ud800-\udfff]")
_LITERAL_NEWLINE = re.compile(r"\\r?\\?n(?![a-z])|\\n\\n")
# Runs of space become one first: patterns below that look around spaces stay linear in length.
_WIDE = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_BREAKS = re.compile(r"(?: ?\n ?)+")
_CHARACTERS = str.maketrans(_CONTROL | _CP1252 | _INVISIBLE)
_ODD = re.compile(f"[{''.join(re.escape(chr(code)) for code in _CHARACTERS if code != 0x0A)}]")


def _visible(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text:
        text = _LITERAL_NEWLINE.sub("\n", text)
    ascii_only = text.isascii()
    if _ODD.search(text):
        text = text.translate(_CHARACTERS)
    if not ascii_only:
        text = unicodedata.normalize("NFC", _SURROGATES.sub("", text))
    if not ascii_only or "  " in text:
        text = _WIDE.sub(" ", text)
    return _BREAKS.sub("\n", text) if "\n" in text else text


# --- Markdown ----------------------------------------------------------------------------------

_FENCE = re.compile(r"```[\w+-]*")
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\((?:[^()\s]{0,500})\)")
_HEADING = re.compile(r"(?m)^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•·‣][ \t]+|\d{1,3}[.)][ \t]+)")
_RULE = re.compile(r"(?m)^[ \t]*(?:[-*_=][ \t]*){3,}$")
_STARS = re.compile(r"\*+|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)|`|~~|#{2,}|•")


def _without_marks(text: str) -> str:
    if "```" in text:
        text = _FENCE.sub(" ", text)
    if "\n" in text or not text.lstrip(" ")[:1].isalpha():
        text = _RULE.sub(" ", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "\n" in text or not text.lstrip(" ")[:1].isalpha():
        text = _HEADING.sub("", text)
    return _STARS.sub("", text) if any(mark in text for mark in "*_`~#•") else text


# --- typography --------------------------------------------------------------------------------

_QUOTES = (
    {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'"}
    | {"“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"'}
    | {"‐": "-", "‑": "-", "−": "-", "…": "...", "⁄": "/", "·": " "}
)
_DASH = re.compile(r"\s*(?:[\u2012-\u2015]|(?<!-)--+(?!-)|(?<=[\w,.;:!?\"')]) - )\s*")
_NUMBER_RANGE = re.compile(r"(?<=\d)\s?[\u2012-\u2015]\s?(?=\d)")
_DASHES = "\u2012\u2013\u2014\u2015"
_BEFORE = re.compile(r"\s+(?=[,;:!?%)\]}]|\.(?!\w))")
_AFTER = re.compile(r"(?<=[(\[{])\s+")
_CONTRACTION = re.compile(r"(?<=\w) ?' ?(?=(?:s|t|re|ve|ll|d|m)\b)", re.IGNORECASE)
_NOT = re.compile(r"(?<=\w) (?=n't\b)", re.IGNORECASE)
_JOINED = re.compile(r"[.!?,;](?:(?<=[a-z\d)][.!?])(?=[A-Z][a-z])|(?<=[a-z][,;])(?=[A-Za-z]))")
_RUNS = re.compile(r"([.!?])\1{3,}")
# Where none of these stands, the pattern of that name has nothing to find. (All space is " " or a
# line break by then.) Searches for plain strings cost a hundredth of one for a pattern.
_MAYBE_BEFORE = tuple(space + sign for space in " \n" for sign in ",;:!?%)]}.")
_MAYBE_AFTER = tuple(sign + space for sign in "([{" for space in " \n")
_MAYBE_RUNS = ("....", "!!!!", "????")


def _folded(text: str) -> str:
    if "`" in text or not text.isascii():
        for sign, plain in _QUOTES.items():
            text = text.replace(sign, plain)
    if any(dash in text for dash in _DASHES):
        text = _NUMBER_RANGE.sub("-", text)
    if any(dash in text for dash in (*_DASHES, "--", " - ")):
        text = _DASH.sub(" - ", text)
    text = text.replace("''", '"')
    if any(pair in text for pair in _MAYBE_AFTER):
        text = _AFTER.sub("", text)
    if any(pair in text for pair in _MAYBE_BEFORE):
        text = _BEFORE.sub("", text)
    if " '" in text or "' " in text:
        text = _CONTRACTION.sub("'", text)
    if " n'" in text or " N'" in text:
        text = _NOT.sub("", text)
    text = _JOINED.sub(r"\g<0> ", text)
    return _RUNS.sub(r"\1\1\1", text) if any(run in text for run in _MAYBE_RUNS) else text


# --- the frame of a chat -----------------------------------------------------------------------

_ROLE = re.compile(
    r"^(?:\[/?(?:system|assistant|user|inst)\]\s*:?\s*-?\s*|(?:assistant|chatgpt)\s*:\s*)+", re.I
)
_YES = r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|great|yes|got it|no problem)"
_NOUN = r"(?:abstract|article|essay|paragraph|review|sentence|story|summary|text|title|version)"
_HERE = (
    r"(?:(?:here(?:'s| is| are)|below is|the following is"
    rf"|this is (?=[^.!?:]*\b{_NOUN}s?\b)|i(?:'ve| have) (?=[^.!?:]*\b{_NOUN}s?\b))"
    r"[^.!?:]{0,240}:\s*)"
)
_OPENING = re.compile(
    rf"^[\"'(\[]?(?:{_YES}[,.!:]\s*[^.!?:]{{0,40}}{_HERE}|{_HERE}|(?:sure|certainly)!\s+)", re.I
)
_LABEL = re.compile(
    r"^[\"'(\[]?(?:(?:academic |article |polished |revised |rewritten |news |short )*"
    r"(?:abstract|title|summary|review|story|article|version|text|response|answer|output))\s*:\s*",
    re.I,
)
_CLOSING = re.compile(
    r"\s*(?:i hope (?:this|that|it) helps|(?:please )?let me know if|feel free to (?:ask|let me))"
    r"[^.!?]{0,160}[.!?]?[\"']?$",
    re.I,
)
# Longer than the longest closing remark, which is only looked for there.
_TAIL = 256


def _without_frame(text: str) -> str:
    for pattern in (_ROLE, _OPENING, _LABEL):
        if found := pattern.match(text):
            text = text[found.end() :]
    return (text[:-_TAIL] + _CLOSING.sub("", text[-_TAIL:])).strip()


# --- edges -------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*(?=\s|$)")
_LEAST_KEPT = 0.6


def _whole_sentences(text: str) -> str:
    """`text` from its first whole sentence to its last, if that keeps most of it."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    if not ends:
        return text
    # Lower case at the start of every sentence is a habit of the writer, not a cut.
    cut = text[:1].islower() and len(ends) > 1 and text[ends[0] : ends[0] + 2].strip()[:1].isupper()
    kept = text[ends[0] if cut else 0 : ends[-1]].strip()
    return kept if len(kept) >= _LEAST_KEPT * len(text) else text
