"""What people label: a question, documents, and every answer as it was given.

A labelling is a folder with ``given.sqlite``: every label ever given; the latest of a rater and
document counts. Which documents there are, and who is to see which, is for those that inherit.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from wellhead.errors import BadInput, BadSetting, unknown_name

__all__ = ["Document", "Given", "Labelling", "Question", "of_rater", "rater_name"]

_LONGEST_NOTE = 2000
_RATER_LETTERS = 40


class Choice(NamedTuple):
    """One answer: what is kept, what the button says, the key that presses it."""

    value: str
    words: str
    key: str


class Question(NamedTuple):
    """What is asked of each document.

    Attributes:
        title: the question itself.
        choices: "no", "yes" and "cannot tell", in this order.
        guidance: what a label is worth, shown before the first one.
    """

    title: str
    choices: tuple[Choice, Choice, Choice]
    guidance: str

    @property
    def answers(self) -> tuple[str, str, str]:
        """The values that are kept: no, yes, cannot tell."""
        return self.choices[0].value, self.choices[1].value, self.choices[2].value


class Document(NamedTuple):
    """One document to label.

    Attributes:
        probability: with which it was drawn.
        link: leads to evidence, "" without any.
        context: what stands before the text, such as the question that it answers; "" for none.
    """

    id: str
    text: str
    probability: float
    link: str = ""
    context: str = ""


class Given(NamedTuple):
    """One label as it stands."""

    rater: str
    id: str
    label: str
    note: str


class Labelling:
    """Labels in a folder; those that inherit say of what, and in which order."""

    question: Question

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._latest: dict[tuple[str, str], Given] = {}
        self._read = 0
        try:
            with closing(self._base()) as base, base:
                base.execute(
                    "CREATE TABLE IF NOT EXISTS given (number INTEGER PRIMARY KEY, at_ms INTEGER, "
                    "rater TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL, "
                    "note TEXT NOT NULL)"
                )
        except sqlite3.Error as error:
            raise BadInput(
                f"{folder / 'given.sqlite'}: the labels given cannot be read or kept ({error}); "
                "bring the file back from a copy, or audit into another folder"
            ) from error

    @property
    def documents(self) -> Sequence[Document]:
        """Everything that is to be labelled."""
        raise NotImplementedError

    def ids(self) -> Sequence[str]:
        """The ids of the documents, by their places."""
        return [each.id for each in self.documents]

    def document(self, place: int) -> Document:
        """The one at a place."""
        return self.documents[place]

    def order_for(self, rater: str) -> list[int]:
        """The places of the documents that a rater sees, in the order of seeing them."""
        raise NotImplementedError

    def knows(self, id: str) -> bool:
        """Whether a document is to be labelled here."""
        raise NotImplementedError

    def _base(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "given.sqlite", timeout=30)

    def give(self, given: Given) -> None:
        """Keep a label; on disk when this returns.

        Raises:
            BadSetting: an answer, a document or a rater that cannot be.
        """
        if given.label not in self.question.answers:
            raise unknown_name("label", given.label, self.question.answers)
        if not self.knows(given.id):
            raise BadSetting(f"document '{given.id[:80]}' is not part of this audit")
        row = (time.time_ns() // 1_000_000, rater_name(given.rater), *given[1:3])
        with closing(self._base()) as base, base:
            base.execute(
                "INSERT INTO given (at_ms, rater, id, label, note) VALUES (?, ?, ?, ?, ?)",
                (*row, given.note[:_LONGEST_NOTE]),
            )

    def given(self) -> list[Given]:
        """The labels as they stand: the latest of each rater and document.

        Labels are only ever added: those that were read before are not read again.
        """
        with closing(self._base()) as base:
            rows = base.execute(
                "SELECT number, rater, id, label, note FROM given WHERE number > ? ORDER BY number",
                (self._read,),
            )
            for number, *row in rows:
                self._read = number
                self._latest[row[0], row[1]] = Given(*row)
        return list(self._latest.values())


def rater_name(name: str) -> str:
    """A rater's name as it is kept.

    Raises:
        BadSetting: no name, or a long one.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= _RATER_LETTERS or not name.isprintable():
        raise BadSetting(f"a rater's name has 1 to {_RATER_LETTERS} letters")
    return name


def of_rater(given: Iterable[Given], rater: str) -> dict[str, Given]:
    """One rater's labels by document."""
    return {each.id: each for each in given if each.rater == rater}
