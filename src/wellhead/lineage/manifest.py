"""What is known of one body of text: a manifest, named by the SHA-256 of its canonical JSON.

A manifest never changes. It names its parents by their hashes, so that one that changed is another
one, and everything below it would have to change with it. Unknown fields are refused when one is
read: nothing is vouched for that was not understood.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

import msgspec

from wellhead.errors import BadInput, BadSetting
from wellhead.lineage.canonical import canonical, digest

__all__ = [
    "KINDS",
    "SCHEMA",
    "WRITERS",
    "File",
    "Generator",
    "HumanShare",
    "Manifest",
    "Origin",
    "Rows",
    "Step",
    "require_days",
]

SCHEMA: Literal["wellhead.lineage/1"] = "wellhead.lineage/1"
Writers = Literal["people", "machines", "unknown", "mixed"]
Kind = Literal[
    "collected", "public", "licensed", "private", "crawled", "user", "synthetic", "unknown"
]
# What names a file or a manifest of the store never leads out of it.
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
PlainName = Annotated[str, msgspec.Meta(pattern=r"^(?!\.{1,2}\Z)[^/\x00]+\Z")]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WRITERS: tuple[str, ...] = get_args(Writers)
KINDS: tuple[str, ...] = get_args(Kind)


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a manifest; what was not said is left out of it."""


class File(_Part, frozen=True, kw_only=True):
    """One file.

    Attributes:
        name: what it is called; never a path.
        sha256, bytes: of its content.
        rows: documents in it; None for a file that holds no rows, such as a model.
        place: where it lies, a path seen from the store or an address; None when it is stored.
    """

    name: PlainName
    sha256: Digest
    bytes: int
    rows: int | None = None
    place: str | None = None


class Rows(_Part, frozen=True, kw_only=True):
    """The rows of all files together.

    Attributes:
        total: how many.
        rooted: how many have a human ancestor (`root_id`).
        original: how many are a person's own text (generation 0, and their own root).
        index: SHA-256 of the stored table of doc_id, root_id and generation; None where the
            files, all of them Parquet, have these columns themselves.
    """

    total: int
    rooted: int
    original: int
    index: Digest | None = None


class Origin(_Part, frozen=True, kw_only=True):
    """Where an original came from; dates as YYYY-MM-DD, languages as BCP 47 codes."""

    kind: Kind = "unknown"
    source: str | None = None
    licence: str | None = None
    collected_from: str | None = None
    collected_to: str | None = None
    languages: tuple[str, ...] = ()
    collector: str | None = None


class Generator(_Part, frozen=True, kw_only=True):
    """What wrote the new rows."""

    model: str
    revision: str | None = None
    seed: int | None = None
    sampling: dict[str, str | int | float | bool | None] = {}
    prompt_sha256: str | None = None


class HumanShare(_Part, frozen=True, kw_only=True):
    """Which part of the texts people wrote, with its interval and how it was measured."""

    low: float
    high: float
    method: str
    point: float | None = None
    level: float = 0.95
    evidence: str | None = None


class Step(_Part, frozen=True, kw_only=True):
    """What was done to the parents."""

    name: str
    version: str | None = None
    parameters: dict[str, Any] = {}


class Manifest(_Part, frozen=True, kw_only=True):
    """One node of the family tree.

    Attributes:
        writers: who wrote the rows: people, machines, a mix of both, or unknown.
        generation: the deepest generation among its rows; 0 is text as it was found.
        parents: the hashes of the manifests that it was made from; none for an original.
        created: when, as the writer's clock had it (UTC).
    """

    schema: Literal["wellhead.lineage/1"]
    name: str
    writers: Writers
    generation: int
    files: tuple[File, ...]
    rows: Rows
    created: str
    parents: tuple[Digest, ...] = ()
    origin: Origin | None = None
    generator: Generator | None = None
    human_share: HumanShare | None = None
    step: Step | None = None
    note: str | None = None

    @property
    def data(self) -> bytes:
        """The bytes that are hashed and kept."""
        return canonical(msgspec.to_builtins(self))

    @property
    def id(self) -> str:
        """The name of the manifest: the SHA-256 of `data`."""
        return digest(self.data)

    @classmethod
    def read(cls, data: bytes, what: str) -> Manifest:
        """The manifest in `data`, checked; `what` names it in the error.

        Raises:
            BadInput: it is no manifest of this version of the format.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
            raise BadInput(
                f"{what}: expected a manifest ({SCHEMA}), got something else: {error}."
            ) from error


def require_days(origin: Origin | None) -> None:
    """Raise unless the days of collection are days, the first before the last.

    Raises:
        BadSetting: they are not.
    """
    days = [] if origin is None else [origin.collected_from, origin.collected_to]
    given = [day for day in days if day is not None]
    for day in given:
        try:
            if not _DAY.fullmatch(day):
                raise ValueError
            date.fromisoformat(day)
        except ValueError as error:
            raise BadSetting(
                f"expected a day of collection as in 2026-01-31, got '{day[:40]}'."
            ) from error
    if given != sorted(given):
        raise BadSetting(
            f"expected a first day of collection before the last, got {' and '.join(given)}."
        )


def part_of(kind: type[_Part], values: dict[str, Any]) -> Any:
    """A part from what a user gave; an error names the field.

    Raises:
        BadSetting: a field is unknown or has the wrong kind of value.
    """
    try:
        return msgspec.convert(values, type=kind)
    except msgspec.ValidationError as error:
        raise BadSetting(f"{kind.__name__.lower()}: {error}.") from error
