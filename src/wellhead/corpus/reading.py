"""One pass over a corpus: rows are judged, identified, counted and handed on as Arrow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from wellhead.corpus.census import Census, Tally
from wellhead.corpus.columns import require_column
from wellhead.corpus.identity import content_hash
from wellhead.corpus.parts import ObjectPart, Part, TextFolderPart
from wellhead.corpus.rows import Bounds, Rows
from wellhead.corpus.schema import Carrier
from wellhead.corpus.validation import python_values, usable_text
from wellhead.errors import BadInput, BadSetting

__all__ = ["Plan", "Reading"]


@dataclass(frozen=True)
class Plan:
    """What to read, and what of it: the parts of a corpus, its columns and bounds."""

    name: str
    parts: tuple[Part, ...]
    text_column: str
    id_column: str | None
    bounds: Bounds


class Reading:
    """A pass under way.

    Args:
        plan: what to read.
        batch_size: the most rows in a batch.
        marks: whether batches get the columns `sha256`, `first`, `at_file` and `at_row`.
        finished: told the counts and notes once every part is read.

    Attributes:
        done: the share of the corpus, from 0 to 1, that is read.
    """

    def __init__(
        self,
        plan: Plan,
        batch_size: int,
        *,
        marks: bool,
        finished: Callable[[Census, list[str]], None],
    ) -> None:
        if batch_size < 1:
            raise BadSetting(f"expected a batch size of at least 1, got {batch_size}")
        self.done = 0.0
        self._plan = plan
        self._finished = finished
        self._bounds = replace(plan.bounds, rows=batch_size)
        self._marks = marks
        self._tally = Tally()
        self._carrier = Carrier()
        self._names = _Names()

    @property
    def census(self) -> Census:
        """The counts so far; whole once every part is read."""
        return self._tally.census()

    def parts(self) -> Iterator[tuple[Part, Iterator[pa.RecordBatch]]]:
        """Each part with its batches; a part's batches must be used up before the next part."""
        parts = self._plan.parts
        sizes = [max(1, part.size) for part in parts]
        before = 0
        for part, size in zip(parts, sizes, strict=True):
            yield part, self._batches(part, before / sum(sizes), size / sum(sizes))
            before += size
        self._finish()

    def _batches(self, part: Part, start: float, share: float) -> Iterator[pa.RecordBatch]:
        wanted = {self._plan.text_column, self._plan.id_column} - {None}
        columns: dict[str, None] = {}
        for rows, done in part.read(self._bounds):
            self.done = start + share * done
            for number, reason in rows.rejected:
                self._tally.reject(part.name, number, reason)
            if not rows.columns:
                continue
            columns |= dict.fromkeys(rows.columns)
            if not rows.sparse:
                self._require(wanted, columns, part)
            batch = self._judged(part, rows)
            if batch.num_rows:
                yield batch
        if columns:
            self._require(wanted, columns, part)

    def _require(self, wanted: set[str | None], columns: Mapping[str, None], part: Part) -> None:
        for column in wanted - columns.keys():
            require_column(str(column), list(columns), part.name)

    def _judged(self, part: Part, rows: Rows) -> pa.RecordBatch:
        text_column = self._plan.text_column
        id_column = self._plan.id_column or "id"
        values = python_values(rows.columns.get(text_column, [None] * len(rows.numbers)))
        kept, texts = [], []
        for place, (number, value) in enumerate(zip(rows.numbers, values, strict=True)):
            text, reason = usable_text(value, self._bounds.row_bytes)
            if reason:
                self._tally.reject(part.name, number, reason)
            else:
                kept.append(place)
                texts.append(text)
        hashes = [content_hash(text) for text in texts]
        given = python_values(rows.columns[id_column]) if id_column in rows.columns else None
        ids = [
            self._names.name(None if given is None else given[place], sha256)
            for place, sha256 in zip(kept, hashes, strict=True)
        ]
        ours: dict[str, pa.Array] = {
            "id": pa.array(ids, pa.string()),
            "text": pa.array(texts, pa.large_string()),
        }
        if self._marks:
            ours["sha256"] = pa.array(hashes, pa.string())
        first = [self._tally.admit(sha256) for sha256 in hashes]
        if self._marks:
            ours["first"] = pa.array(first, pa.bool_())
            ours |= _origins(part, rows, kept)
        carried = self._carrier.carry(self._others(rows.columns, kept, ours), len(kept))
        return pa.RecordBatch.from_pydict({**ours, **carried})

    def _others(
        self, columns: Mapping[str, Sequence[Any]], kept: list[int], ours: Mapping[str, Any]
    ) -> dict[str, Sequence[Any]]:
        """The carried columns, only the kept rows, under names that do not collide with ours."""
        others: dict[str, Sequence[Any]] = {}
        for name, values in columns.items():
            if name == self._plan.text_column:
                continue
            if name == "id" and self._plan.id_column in (None, "id"):
                continue
            new = _unicode(name)
            while new in ours or (new != name and new in columns):
                new = f"source_{new}"
            others[new] = _kept(values, kept)
        return others

    def _finish(self) -> None:
        census = self._tally.census()
        self.done = 1.0
        if not census.documents:
            raise BadInput(_nothing(self._plan.name, census))
        self._finished(census, [*self._carrier.notes, *self._names.notes()])


def _origins(part: Part, rows: Rows, kept: list[int]) -> dict[str, pa.Array]:
    """The file and the row (from 1) of each kept row; no file where it came from memory."""
    if isinstance(part, TextFolderPart):
        files, numbers = _kept(rows.columns["file"], kept), [1] * len(kept)
    else:
        files = [None if isinstance(part, ObjectPart) else part.name] * len(kept)
        numbers = [rows.numbers[place] for place in kept]
    return {"at_file": pa.array(files, pa.string()), "at_row": pa.array(numbers, pa.int64())}


class _Names:
    """Identities: the given one; the content's where none is given; never one for two texts."""

    def __init__(self) -> None:
        self._seen: dict[bytes, bytes] = {}
        self._clashes = 0

    def name(self, given: Any, sha256: str) -> str:
        text = "" if given is None else _unicode(str(given))
        if not text:
            return sha256[:32]
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        content = bytes.fromhex(sha256[:32])
        if self._seen.setdefault(digest, content) == content:
            return text
        self._clashes += 1
        return f"{text}#{sha256[:8]}"

    def notes(self) -> list[str]:
        if not self._clashes:
            return []
        return [
            f"{self._clashes} rows repeat the id of an earlier row with another text; "
            "their ids are extended with '#' and the first 8 digits of their content hash"
        ]


def _kept(values: Sequence[Any], kept: list[int]) -> Sequence[Any]:
    if isinstance(values, pa.Array):
        whole = len(kept) == len(values)
        chosen: Sequence[Any] = values if whole else values.take(pa.array(kept, pa.int64()))
        return chosen
    return [values[place] for place in kept]


def _unicode(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")


def _nothing(name: str, census: Census) -> str:
    if not census.rows:
        return f"{name}: expected documents, found no rows"
    reasons = ", ".join(f"{count} {reason}" for reason, count in census.unusable.items())
    way_out = ""
    if census.unusable.get("invalid UTF-8", 0) * 2 > census.rows:
        way_out = "; convert it to UTF-8, for example with iconv -f LATIN1 -t UTF-8"
    return (
        f"{name}: expected documents, but none of its {census.rows} rows can be used "
        f"({reasons}){way_out}"
    )
