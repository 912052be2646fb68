"""The HTTP messages between the task page and the server, each strict and bounded.

``POST /api/session`` takes `Start`, answers `Started`; ``POST /api/session/{id}/batch`` takes
`schema.Batch`, answers `Receipt`; ``GET /api/session/{id}`` answers `State`;
``POST /api/session/{id}/submit`` takes `Submission`, answers `Submitted`;
``GET /api/session/{id}/recorded`` answers `Recorded`. `docs/collect-protocol.md` says when each
is sent, what may go wrong and what the page then does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wellhead.collect.schema import Hash, Index, Length, Level, Milliseconds, Name, Strict, Text

__all__ = [
    "Client",
    "Completion",
    "Consented",
    "Problem",
    "Receipt",
    "Recorded",
    "Settings",
    "Start",
    "Started",
    "State",
    "Submission",
    "Submitted",
    "TaskView",
]

Input = Literal["dictation", "assistive", "translation", "other"]
Short = Annotated[str, Field(max_length=200)]
Moment = Annotated[int, Field(ge=0, le=2**45)]


class Consented(Strict):
    """Which consent text was agreed to, and when by the browser's clock."""

    version: Short
    at: Moment


class Client(Strict):
    """What is kept of the browser: enough to read the timings, too little to know the person."""

    engine: Short = ""
    touch: bool = False
    layout: Annotated[str, Field(max_length=35)] = ""
    viewport: Literal["small", "medium", "large"] = "large"


class Start(Strict):
    """Begin, or go on with, a session.

    Attributes:
        ticket: the entry as the page was given it.
        name: who the writer says they are, where the study asks.
        after: the session before this one on the page, whose token has expired: its task goes on.
    """

    v: Literal[1]
    study: Name
    ticket: Annotated[str, Field(max_length=8192)]
    consent: Consented
    declared: Annotated[list[Input], Field(max_length=4, default_factory=list)]
    client: Client = Client()
    after: Name | None = None
    name: Short = ""
    tab: Name


class QuestionView(Strict):
    """One question, as `questions.Question` has it."""

    id: Name
    ask: Annotated[str, Field(max_length=2_000)]
    kind: Literal["choice", "scale", "short"]
    options: tuple[Short, ...] = ()
    points: int = 7
    at: Literal["before", "after"] = "after"
    required: bool = True


class FieldView(Strict):
    """A text before the answer or beside it, as `questions.Field` has it."""

    id: Name
    title: Short = ""
    instructions: Annotated[str, Field(max_length=20_000)]
    min_words: Index = 0
    optional: bool = False
    known_human: bool = False
    page: Short = ""


class TaskView(Strict):
    """The task as the writer sees it: plain text throughout, never markup."""

    version: Hash
    title: Short
    instructions: Annotated[str, Field(max_length=20_000)]
    source: Annotated[str, Field(max_length=1_000_000)] = ""
    warmup: Annotated[str, Field(max_length=20_000)] = ""
    min_words: Index = 0
    max_characters: Length = 50_000
    paste: Literal["allow", "warn", "block"] = "allow"
    language: Annotated[str, Field(max_length=35)] = "en"
    questions: tuple[QuestionView, ...] = ()
    fields: tuple[FieldView, ...] = ()
    minutes: Index = 0


class Settings(Strict):
    """How the recorder shall work. `key` (hex) makes equal pastes equal within the study only;
    `copies` names this person, so that the browser knows again what was copied here."""

    level: Level
    key: Hash
    copies: Name
    every_ms: Annotated[int, Field(ge=200, le=60_000)] = 5_000
    max_events: Annotated[int, Field(ge=10, le=20_000)] = 400
    canary: Annotated[str, Field(max_length=400)] = ""


class Completion(Strict):
    """How the writer gets back: nothing, a code to copy, an address, or a form to post."""

    kind: Literal["none", "code", "redirect", "post"] = "none"
    code: Short = ""
    url: Annotated[str, Field(max_length=2000)] = ""
    fields: Annotated[dict[str, str], Field(default_factory=dict)]


class Submitted(Strict):
    """The answer is on disk. `complete` says whether every batch up to `seq` is, too."""

    sid: Name
    received_at: Moment
    complete: bool
    completion: Completion


class State(Strict):
    """Where a session stands: what to put back on the page after a reload.

    Attributes:
        seq: the last batch that is stored, 0 before the first.
        prev: SHA-256 of that batch's body (zeros before the first).
        receipt: the receipt of that batch, or of the start.
        events: how many events are stored; the next one has this index.
        elapsed: milliseconds since the session began, by the server's clock.
        text: the draft that belongs to `seq`.
        texts: texts before this one, and those that were put aside, by name.
        phase: which text is being written: "warmup", a field by its id, or "answer".
        writer: whether the tab that asks may write.
        submitted: what the submission was answered with, so that a reloaded page shows it again.
    """

    sid: Name
    state: Literal["open", "submitted", "closed"]
    seq: Index
    prev: Hash
    receipt: Hash
    events: Index
    elapsed: Milliseconds
    text: Text
    texts: Annotated[dict[Name, Text], Field(default_factory=dict)]
    phase: Name = "answer"
    writer: bool = True
    submitted: Submitted | None = None


class Started(Strict):
    """A session: its bearer token, the task, the recorder's settings and where it stands."""

    v: Literal[1] = 1
    token: Annotated[str, Field(min_length=22, max_length=200)]
    resumed: bool
    task: TaskView
    recorder: Settings
    at: State


class Receipt(Strict):
    """A batch is on disk. `ack` is the last batch stored without a hole before it."""

    sid: Name
    seq: Index
    received_at: Moment
    receipt: Hash
    ack: Index


class Submission(Strict):
    """The final text, and what was answered to the questions, by id.

    `nonce` is drawn once per press of the button and sent again on a retry. `texts` are the texts
    before and beside the answer by name, in case that the recording has not brought them.
    """

    v: Literal[1]
    nonce: Name
    text: Text
    seq: Index
    responses: Annotated[dict[Name, Text], Field(max_length=100)] = Field(default_factory=dict)
    texts: Annotated[dict[Name, Text], Field(max_length=100)] = Field(default_factory=dict)


class Recorded(Strict):
    """What was recorded of this session, for the writer to read.

    Attributes:
        counts: events by kind, once the answer is handed in.
        origins: characters of the final text by origin, once it is handed in.
        retention_days: 0 for "until the researchers delete it".
        contact: whom to ask for deletion.
        receipt: where the chain of the recording ends: whoever keeps it can show that there was
            a recording.
    """

    sid: Name
    level: Level
    started_at: Moment
    submitted_at: Moment | None
    characters: Length
    counts: dict[str, Index]
    origins: dict[str, Length] | None
    retention_days: Index
    contact: Annotated[str, Field(max_length=500)]
    receipt: Hash


class Problem(Strict):
    """Every refusal has this shape. `error` is for programs, `message` for people.

    `completion` leads back whoever comes when every place is taken, where the study has a code
    for them.
    """

    error: Literal[
        "bad_request", "too_large", "unauthorised", "not_found", "gap", "conflict", "lease",
        "closed", "rate", "entry", "full", "unavailable", "too_short",
    ]  # fmt: skip
    message: str
    expected: Index | None = None
    retry_ms: Index | None = None
    completion: Completion | None = None
