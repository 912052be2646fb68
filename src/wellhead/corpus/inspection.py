"""What is in a corpus, before anything is done with it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from wellhead.corpus.census import Census
from wellhead.corpus.corpus import Corpus
from wellhead.corpus.language import languages_of, shares_of
from wellhead.corpus.near_duplicates import NearDuplicates

# More documents than this are not compared with one another.
COMPARED = 10_000
LISTENED = 300

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
        near_duplicates: documents that repeat an earlier one in full or nearly; None where the
            corpus has more than `COMPARED` documents.
        languages: share of documents by the language of most of each, of a sample; the commonest
            first. ``und``: it could not be told.
        scripts: share of letters by script, of the same sample.
        mixed: share of its documents that hold two languages or more, each a fifth of it.
    """

    name: str
    files: tuple[File, ...]
    columns: tuple[Column, ...]
    text_column: str
    notes: tuple[str, ...]
    census: Census
    characters: int
    near_duplicates: int | None
    languages: dict[str, float]
    scripts: dict[str, float]
    mixed: float

    def to_dict(self) -> dict[str, Any]:
        """The inspection as plain values."""
        return {
            "schema_version": 1,
            "name": self.name,
            "files": [file._asdict() for file in self.files],
            "columns": [column._asdict() for column in self.columns],
            "text_column": self.text_column,
            "characters": self.characters,
            "near_duplicates": self.near_duplicates,
            "languages": self.languages,
            "scripts": self.scripts,
            "mixed": self.mixed,
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
    copies: NearDuplicates | None = NearDuplicates()
    spoken: list[str] = []
    for batch in corpus.batches():
        types |= {field.name: str(field.type) for field in batch.schema}
        texts = batch["text"].to_pylist()
        characters += sum(map(len, texts))
        spoken += texts[: max(0, LISTENED - len(spoken))]
        copies = None if copies is None or copies.count + len(texts) > COMPARED else copies
        if copies is not None:
            copies.extend(texts)
    return Inspection(
        name=corpus.name,
        files=tuple(File(part.name, part.format, part.size) for part in corpus.parts),
        columns=tuple(Column(name, type_) for name, type_ in types.items()),
        text_column=corpus.text_column,
        notes=corpus.notes,
        census=corpus.census,
        characters=characters,
        near_duplicates=None if copies is None else copies.count - len(set(copies.clusters())),
        **_spoken(spoken),
    )


def _spoken(texts: list[str]) -> dict[str, Any]:
    """Languages, scripts and how many texts are mixed, of those long enough to tell."""
    told = [found for text in texts if (found := languages_of(text)).language]
    scripts: Counter[str] = Counter()
    for found in told:
        scripts.update(found.scripts)
    return {
        "languages": shares_of(Counter(found.language for found in told)),
        "scripts": shares_of(scripts),
        "mixed": sum(bool(found.mixed) for found in told) / max(len(told), 1),
    }
