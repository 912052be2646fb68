"""From whatever a user has to a `Corpus`: paths, globs, folders, standard input, objects."""

from __future__ import annotations

import errno
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

from wellhead.corpus._compressed import opened
from wellhead.corpus.archives import unpacked
from wellhead.corpus.condition import Condition
from wellhead.corpus.corpus import Corpus
from wellhead.corpus.encoding import check_encoding
from wellhead.corpus.formats import DOCUMENTS, format_of_name, is_archive, known_suffixes
from wellhead.corpus.in_memory import object_part
from wellhead.corpus.parts import Document, FilePart, Part, TextFolderPart
from wellhead.corpus.remote import fetched, is_address
from wellhead.corpus.rows import Bounds
from wellhead.errors import BadInput, BadSetting
from wellhead.report.numbers import counted

__all__ = ["MAX_BYTES", "open_corpus"]

MAX_BYTES = 1 << 24
_ABOUT = re.compile("readme|licen[cs]e|notice|changelog|citation|requirements", re.IGNORECASE)
# What is left of an address by those who take it for a path.
_ONE_SLASH = re.compile("(https?|hf|s3|gs|gcs|az|ftp):/")
_EXPORT = re.compile(r"conversations(-\d+)?\.json")
_HEAD = 1 << 16
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
    where: str | None = None,
    encoding: str | None = None,
    keep_going: bool = False,
) -> Corpus:
    """The documents of `source` as a `Corpus`, streamed and never loaded whole.

    Files are JSON, JSONL, CSV, TSV, Parquet, Arrow, Feather, plain text, Markdown, CoNLL or
    subtitles, and with the extra ``files`` Word, Excel, HTML, PDF or XML; each also ``.gz``,
    ``.bz2``, ``.xz`` or ``.zst``, or in a zip or tar archive. A folder is read as its data files,
    or, when it has none, as its text files, one document each; files in folders of their own get
    a column ``folder``. Objects are recognised by what they can do (the Arrow stream interface
    above all), without importing their libraries. One-shot sources (standard input, a record
    batch reader, an address) are kept in a temporary file, so that every corpus can be read again.

    Args:
        source: a path, glob, folder, address (``https://``, ``hf://``, ``s3://`` where the package
            for it is installed), ``"-"`` for standard input, a list of strings or dicts, an
            Arrow table, reader or batch, a pandas or polars frame, a Hugging Face dataset, or a
            `Corpus`, which is returned as it is.
        text_column: the column that holds the text, a path into nested values such as
            ``messages[-1].content``, or several of these joined by ``+``; if None, found by
            content and name, and said in `Corpus.notes`.
        id_column: the column that holds identities; ``id`` where there is one, else a hash.
        max_bytes: a row with more bytes than this is counted as unusable.
        split: what one document of plain text is: ``"file"``, ``"line"`` or ``"paragraph"``.
            By default a file in a folder is one document, and a lone file or standard input
            holds one document a line.
        name: what to call the corpus; by default the name of the file, folder or object.
        where: which rows count, such as ``split == 'test' and year > 2000``; see `Condition`.
        encoding: what the files are written in, where that is not UTF-8.
        keep_going: go on where more than 1 % of the rows are lost for one reason.

    Raises:
        BadInput: nothing there, nothing readable, or no such column.
        BadSetting: a setting outside its range, or more than one column may hold the text.

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
    encoding = check_encoding(encoding) if encoding else None
    return Corpus(
        found.parts,
        name=name or found.name,
        text_column=text_column,
        id_column=id_column,
        bounds=Bounds(row_bytes=max_bytes, split=split, encoding=encoding),
        where=None if where is None else Condition(where),
        keep_going=keep_going,
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
    if isinstance(source, str) and is_address(source):
        return _at_address(source, split)
    if isinstance(source, str) and not source.strip():
        raise BadInput(
            "expected the name of a file or folder, got an empty one; '.' is this folder"
        )
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
    if _ONE_SLASH.match(str(path)) and not path.exists():
        raise BadInput(f"{str(path)[:200]}: an address has two slashes, as in hf://datasets/…")
    try:
        if path.is_dir():
            return _folder(path, split)
        if path.is_fifo() or path.is_char_device():
            with path.open("rb") as stream:
                return _Found((_spooled(stream, "pipe", str(path)),), "pipe", None)
        if path.is_file() and is_archive(path):
            return _archive(path, split)
        if path.exists() or path.is_symlink():
            part = FilePart(path, path.name, path.name)
            return _Found((part,), path.name, path.parent, _lone_text(path, split))
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise BadInput(f"{str(path)[:200]}: cannot be read ({error.strerror})") from error
    if glob.has_magic(str(path)):
        return _glob(path, split)
    raise BadInput(
        f"{str(path)[:200]}: no such file, folder or glob; "
        "to weigh texts themselves, pass a list of texts"
    )


def _lone_text(path: Path, split: str | None) -> tuple[str, ...]:
    if format_of_name(path) not in ("text", None) or split or not _is_text(path):
        return ()
    return (f"each line of {path.name} is taken as one document (split='file' or 'paragraph')",)


def _is_text(path: Path) -> bool:
    """Whether a file of an unknown name is read as lines."""
    try:
        return FilePart(path, path.name, path.name).format.split(".")[0] == "text"
    except BadInput:
        return False  # told when it is read


def _archive(path: Path, split: str | None) -> _Found:
    folder = unpacked(path)
    place = _Place(
        Path(folder.name), path.resolve().parent, path.name, "texts", path.name, keep=folder
    )
    entries = sorted(place.base.rglob("*"))
    members = [entry for entry in entries if entry.is_file() and _counts(place.relative(entry))]
    if len(members) == 1 and format_of_name(members[0]) is None:
        # As a lone file on disk: its format goes by its first bytes.
        part = FilePart(members[0], place.told(members[0]), place.told(members[0]), keep=folder)
        return _Found((part,), place.name, place.root)
    return _files(entries, split, place)


def _at_address(address: str, split: str | None) -> _Found:
    folder = fetched(address)
    entries = sorted(entry for entry in Path(folder.name).rglob("*") if entry.is_file())
    if len(entries) == 1 and is_archive(entries[0]):
        inner = _archive(entries[0], split)
        return inner._replace(root=None)
    place = _Place(Path(folder.name), None, address, "texts", keep=folder)
    if len(entries) == 1:
        # As a lone file on disk: its format may go by its first bytes, its texts by line.
        part = FilePart(entries[0], entries[0].name, entries[0].name, keep=folder)
        return _Found((part,), address, None, _lone_text(entries[0], split))
    return _files(entries, split, place)


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
    root: Path | None
    name: str
    texts: str
    prefix: str = ""
    keep: Any = None

    def relative(self, path: Path) -> Path:
        return path.relative_to(self.base) if path.is_relative_to(self.base) else Path(path.name)

    def told(self, path: Path | str) -> str:
        inner = self.relative(path) if isinstance(path, Path) else Path(path)
        return _printable((Path(self.prefix) / inner).as_posix())

    def labels(self, path: Path) -> dict[str, str]:
        """The folder of a file as columns: ``folder``, and ``key`` for folders ``key=value``."""
        parts = [_printable(part) for part in self.relative(path).parts[:-1]]
        keys = dict(part.split("=", 1) for part in parts if "=" in part)
        return {**keys, "folder": "/".join(parts)}


def _files(entries: list[Path], split: str | None, place: _Place) -> _Found:
    files = [entry for entry in entries if entry.is_file() and _counts(place.relative(entry))]
    formats = {path: format_of_name(path) for path in files}
    data = [path for path in files if formats[path] not in (None, *DOCUMENTS)]
    texts = [path for path in files if formats[path] in DOCUMENTS]
    if chats := [path for path in data if _is_export(path)]:
        data, texts = chats, []  # what an account's export holds besides is no chat
    if not data and not texts:
        raise BadInput(f"{place.name}: expected data files, {_none_known(files, place)}")
    _one_kind(data, texts, place)
    read = data or texts
    notes = _left_out(place.name, [path for path in files if path not in set(read)])
    if texts and not data and split in (None, "file"):
        return _Found((_documents(texts, place),), place.name, place.root, notes)
    filled = [path for path in read if path.stat().st_size]
    if not filled:
        raise BadInput(f"{place.name}: expected rows, got only empty files")
    notes += tuple(f"{path.name} is empty" for path in read if not path.stat().st_size)
    nested = any(len(place.relative(path).parts) > 1 for path in filled)
    parts = tuple(
        FilePart(
            path,
            place.told(path),
            place.told(path),
            keep=place.keep,
            labels=place.labels(path) if nested else {},
        )
        for path in filled
    )
    return _Found(parts, place.name, place.root, notes)


def _is_export(path: Path) -> bool:
    """Whether it holds the chats in the export of an account, as ChatGPT or Claude writes it."""
    if not _EXPORT.fullmatch(path.name):
        return False
    with opened(path) as file:
        start = file.stream.peek(_HEAD)[:_HEAD]
    return b'"mapping"' in start or b'"chat_messages"' in start


def _none_known(files: list[Path], place: _Place) -> str:
    """What there is instead of data files, and what to do."""
    packed = [path for path in files if is_archive(path)]
    if packed:
        return (
            f"found {counted(len(packed), 'archive')} ({packed[0].name}, …); give one by its own "
            "name, or unpack them into the folder"
        )
    named = ", ".join(str(place.relative(path)) for path in files[:3])
    bare = [path for path in files if not path.suffix]
    advice = (
        "; if each of them is a text, give them names that end in .txt, or name one alone"
        if 2 * len(bare) > len(files)
        else ""
    )
    return (
        f"found {counted(len(files), 'file')}{f' ({named})' if named else ''} and none of a known "
        f"kind ({known_suffixes()}, each also compressed){advice}"
    )


def _documents(texts: list[Path], place: _Place) -> TextFolderPart:
    nested = any(len(place.relative(path).parts) > 1 for path in texts)
    documents = tuple(
        Document(
            path, _printable(place.relative(path).as_posix()), place.labels(path) if nested else {}
        )
        for path in texts
    )
    return TextFolderPart(documents, place.told(place.texts), place.name, keep=place.keep)


def _one_kind(data: list[Path], texts: list[Path], place: _Place) -> None:
    """Ask where a folder holds texts beside a table: either may be the corpus, or its labels.

    Raises:
        BadSetting: it does; the message has both ways to name them.
    """
    texts = [path for path in texts if not _ABOUT.match(path.stem)]
    if not data or len(texts) < 2 or glob.has_magic(place.name):
        return
    table, text = place.relative(data[0]).as_posix(), place.relative(texts[0])
    if place.keep is not None:  # a folder that is gone when the command ends
        raise BadSetting(
            f"{place.name} holds {len(texts)} texts ({text.name}, …) and {len(data)} data files "
            f"({table}, …), and either may be meant; unpack it and give the one or the other"
        )
    raise BadSetting(
        f"{place.name} holds {len(texts)} texts ({text.name}, …) and {len(data)} data files "
        f"({table}, …); say which: '{place.base / text.parent}/*{text.suffix}' or "
        f"'{place.base / table}'"
    )


def _counts(relative: Path) -> bool:
    """Whether a file belongs to the corpus: not hidden, not in a folder ``_…``, not scores."""
    sidecar = any(one == "scores" and "@" in two for one, two in pairwise(relative.parts[:-1]))
    aside = any(part.startswith("_") for part in relative.parts[:-1])
    return not sidecar and not aside and not any(part.startswith(".") for part in relative.parts)


def _left_out(name: str, files: list[Path]) -> tuple[str, ...]:
    if not files:
        return ()
    kinds = Counter(path.suffix or path.name for path in files)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(5))
    return (f"{len(files)} files of {name} are not read ({listed})",)


def _printable(name: str) -> str:
    """A file's name without bytes that are no text."""
    return name.encode("utf-8", "replace").decode("utf-8")
