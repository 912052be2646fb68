"""From whatever a user has to a `Corpus`: paths, globs, folders, standard input, objects."""

from __future__ import annotations

import glob
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from itertools import pairwise, takewhile
from pathlib import Path
from typing import IO, Any, NamedTuple

from wellhead.corpus.corpus import Corpus
from wellhead.corpus.formats import format_of_name, known_suffixes
from wellhead.corpus.in_memory import object_part
from wellhead.corpus.parts import FilePart, Part, TextFolderPart
from wellhead.corpus.rows import Bounds
from wellhead.errors import BadInput, BadSetting

__all__ = ["MAX_BYTES", "open_corpus"]

MAX_BYTES = 1 << 24
SPLITS = ("file", "line", "paragraph")


class _Found(NamedTuple):
    parts: tuple[Part, ...]
    name: str
    root: Path | None
    notes: tuple[str, ...] = ()


def open_corpus(
    source: Any,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    max_bytes: int = MAX_BYTES,
    split: str | None = None,
    name: str | None = None,
) -> Corpus:
    """The documents of `source` as a `Corpus`, streamed and never loaded whole.

    Files are JSONL, JSON, CSV, TSV, Parquet or plain text, each also ``.gz`` or ``.zst``. A
    folder is read as its data files, or, when it has none, as its text files, one document each.
    Objects are recognised by what they can do (the Arrow stream interface above all), without
    importing their libraries. One-shot sources (standard input, a record batch reader) are
    spooled to a temporary file, so that every corpus can be read again.

    Args:
        source: a path, glob, folder, ``"-"`` for standard input, a list of strings or dicts, an
            Arrow table, reader or batch, a pandas or polars frame, a Hugging Face dataset, or a
            `Corpus`, which is returned as it is.
        text_column: the column that holds the text; guessed, and said in `Corpus.notes`, if None.
        id_column: the column that holds identities; ``id`` where there is one, else a hash.
        max_bytes: a row with more bytes than this is counted as unusable.
        split: what one document of plain text is: ``"file"``, ``"line"`` or ``"paragraph"``.
            By default a file in a folder is one document, and a lone file or standard input
            holds one document a line.
        name: what to call the corpus; by default the name of the file, folder or object.

    Raises:
        BadInput: nothing there, nothing readable, or no such column.
        BadSetting: a setting outside its range.

    >>> corpus = open_corpus(["It rained.", "It rained.", None, "The river rose."])
    >>> corpus.census.documents, corpus.census.duplicates, corpus.census.unusable
    (3, 1, {'null': 1})
    """
    if isinstance(source, Corpus):
        return _as_opened(source, text_column, id_column)
    if max_bytes < 1:
        raise BadSetting(f"expected max_bytes of at least 1, got {max_bytes}")
    if split is not None and split not in SPLITS:
        raise BadSetting(f"expected split to be one of {', '.join(SPLITS)}, got '{split}'")
    found = _find(source, split)
    return Corpus(
        found.parts,
        name=name or found.name,
        text_column=text_column,
        id_column=id_column,
        bounds=Bounds(row_bytes=max_bytes, split=split or "line"),
        root=found.root,
        notes=found.notes,
    )


def _as_opened(corpus: Corpus, text_column: str | None, id_column: str | None) -> Corpus:
    if text_column not in (None, corpus.text_column) or id_column not in (None, corpus.id_column):
        raise BadSetting(
            f"{corpus.name} is already open with text column '{corpus.text_column}'; "
            "name the columns where it is opened"
        )
    return corpus


def _find(source: Any, split: str | None) -> _Found:
    if isinstance(source, str) and source == "-":
        return _standard_input()
    if isinstance(source, (str, os.PathLike)):
        return _on_disk(Path(source).expanduser(), split)
    part = object_part(source)
    return _Found((part,), part.name, None)


def _standard_input() -> _Found:
    if sys.stdin is None or sys.stdin.isatty():
        raise BadInput("expected documents on standard input, got a terminal; pipe them in")
    return _Found((_spooled(sys.stdin.buffer, "stdin", "standard input"),), "stdin", None)


def _spooled(stream: IO[bytes], relative: str, name: str) -> FilePart:
    """A stream that can be read only once, kept in a temporary file."""
    spool = tempfile.NamedTemporaryFile(prefix="wellhead-")  # noqa: SIM115 (lives as long as the part)
    shutil.copyfileobj(stream, spool)
    spool.flush()
    return FilePart(Path(spool.name), relative, name, keep=spool)


def _on_disk(path: Path, split: str | None) -> _Found:
    try:
        if path.is_dir():
            return _folder(path, split)
        if path.is_fifo() or path.is_char_device():
            with path.open("rb") as stream:
                return _Found((_spooled(stream, "pipe", str(path)),), "pipe", None)
        if path.exists() or path.is_symlink():
            part = FilePart(path, path.name, path.name)
            return _Found((part,), path.name, path.parent, _lone_text(path, split))
    except OSError as error:
        raise BadInput(f"{str(path)[:200]}: cannot be read ({error.strerror})") from error
    if glob.has_magic(str(path)):
        return _glob(path, split)
    raise BadInput(
        f"{str(path)[:200]}: no such file, folder or glob; "
        "to weigh a text itself, pass it in a list"
    )


def _lone_text(path: Path, split: str | None) -> tuple[str, ...]:
    if format_of_name(path) != "text" or split:
        return ()
    return (f"each line of {path.name} is taken as one document (split='file' or 'paragraph')",)


def _glob(path: Path, split: str | None) -> _Found:
    base = Path(*takewhile(lambda part: not glob.has_magic(part), path.parts))
    matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))
    if not matches:
        raise BadInput(f"{str(path)[:200]}: no file matches")
    place = _Place(base, root=base, name=str(path), texts=re.sub(r"\W+", "-", path.name))
    return _files(matches, split, place)


def _folder(path: Path, split: str | None) -> _Found:
    whole = path.resolve()
    place = _Place(path, root=whole.parent, name=whole.name, texts="texts", prefix=whole.name)
    return _files(sorted(path.rglob("*")), split, place)


class _Place(NamedTuple):
    """Where many files lie: their common folder, and how paths to them are told."""

    base: Path
    root: Path
    name: str
    texts: str
    prefix: str = ""

    def relative(self, path: Path) -> Path:
        return path.relative_to(self.base) if path.is_relative_to(self.base) else Path(path.name)

    def told(self, path: Path | str) -> str:
        inner = self.relative(path) if isinstance(path, Path) else Path(path)
        return (Path(self.prefix) / inner).as_posix()


def _files(entries: list[Path], split: str | None, place: _Place) -> _Found:
    files = [entry for entry in entries if entry.is_file() and _counts(place.relative(entry))]
    formats = {path: format_of_name(path) for path in files}
    data = [path for path in files if formats[path] not in (None, "text")]
    texts = [path for path in files if formats[path] == "text"]
    if not data and not texts:
        raise BadInput(
            f"{place.name}: expected data files, found {len(files)} files and none of a known "
            f"kind ({known_suffixes()}, each also .gz or .zst)"
        )
    read = data or texts
    notes = _left_out(place.name, [path for path in files if path not in set(read)])
    if texts and not data and split in (None, "file"):
        part = TextFolderPart(place.base, tuple(texts), place.told(place.texts), place.name)
        return _Found((part,), place.name, place.root, notes)
    filled = [path for path in read if path.stat().st_size]
    if not filled:
        raise BadInput(f"{place.name}: expected rows, got only empty files")
    notes += tuple(f"{path.name} is empty" for path in read if not path.stat().st_size)
    parts = tuple(FilePart(path, place.told(path), place.told(path)) for path in filled)
    return _Found(parts, place.name, place.root, notes)


def _counts(relative: Path) -> bool:
    """Whether a file belongs to the corpus: not hidden, and not a score sidecar."""
    sidecar = any(one == "scores" and "@" in two for one, two in pairwise(relative.parts[:-1]))
    return not sidecar and not any(part.startswith(".") for part in relative.parts)


def _left_out(name: str, files: list[Path]) -> tuple[str, ...]:
    if not files:
        return ()
    kinds = Counter(path.suffix or path.name for path in files)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(5))
    return (f"{len(files)} files of {name} are not read ({listed})",)
