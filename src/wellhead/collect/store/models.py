"""The tables of a collection, one class each.

Times are whole milliseconds of server UTC. Platform ids of workers live in `Identity` alone, so
that everything else can be exported or kept without them. The texts that change (drafts) lie
apart from the links of the chain, which never do: a draft that was overwritten is gone.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "Answer",
    "Audit",
    "Base",
    "Bucket",
    "Draft",
    "Grant",
    "Identity",
    "Link",
    "Login",
    "Mark",
    "Note",
    "Part",
    "Session",
    "Study",
    "Token",
    "User",
    "Visit",
]

_Name = String(80)


class Base(DeclarativeBase):
    """Base of all tables; its metadata is what migrations build."""

    type_annotation_map = {int: BigInteger, str: Text, bytes: LargeBinary}  # noqa: RUF012 - SQLAlchemy's own form


class Study(Base):
    """A study that this database holds answers for."""

    __tablename__ = "studies"
    id: Mapped[str] = mapped_column(_Name, primary_key=True)
    title: Mapped[str]
    created_ms: Mapped[int]


class Identity(Base):
    """Who a pseudonym is on the platform; deleted with the worker."""

    __tablename__ = "identities"
    study: Mapped[str] = mapped_column(_Name, primary_key=True)
    worker: Mapped[str] = mapped_column(_Name, primary_key=True)
    platform: Mapped[str] = mapped_column(_Name)
    platform_worker: Mapped[str]


class Visit(Base):
    """What the platform calls a visit (its submission, assignment, response); deleted with the
    worker."""

    __tablename__ = "visits"
    study: Mapped[str] = mapped_column(_Name, primary_key=True)
    entry: Mapped[str] = mapped_column(_Name, primary_key=True)
    worker: Mapped[str] = mapped_column(_Name)
    platform_visit: Mapped[str]


class Session(Base):
    """One writer at one task, and where the chain of their recording ends."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_by_task", "study", "task"),
        Index("sessions_by_worker", "study", "worker"),
        Index("sessions_by_entry", "study", "entry"),
        Index("sessions_by_token", "token_hash"),
    )
    id: Mapped[str] = mapped_column(_Name, primary_key=True)
    study: Mapped[str] = mapped_column(_Name, ForeignKey("studies.id"))
    task: Mapped[str]
    worker: Mapped[str] = mapped_column(_Name)
    # Keyed hash of what the platform said about this visit: finds the session on a second entry.
    entry: Mapped[str] = mapped_column(_Name)
    platform: Mapped[str] = mapped_column(_Name)
    attempt: Mapped[int]
    opening: Mapped[bytes]
    token_hash: Mapped[bytes]
    token_until_ms: Mapped[int]
    started_ms: Mapped[int]
    last_ms: Mapped[int]
    submitted_ms: Mapped[int | None]
    # Where the chain ends: its last link, and the last batch, which the browser counts itself.
    seq: Mapped[int]
    batch: Mapped[int]
    batch_hash: Mapped[str]
    # The arm of the experiment, "" without.
    condition: Mapped[str] = mapped_column(_Name, server_default="")
    phase: Mapped[str]
    head_hash: Mapped[bytes]
    head_receipt: Mapped[bytes]
    head_seal: Mapped[bytes]
    events: Mapped[int]
    stored_bytes: Mapped[int] = mapped_column(server_default="0")
    # Lease: the browser tab that may write, and until when.
    tab: Mapped[str | None] = mapped_column(_Name)
    tab_until_ms: Mapped[int]
    # Rate limit: requests that may still come now, in thousandths, and when that was counted.
    allowance: Mapped[int]
    allowance_ms: Mapped[int]
    # The same for bytes of batches.
    byte_allowance: Mapped[int] = mapped_column(server_default="0")
    byte_allowance_ms: Mapped[int] = mapped_column(server_default="0")
    expired_ms: Mapped[int | None]


class Link(Base):
    """One link of a chain, as received; the bytes are the ones that were hashed.

    Link 0 opens the session, one link is the submission, all others are batches.
    """

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("session", "batch"),)
    session: Mapped[str] = mapped_column(_Name, ForeignKey("sessions.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch: Mapped[int | None]
    received_ms: Mapped[int]
    body: Mapped[bytes | None]
    hash: Mapped[bytes]
    receipt: Mapped[bytes]


class Draft(Base):
    """The newest text of an unfinished answer."""

    __tablename__ = "drafts"
    session: Mapped[str] = mapped_column(_Name, ForeignKey("sessions.id"), primary_key=True)
    batch: Mapped[int]
    text: Mapped[str]


class Answer(Base):
    """A submitted answer, and what was derived from its recording."""

    __tablename__ = "answers"
    __table_args__ = (Index("answers_by_code", "code"),)
    session: Mapped[str] = mapped_column(_Name, ForeignKey("sessions.id"), primary_key=True)
    submit_key: Mapped[str] = mapped_column(_Name)
    submitted_ms: Mapped[int]
    text: Mapped[str]
    response: Mapped[str]
    # What was answered to the study's questions, as JSON by id.
    responses: Mapped[str] = mapped_column(server_default="{}")
    # Out of `response`: the completion code that the writer was given.
    code: Mapped[str | None] = mapped_column(_Name)
    derived: Mapped[str | None]
    # The last link that `derived` has seen; a late batch makes it stale.
    derived_seq: Mapped[int | None]
    # Version of the rules that `derived` was concluded by.
    rules: Mapped[int | None]
    # Out of `derived`, to search by: the outcome, and whether chain and replay hold (1 or 0).
    outcome: Mapped[str | None] = mapped_column(_Name)
    sound: Mapped[int | None]


class Part(Base):
    """A text that was finished before the answer: the warm-up, or a field by its id."""

    __tablename__ = "parts"
    session: Mapped[str] = mapped_column(_Name, ForeignKey("sessions.id"), primary_key=True)
    name: Mapped[str] = mapped_column(_Name, primary_key=True)
    # The batch after which it was finished; its hash is the text's.
    batch: Mapped[int]
    text: Mapped[str]


class Mark(Base):
    """What an answer may have in common with another: a foreign paste's hash, or its own."""

    __tablename__ = "marks"
    __table_args__ = (Index("marks_by_mark", "kind", "mark"),)
    session: Mapped[str] = mapped_column(_Name, ForeignKey("sessions.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(_Name, primary_key=True)
    mark: Mapped[str] = mapped_column(_Name, primary_key=True)
    event: Mapped[int]


class User(Base):
    """A researcher."""

    __tablename__ = "users"
    name: Mapped[str] = mapped_column(_Name, primary_key=True)
    password: Mapped[str]
    created_ms: Mapped[int]


class Grant(Base):
    """What a researcher may do in one study: `viewer`, `reviewer` or `owner`."""

    __tablename__ = "grants"
    user: Mapped[str] = mapped_column(_Name, ForeignKey("users.name"), primary_key=True)
    study: Mapped[str] = mapped_column(_Name, primary_key=True)
    role: Mapped[str] = mapped_column(_Name)


class Login(Base):
    """A researcher's browser that is signed in; only the hash of its cookie is kept."""

    __tablename__ = "logins"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(_Name, ForeignKey("users.name"))
    until_ms: Mapped[int]


class Token(Base):
    """A program that may read one study in a researcher's name; only the token's hash is kept."""

    __tablename__ = "tokens"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(_Name, ForeignKey("users.name"))
    study: Mapped[str] = mapped_column(_Name)
    created_ms: Mapped[int]
    until_ms: Mapped[int]


class Note(Base):
    """What a reviewer wrote about an answer, and decided: `accept`, `reject`, or nothing yet."""

    __tablename__ = "notes"
    id: Mapped[str] = mapped_column(_Name, primary_key=True)
    session: Mapped[str] = mapped_column(_Name, ForeignKey("sessions.id"), index=True)
    author: Mapped[str] = mapped_column(_Name)
    written_ms: Mapped[int]
    text: Mapped[str]
    decision: Mapped[str] = mapped_column(_Name, server_default="")
    # In hundredths of the platform's currency; None where nothing was said of a bonus.
    bonus: Mapped[int | None]


class Audit(Base):
    """Who did what: accounts, sign-ins, exports, deletions; `study` is "" for what concerns all."""

    __tablename__ = "audit"
    id: Mapped[str] = mapped_column(_Name, primary_key=True)
    at_ms: Mapped[int]
    actor: Mapped[str] = mapped_column(_Name)
    study: Mapped[str] = mapped_column(_Name)
    action: Mapped[str] = mapped_column(_Name)
    detail: Mapped[str]


class Bucket(Base):
    """A rate limit shared by all server processes."""

    __tablename__ = "buckets"
    key: Mapped[str] = mapped_column(_Name, primary_key=True)
    allowance: Mapped[int]
    at_ms: Mapped[int]
