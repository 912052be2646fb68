"""A corpus: documents from any source as Arrow record batches, with nothing lost silently.

`Corpus.batches` streams ``id: string``, ``text: large_string`` and the other columns of the
source. A column of the source that would collide with one of ours is carried as ``source_<name>``.
Every pass counts rows, documents, exact duplicates and unusable rows; `Corpus.census` is what the
last whole pass found. Scores, references and reports are the business of others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead.corpus.census import Census
from wellhead.corpus.columns import SPEAKERS, Guess, guess_text_column, require_column, which_column
from wellhead.corpus.condition import Condition
from wellhead.corpus.parts import Part, TextFolderPart
from wellhead.corpus.reading import Plan, Reading
from wellhead.corpus.rows import Bounds, Rows
from wellhead.corpus.schema import unified
from wellhead.corpus.selection import TextPath
from wellhead.corpus.validation import python_values
from wellhead.errors import BadInput, BadSetting

__all__ = ["Corpus"]

BATCH = 1024
# How far into each file the text column is looked for: so many stretches of so many rows.
_BEGUN = 20  # files whose first documents are looked at
_PEEKS = 100
_PEEK_ROWS = 100
_MODELS = {"assistant", "gpt", "bot", "chatgpt", "claude", "ai", "model"}
_PEOPLE = {"user", "human"}
_EITHER = "both sides of a chat are texts, what the model answered and what the person wrote"


class Corpus:
    """Documents that can be streamed again and again. Made by `open_corpus`.

    Attributes:
        name: what the corpus is called in messages and reports.
        text_column: the column, or path, of the source that holds the text.
        id_column: the column that holds identities, or None when they are content hashes.
        notes: things to say aloud, for example which text column was guessed and why.
        root: the folder that sidecars lie beside; None for a source without a path.
    """

    def __init__(
        self,
        parts: tuple[Part, ...],
        *,
        name: str,
        text_column: str | None = None,
        id_column: str | None = None,
        bounds: Bounds | None = None,
        root: Path | None = None,
        notes: tuple[str, ...] = (),
        where: Condition | None = None,
        keep_going: bool = False,
    ) -> None:
        self.parts = parts
        self.name = name
        self.root = root
        self.bounds = bounds or Bounds()
        self._notes = list(notes)
        self._where = where
        self._keep_going = keep_going
        self._census: Census | None = None
        self.text_column = self._settle_text_column(text_column)
        self.id_column = id_column

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, text_column={self.text_column!r}, parts={len(self.parts)})"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed or came out odd, in plain sentences."""
        return tuple(self._notes)

    @property
    def census(self) -> Census:
        """The counts of the last whole pass; the first time, a pass is made for them."""
        if self._census is not None:
            return self._census
        reading = self.reading()
        for _, batches in reading.parts():
            for _ in batches:
                pass
        return reading.census

    def batches(
        self, batch_size: int = BATCH, *, marks: bool = False, progress: Progress = quiet
    ) -> Iterator[pa.RecordBatch]:
        """The documents, in the order of the source, a record batch at a time.

        Args:
            batch_size: the most rows in one batch; batches of long texts, and the last ones of
                each file, are smaller. The same corpus and size give the same batches.
            marks: add ``sha256: string``, the content hash, and ``first: bool``, true for the
                first document with this text (evidence is the rows with ``first``); ``at_file:
                string`` and ``at_row: int64``, where the document stands, rows from 1.
            progress: told of every document whose batch was worked on, and of how many to expect.

        Yields:
            Record batches. A carried column whose values turn out not to agree may widen its
            type on the way (see `unified`).

        Raises:
            BadInput: a file is broken, has no such column, or no row at all can be used.
        """
        reading = self.reading(batch_size, marks=marks)
        for _, batches in reading.parts():
            for batch in batches:
                yield batch
                progress.total(reading.expected)
                progress.advance(batch.num_rows)

    def reading(
        self, batch_size: int = BATCH, *, marks: bool = False, carry: bool = True
    ) -> Reading:
        """One pass over the corpus, file by file, which tells how far it is.

        Without `carry`, batches hold only our own columns.
        """
        return Reading(self._plan(), batch_size, marks=marks, carry=carry, finished=self._finished)

    def beginnings(self, number: int) -> list[str]:
        """The first texts of some files, about `number` in all: enough to see of what kind it is.

        Up to 20 files are begun, evenly spread over the corpus. It is no random sample.
        """
        some = self.parts[:: -(-len(self.parts) // _BEGUN)]
        each = -(-number // len(some))
        found: list[str] = []
        for part in some:
            plan = replace(self._plan(), parts=(part,))
            reading = Reading(plan, each, marks=False, carry=False, finished=lambda *_: None)
            for _, batches in islice(reading.parts(), 1):
                for batch in islice(batches, 1):
                    found += batch["text"].to_pylist()
        return found

    def table(self) -> pa.Table:
        """Every document in memory, for corpora that are small."""
        return unified(self.batches())

    def _plan(self) -> Plan:
        return Plan(
            self.name,
            self.parts,
            TextPath(self.text_column),
            self.id_column,
            self.bounds,
            self._where,
            self._keep_going,
        )

    def _finished(self, census: Census, notes: list[str]) -> None:
        self._census = census
        self._notes += [note for note in notes if note not in self._notes]

    def _settle_text_column(self, wanted: str | None) -> str:
        """The column named, if it is there, else the best guess from the first rows that help."""
        if wanted is None and all(isinstance(part, TextFolderPart) for part in self.parts):
            return "text"
        failure: BadInput | None = None
        unread: Counter[str] = Counter()
        for rows in self._first_rows():
            unread.update(reason for _, reason in rows.rejected)
            self._notes += [note for note in rows.notes if note not in self._notes]
            if not rows.numbers:
                continue
            try:
                if wanted is not None:
                    for column in TextPath(wanted).roots(list(rows.columns)):
                        require_column(column, list(rows.columns), self.name)
                    self._say_sides(rows)
                    return wanted
                guess = self._guess(rows)
            except BadInput as error:
                failure = failure or error
            else:
                self._say(guess, list(rows.columns))
                self._say_sides(rows)
                return guess.column
        raise failure or BadInput(
            f"{self.name}: expected documents, found no row that can be read "
            f"({self._unread(unread)}"
        )

    def _unread(self, unread: Counter[str]) -> str:
        """Why no row can be read, and what to add where it is the encoding."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in unread.most_common())
        found = next(filter(None, (part.propose_encoding() for part in self.parts)), None)
        if "invalid UTF-8" not in unread or found is None:
            return f"{reasons or 'it has none'})"
        return f"{reasons}); they look like {found}: add --encoding {found}"

    def _guess(self, rows: Rows) -> Guess:
        try:
            if rows.either:
                raise BadSetting(which_column(_EITHER, rows.either))
            return guess_text_column(rows.columns)
        except (BadInput, BadSetting) as error:
            raise type(error)(f"{self.name}: {error}") from error

    def _first_rows(self) -> Iterator[Rows]:
        bounds = replace(self.bounds, rows=_PEEK_ROWS)
        for part in self.parts:
            for stretch in islice(part.read(bounds), _PEEKS):
                yield stretch.rows

    def _say(self, guess: Guess, columns: list[str]) -> None:
        if len(columns) > 1:
            others = ", ".join(column for column in columns if column != guess.column)
            self._notes.append(
                f"text column '{guess.column}' was chosen {guess.why} (others: {others})"
            )

    def _say_sides(self, rows: Rows) -> None:
        """A log of chats, a message a row: whose are counted together."""
        chosen = self._where.columns if self._where else []
        for column in SPEAKERS & rows.columns.keys() - set(chosen):
            said = {str(value) for value in python_values(rows.columns[column])}
            model, person = sorted(said & _MODELS), sorted(said & _PEOPLE)
            if model and person:
                self._notes.append(
                    f"the rows are messages of both sides of chats; to take one of them: --where "
                    f"'`{column}` == \"{model[0]}\"' or --where '`{column}` == \"{person[0]}\"'"
                )
