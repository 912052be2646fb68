"""What the recorder sends and the server accepts: one strict, versioned, bounded vocabulary.

An event on the wire is the array ``[i, t, kind, fields]``: running index, whole milliseconds
since the session began (monotonic), kind, and the fields of that kind. Fields at their default
are left out. Every position and length counts UTF-16 code units, as browsers do, and never cuts
a character in two. Every quantity is an integer, so that the bytes of a batch have one form.

A batch travels as the JSON text that was hashed (`Batch.body`) with the current draft beside it:
the draft is kept only until the next one arrives, so that the hashed history holds no deleted
text at the levels `summary` and `process`. The HTTP messages are in `wellhead.collect.messages`;
`docs/collect-schema.md` says each field in words.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from wellhead.errors import BadInput

__all__ = [
    "CLASSES",
    "KINDS",
    "LEVELS",
    "MAX_BODY_BYTES",
    "MAX_EVENTS",
    "MAX_TEXT",
    "MAX_TIME",
    "NO_BODY",
    "VERSION",
    "Batch",
    "Body",
    "Event",
    "Recording",
    "body_hash",
    "compact",
    "parse_body",
    "text_hash",
    "units",
]

VERSION = 1
LEVELS = ("summary", "process", "full")
CLASSES = ("letter", "digit", "space", "punct", "newline", "other")

MAX_EVENTS = 20_000  # in one batch; a study may allow fewer
MAX_BODY_BYTES = 8 * 1024 * 1024  # likewise
MAX_TEXT = 1_000_000  # UTF-16 code units of an answer
MAX_INDEX = 5_000_000
MAX_TIME = 366 * 24 * 3600 * 1000  # milliseconds of one session
NO_BODY = "0" * 64  # `prev` of the first batch

Level = Literal["summary", "process", "full"]
Flag = Annotated[int, Field(ge=0, le=1)]
Index = Annotated[int, Field(ge=0, le=MAX_INDEX)]
Length = Annotated[int, Field(ge=0, le=MAX_TEXT)]
Milliseconds = Annotated[int, Field(ge=0, le=MAX_TIME)]
PerMille = Annotated[int, Field(ge=0, le=1000)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ShortHash = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
# PostgreSQL keeps no NUL; the recorder replaces it before anything is counted or hashed.
Text = Annotated[str, Field(max_length=MAX_TEXT, pattern=r"^[^\x00]*$")]
Counts = Annotated[tuple[Length, ...], Field(min_length=len(CLASSES), max_length=len(CLASSES))]


class Strict(BaseModel):
    """A message in which nothing may be missing, extra or of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Splice(Strict):
    """`d` units removed and `n` inserted at `p`; what was inserted is known by class and hash."""

    p: Length
    d: Length = 0
    n: Length = 0
    cc: Counts | None = None
    h: ShortHash | None = None
    x: Text | None = None


class Edit(Splice):
    """A change of the text that an `input` event announced."""

    it: Annotated[str, Field(max_length=64)] | None = None
    s0: Length = 0
    s1: Length = 0
    tr: Flag = 1
    bi: Flag = 1
    kd: Index | None = None
    co: Flag = 0
    pd: Flag = 0
    clip: Index | None = None
    back: Index | None = None


class Desync(Splice):
    """A change of the text that no event announced, and where it was noticed."""

    by: Literal["input", "timer", "submit"]


class Key(Strict):
    """A key going down or up, by class and never by letter."""

    a: Literal["d", "u"] = "d"
    c: Literal[
        "letter", "digit", "space", "punct", "enter", "erase", "nav", "mod", "func",
        "dead", "unident", "process", "other",
    ]  # fmt: skip
    r: Flag = 0
    m: Annotated[int, Field(ge=0, le=15)] = 0
    tr: Flag = 1
    of: Index | None = None
    dw: Milliseconds | None = None


class Clip(Strict):
    """A copy, cut, paste or drop: how long, which hash, and where it came from."""

    a: Literal["copy", "cut", "paste", "drop"]
    n: Annotated[int, Field(ge=0, le=2**31)]
    h: ShortHash | None = None
    # "from" is a keyword of the language; the wire says it plainly.
    origin: Literal["task", "answer", "page", "earlier", "outside"] = Field(alias="from")
    src_cov: PerMille = 0
    task_cov: PerMille = 0
    instr: Flag = 0
    fl: Literal["plain", "html-chat", "html-doc", "html-office", "html-other", "files"] = "plain"
    tr: Flag = 1
    bl: Literal["warn", "block"] | None = None
    ref: Index | None = None
    s0: Length | None = None
    s1: Length | None = None


class Composition(Strict):
    """An input method begins or ends composing."""

    a: Literal["s", "e"]
    n: Length = 0


class Switch(Strict):
    """Something is on (1) or off (0): focus, visibility, the window, the network."""

    on: Flag


class Caret(Strict):
    """The selection moved without typing."""

    s0: Length
    s1: Length


class Restore(Strict):
    """The text area was filled with an earlier draft; `sha` is the SHA-256 of that text."""

    n: Length
    sha: Hash
    by: Literal["server", "local", "page"]


class Lease(Strict):
    """This tab got or lost the right to write."""

    a: Literal["got", "lost"]


class Gap(Strict):
    """`n` events were dropped because the queue was full; -1 when nobody counted."""

    n: Annotated[int, Field(ge=-1, le=MAX_INDEX)]


class Phase(Strict):
    """The warm-up, a field or the answer begins or goes on: the text before, `d` units long, is
    put aside, and the text of that name, `n` units long, taken up; a new one is empty."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
    d: Length = 0
    n: Length = 0


class Submit(Strict):
    """The writer submitted a text of `n` units."""

    n: Length


_FIELDS: dict[str, type[Strict]] = {
    "edit": Edit,
    "desync": Desync,
    "key": Key,
    "clip": Clip,
    "comp": Composition,
    "foc": Switch,
    "vis": Switch,
    "win": Switch,
    "net": Switch,
    "car": Caret,
    "restore": Restore,
    "lease": Lease,
    "gap": Gap,
    "phase": Phase,
    "submit": Submit,
}
KINDS = tuple(_FIELDS)


class Event(NamedTuple):
    """One event: running index, milliseconds since the session began, kind, fields."""

    i: int
    t: int
    kind: str
    data: Any


def _kind_of(event: Any) -> str | None:
    is_event = isinstance(event, list | tuple) and len(event) == 4
    return event[2] if is_event and isinstance(event[2], str) else None


def _wire_event() -> Any:
    """The union of all events, told apart by their third element."""
    shapes = [
        Annotated[tuple[Index, Milliseconds, Literal[kind], fields], Tag(kind)]  # type: ignore[valid-type]
        for kind, fields in _FIELDS.items()
    ]
    return Annotated[Union[tuple(shapes)], Discriminator(_kind_of)]  # noqa: UP007 - made at run time


if TYPE_CHECKING:
    WireEvent = tuple[int, int, str, Any]
else:
    WireEvent = _wire_event()


class Body(Strict):
    """What one batch says; the server keeps the exact bytes it came in.

    Attributes:
        v: version of this schema.
        sid: the session.
        tab: the tab that writes, drawn at random when the page opens.
        seq: 1 for the first batch, then one more each time.
        prev: SHA-256 of the previous body's bytes (zeros for the first).
        nonce: the last receipt this browser holds (that of the start before any other): the
            batch cannot have been made before it was given.
        mono, wall: the browser's clocks when the batch was closed, milliseconds since the
            session began and since 1970.
        len, sha: length and SHA-256 (of UTF-8) of the text after the last event.
        events: in order, without holes in their running index.
    """

    v: Literal[1]
    sid: Name
    tab: Name
    seq: Annotated[int, Field(ge=1, le=MAX_INDEX)]
    prev: Hash
    nonce: Hash
    mono: Milliseconds
    wall: Annotated[int, Field(ge=0, le=2**45)]
    len: Length
    sha: Hash
    events: Annotated[list[WireEvent], Field(max_length=MAX_EVENTS)]

    def read(self) -> list[Event]:
        """The events as named tuples."""
        return [Event(*event) for event in self.events]


class Batch(Strict):
    """One batch on its way: the bytes to keep, and the draft to keep until the next one.

    `take` asks for the right to write although another tab holds it; `draft` is null when the
    text did not change since the last batch.
    """

    body: Annotated[str, Field(max_length=MAX_BODY_BYTES)]
    draft: Text | None = None
    take: bool = False


class Recording(Strict):
    """A whole recording in one piece: the hidden field of a form, a column of an export."""

    v: Literal[1]
    recorder: Literal["wellhead"]
    level: Level
    bodies: list[Annotated[str, Field(max_length=MAX_BODY_BYTES)]]
    text: Text


def parse_body(body: str | bytes) -> Body:
    """The batch that these bytes spell.

    Raises:
        BadInput: they are not a batch of this version; the message names the first place.

    >>> parse_body("{}")
    Traceback (most recent call last):
    wellhead.errors.BadInput: not a batch of recorder version 1: at v: Field required
    """
    try:
        parsed = Body.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the start"
        message = f"not a batch of recorder version {VERSION}: at {place}: {first['msg']}"
        raise BadInput(message) from error
    _check_order(parsed.events)
    return parsed


def _check_order(events: list[Any]) -> None:
    """Running indices have no hole, and time does not run backwards, within a batch."""
    for before, after in pairwise(events):
        if after[0] != before[0] + 1 or after[1] < before[1]:
            raise BadInput(
                f"events must follow each other: after event {before[0]} at {before[1]} ms came "
                f"event {after[0]} at {after[1]} ms"
            )


def compact(value: Any) -> str:
    """JSON as browsers spell it: no white space, nothing escaped that need not be.

    >>> compact({"a": ["é", 1]})
    '{"a":["é",1]}'
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def body_hash(body: str | bytes) -> str:
    """SHA-256 of a body's bytes, as the next body's `prev` names it."""
    raw = body.encode() if isinstance(body, str) else body
    return hashlib.sha256(raw).hexdigest()


def text_hash(text: str) -> str:
    """SHA-256 of a text, as `sha` names it.

    >>> text_hash("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def units(text: str) -> int:
    """Length in UTF-16 code units, as browsers count.

    >>> units("aé😀")
    4
    """
    return len(text) + sum(1 for character in text if character > "\uffff")
