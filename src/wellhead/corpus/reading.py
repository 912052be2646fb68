"""One pass over a corpus: rows are chosen, judged, identified, counted and handed on as Arrow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead.corpus._arrow import beginnings, flags, hexadecimal, numbers, repeated, strings
from wellhead.corpus.census import Census, Sampled, Tally
from wellhead.corpus.columns import require_column
from wellhead.corpus.condition import Condition
from wellhead.corpus.parts import ObjectPart, Part, TextFolderPart
from wellhead.corpus.rows import Bounds, Rows, taken
from wellhead.corpus.schema import Carrier
from wellhead.corpus.selection import TextPath
from wellhead.corpus.usable import usable_texts
from wellhead.corpus.validation import MOST_LOST, WITHOUT_TEXT, python_values
from wellhead.errors import BadInput, BadSetting
from wellhead.report.numbers import counted

__all__ = ["Plan", "Reading"]

# So many rows are enough to see that too many are lost.
EARLY = 5000


@dataclass(frozen=True)
class Plan:
    """What to read, and what of it.

    Args:
        name: of the corpus, for messages.
        parts: what is read, in order.
        text: where the text of a row lies.
        id_column: the column that holds identities, or None for ``id`` or a content hash.
        bounds: how much is held at once.
        where: which rows count, or None for all.
        keep_going: whether rows may be lost for one reason in more than 1 % of cases.
    """

    name: str
    parts: tuple[Part, ...]
    text: TextPath
    id_column: str | None
    bounds: Bounds
    where: Condition | None = None
    keep_going: bool = False


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
        carry: bool,
        finished: Callable[[Census, list[str]], None],
    ) -> None:
        if batch_size < 1:
            raise BadSetting(f"expected a batch size of at least 1, got {batch_size}")
        self.done = 0.0
        self._plan = plan
        self._finished = finished
        self._bounds = replace(plan.bounds, rows=batch_size)
        self._marks = marks
        self._carry = carry
        self._tally = Tally()
        self._carrier = Carrier()
        self._names = _Names()
        self._notes: list[str] = []

    @property
    def census(self) -> Census:
        """The counts so far; whole once every part is read."""
        return self._tally.census()

    @property
    def expected(self) -> int:
        """How many documents the corpus has in all, judged by the part that is read."""
        return round(self._tally.documents / self.done) if self.done else 0

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
        columns: dict[str, None] = {}
        for rows, done in part.read(self._bounds):
            self.done = start + share * done
            self._notes += rows.notes
            for number, reason in rows.rejected:
                self._tally.reject(part.name, number, reason)
            if not rows.columns:
                continue
            columns |= dict.fromkeys(rows.columns)
            if not rows.sparse:
                self._require(columns, part)
            batch = self._judged(part, self._chosen(part, rows))
            self._check(EARLY)
            if batch.num_rows:
                yield batch
        if columns:
            self._require(columns, part)

    def _require(self, columns: Mapping[str, None], part: Part) -> None:
        names = list(columns)
        wanted = [*self._plan.text.roots(names), *filter(None, [self._plan.id_column])]
        for column in wanted:
            try:
                require_column(column, names, part.name)
            except BadInput as error:
                if len(self._plan.parts) == 1:
                    raise
                raise BadInput(
                    f"{error}. All files of {self._plan.name} must have it; give files with "
                    "other columns by themselves"
                ) from None

    def _chosen(self, part: Part, rows: Rows) -> Rows:
        if self._plan.where is None:
            return rows
        count = len(rows.numbers)
        kept = self._plan.where.of(rows.columns, count, part.name)
        self._tally.filtered += count - sum(kept)
        return rows.only([place for place in range(count) if kept[place]])

    def _judged(self, part: Part, rows: Rows) -> pa.RecordBatch:
        values = self._plan.text.of(rows.columns, len(rows.numbers))
        found = usable_texts(values, self._bounds.row_bytes)
        for place, reason in found.rejected:
            self._tally.reject(part.name, rows.numbers[place], reason)

        def document(at: int) -> Sampled:
            return Sampled(part.name, rows.numbers[found.kept[at]], found.column[at].as_py())

        kept = found.kept.tolist()
        sha256 = hexadecimal(found.digests)
        ours = {"id": self._ids(rows.columns, kept, found.digests, sha256), "text": found.column}
        first = self._tally.admit(found.digests, found.lengths, document)
        if self._marks:
            ours |= {"sha256": sha256, "first": flags(first)}
            ours |= _origins(part, rows, kept)
        if not self._carry:
            return pa.RecordBatch.from_arrays(list(ours.values()), list(ours))
        carried = self._carrier.carry(self._others(rows.columns, kept, ours), len(kept))
        return pa.RecordBatch.from_pydict({**ours, **carried})

    def _ids(
        self,
        columns: Mapping[str, Sequence[Any]],
        kept: list[int],
        digests: list[bytes],
        sha256: pa.StringArray,
    ) -> pa.StringArray:
        id_column = self._plan.id_column or "id"
        if id_column not in columns:
            return beginnings(sha256, 32)
        given = python_values(columns[id_column])
        named = zip(kept, digests, strict=True)
        return strings([self._names.name(given[place], digest) for place, digest in named])

    def _others(
        self, columns: Mapping[str, Sequence[Any]], kept: list[int], ours: Mapping[str, Any]
    ) -> dict[str, Sequence[Any]]:
        """The carried columns, only the kept rows, under names that do not collide with ours."""
        others: dict[str, Sequence[Any]] = {}
        for name, values in columns.items():
            if name == self._plan.text.path:
                continue
            if name == "id" and self._plan.id_column in (None, "id"):
                continue
            new = _unicode(name)
            while new in ours or (new != name and new in columns):
                new = f"source_{new}"
            others[new] = taken(values, kept)
        return others

    def _check(self, least: int) -> None:
        """Stop where too many rows are lost for one reason: what is left would be a biased part.

        Raises:
            BadInput: they are, and nobody asked to keep going.
        """
        if self._plan.keep_going:
            return
        lost = {r: n for r, n in self._tally.unusable.items() if r not in WITHOUT_TEXT}
        rows = self._tally.documents + sum(self._tally.unusable.values())
        if not lost or rows < least or max(lost.values()) <= MOST_LOST * rows:
            return
        reason = max(lost, key=lambda name: lost[name])
        first = next(row for row in self._tally.census().examples if row.reason == reason)
        which = "first " if lost[reason] > 1 else ""
        raise BadInput(
            f"{self._plan.name}: {lost[reason]:,} of {counted(rows, 'row')} would be lost "
            f"({reason}, {which}{first.file}, row {first.row}); what is left may be a biased part. "
            f"{self._way_out(reason)}"
        )

    def _way_out(self, reason: str) -> str:
        anyway = "--keep-going (keep_going=True) goes on without them"
        if reason != "invalid UTF-8":
            return f"Mend the file, or {anyway}"
        found = filter(None, (part.propose_encoding() for part in self._plan.parts))
        encoding = next(found, "cp1252")
        return f"They look like {encoding}: add --encoding {encoding}, or {anyway}"

    def _nothing(self, census: Census) -> str:
        name = self._plan.name
        if not census.rows:
            found = "--where leaves none" if census.filtered else "found no rows"
            return f"{name}: expected documents, {found}"
        reasons = ", ".join(f"{count} {reason}" for reason, count in census.unusable.items())
        encoded = "invalid UTF-8" in census.unusable
        way_out = f". {self._way_out('invalid UTF-8')}" if encoded else ""
        if "empty" in census.unusable and any(part.scanned for part in self._plan.parts):
            way_out = (
                ". PDF files of a scanner hold pictures and no text; have their letters "
                "recognised, for example with ocrmypdf"
            )
        return (
            f"{name}: expected documents, but none of its {census.rows} rows can be used "
            f"({reasons}){way_out}"
        )

    def _finish(self) -> None:
        census = self._tally.census()
        self.done = 1.0
        if not census.documents:
            raise BadInput(self._nothing(census))
        self._check(0)
        self._finished(census, [*self._notes, *self._carrier.notes, *self._names.notes()])


def _origins(part: Part, rows: Rows, kept: list[int]) -> dict[str, pa.Array]:
    """The file and the row (from 1) of each kept row; no file where it came from memory."""
    if isinstance(part, TextFolderPart):
        files, places = strings(taken(rows.columns["file"], kept)), np.ones(len(kept), np.int64)
    else:
        known = not isinstance(part, ObjectPart)
        files = repeated(part.name, len(kept)) if known else pa.nulls(len(kept), pa.string())
        places = _numbers(rows.numbers)[kept]
    return {"at_file": files, "at_row": numbers(places)}


def _numbers(given: Sequence[int]) -> NDArray[np.int64]:
    if isinstance(given, range):
        return np.arange(given.start, given.stop, given.step, dtype=np.int64)
    return np.array(given, np.int64)


class _Names:
    """Identities: the given one; the content's where none is given; never one for two texts."""

    def __init__(self) -> None:
        self._seen: dict[bytes, bytes] = {}
        self._clashes = 0

    def name(self, given: Any, digest: bytes) -> str:
        text = "" if given is None else _unicode(str(given))
        if not text:
            return digest[:16].hex()
        key = hashlib.blake2b(text.encode(), digest_size=16).digest()
        content = digest[:16]
        if self._seen.setdefault(key, content) == content:
            return text
        self._clashes += 1
        return f"{text}#{digest[:4].hex()}"

    def notes(self) -> list[str]:
        if not self._clashes:
            return []
        return [
            f"{self._clashes} rows repeat the id of an earlier row with another text; "
            "their ids are extended with '#' and the first 8 digits of their content hash"
        ]


def _unicode(name: str) -> str:
    return name if name.isascii() else name.encode("utf-8", "replace").decode("utf-8")
