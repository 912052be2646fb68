"""From whatever a user has to a `Corpus`: paths, globs, folders, standard input, objects."""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
from collections import Counter
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from wellhead.corpus.corpus import Corpus
from wellhead.corpus.formats import format_of_name, known_suffixes
from wellhead.corpus.objects import object_part
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
        return source
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
    spool = tempfile.NamedTemporaryFile(prefix="wellhead-")  # noqa: SIM115 (lives as long as the part)
    shutil.copyfileobj(sys.stdin.buffer, spool)
    spool.flush()
    part = FilePart(Path(spool.name), "stdin", "standard input", keep=spool)
    return _Found((part,), "stdin", None)


def _on_disk(path: Path, split: str | None) -> _Found:
    try:
        if path.is_dir():
            return _folder(path, sorted(path.rglob("*")), split, root=path.parent)
        if path.exists() or path.is_symlink():
            part = FilePart(path, path.name, path.name)
            return _Found((part,), path.name, path.parent, _lone_text(path, split))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    if glob.has_magic(str(path)):
        return _glob(path, split)
    raise BadInput(
        f"{path}: no such file, folder or glob; to weigh a text itself, pass it in a list"
    )


def _lone_text(path: Path, split: str | None) -> tuple[str, ...]:
    if format_of_name(path) != "text" or split:
        return ()
    return (f"each line of {path.name} is taken as one document (split='file' or 'paragraph')",)


def _glob(path: Path, split: str | None) -> _Found:
    matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))
    if not matches:
        raise BadInput(f"{path}: no file matches")
    base = Path(*takewhile(lambda part: not glob.has_magic(part), path.parts))
    return _files(base, matches, split, root=base, name=str(path), relative_to=base)


def _folder(path: Path, entries: list[Path], split: str | None, root: Path) -> _Found:
    whole = path.resolve()
    found = [entry for entry in entries if _is_ours(entry.relative_to(path))]
    return _files(path, found, split, root=whole.parent, name=whole.name, relative_to=path.parent)


def _is_ours(relative: Path) -> bool:
    """Whether a file of a folder belongs to the corpus: not hidden, and not a score sidecar."""
    folders = relative.parts[:-1]
    sidecar = any(one == "scores" and "@" in two for one, two in pairwise(folders))
    return not sidecar and not any(part.startswith(".") for part in relative.parts)


def _files(
    base: Path, entries: list[Path], split: str | None, *, root: Path, name: str, relative_to: Path
) -> _Found:
    files = [entry for entry in entries if entry.is_file()]
    formats = {path: format_of_name(path) for path in files}
    data = [path for path in files if formats[path] not in (None, "text")]
    texts = [path for path in files if formats[path] == "text"]
    if not data and not texts:
        raise BadInput(
            f"{name}: expected data files, found {len(files)} files and none of a known kind "
            f"({known_suffixes()}, each also .gz or .zst)"
        )
    filled = [path for path in data if path.stat().st_size]
    if data and not filled:
        raise BadInput(f"{name}: expected rows, got only empty files")
    notes = [f"{path.name} is empty" for path in data if path not in filled]
    left_out = len(files) - len(data) if data else len(files) - len(texts)
    if left_out:
        kinds = Counter(p.suffix or p.name for p in files if p not in (data or texts))
        listed = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(5))
        notes.append(f"{left_out} files of {name} are not read ({listed})")
    if data:
        parts: tuple[Part, ...] = tuple(
            FilePart(p, _relative(p, relative_to), _relative(p, relative_to)) for p in filled
        )
    elif split in (None, "file"):
        parts = (TextFolderPart(base, tuple(texts), f"{base.resolve().name}.txt", name),)
    else:
        parts = tuple(
            FilePart(p, _relative(p, relative_to), _relative(p, relative_to)) for p in texts
        )
    return _Found(parts, name, root, tuple(notes))


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name
