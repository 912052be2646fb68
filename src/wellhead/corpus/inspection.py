"""What is in a corpus, before anything is done with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from wellhead.corpus.census import Census
from wellhead.corpus.corpus import Corpus

__all__ = ["Column", "File", "Inspection", "inspect_corpus"]


class File(NamedTuple):
    """One file or object of a corpus: its name, format and size in bytes."""

    name: str
    format: str
    bytes: int


class Column(NamedTuple):
    """One column as it is handed on."""

    name: str
    type: str


@dataclass(frozen=True)
class Inspection:
    """What a corpus holds.

    Args:
        name: the name of the corpus.
        files: its files or objects.
        columns: the columns of its documents, with Arrow types.
        text_column: the column of the source that holds the text.
        notes: things to say aloud.
        census: rows, documents, duplicates, unusable rows.
        characters: length of all usable texts together.
    """

    name: str
    files: tuple[File, ...]
    columns: tuple[Column, ...]
    text_column: str
    notes: tuple[str, ...]
    census: Census
    characters: int

    def to_dict(self) -> dict[str, Any]:
        """The inspection as plain values."""
        return {
            "schema_version": 1,
            "name": self.name,
            "files": [file._asdict() for file in self.files],
            "columns": [column._asdict() for column in self.columns],
            "text_column": self.text_column,
            "characters": self.characters,
            "notes": list(self.notes),
            **self.census.to_dict(),
        }

    def to_json(self) -> str:
        """The inspection as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


def inspect_corpus(corpus: Corpus) -> Inspection:
    """What `corpus` holds, found in one pass over it.

    Raises:
        BadInput: a file is broken, or no row can be used; the message has the counts.

    >>> from wellhead.corpus import open_corpus
    >>> inspect_corpus(open_corpus([{"text": "It rained.", "year": 1790}])).columns[-1]
    Column(name='year', type='int64')
    """
    types: dict[str, str] = {}
    characters = 0
    for batch in corpus.batches():
        types |= {field.name: str(field.type) for field in batch.schema}
        characters += sum(map(len, batch["text"].to_pylist()))
    return Inspection(
        name=corpus.name,
        files=tuple(File(part.name, part.format, part.size) for part in corpus.parts),
        columns=tuple(Column(name, type_) for name, type_ in types.items()),
        text_column=corpus.text_column,
        notes=corpus.notes,
        census=corpus.census,
        characters=characters,
    )
