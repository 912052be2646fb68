"""Adding to the family: an original, or something made from what is there.

Flows in: files, and what is known of them. Flows out: the id of a manifest in the store. Files are
hashed while their rows are read. Up to `KEEP` bytes a file is kept in the store; a larger one stays
where it lies, and its hash and place are noted. Nothing is in the store until everything is.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from wellhead._parquet import read_parquet
from wellhead.corpus.remote import fetched
from wellhead.errors import BadInput, BadSetting, unknown_name
from wellhead.lineage.hashing import THREADS, Hashed, hash_file, located, opened
from wellhead.lineage.manifest import (
    SCHEMA,
    WRITERS,
    File,
    Generator,
    HumanShare,
    Manifest,
    Origin,
    Rows,
    Step,
    require_days,
)
from wellhead.lineage.place import is_address
from wellhead.lineage.reserve import required, reserves_of
from wellhead.lineage.rows import SCHEMA as ROWS
from wellhead.lineage.rows import (
    Columns,
    check,
    counted,
    inherited,
    joined,
    own_rows,
    read_columns,
    require_one_row_each,
    write_index,
)
from wellhead.lineage.store import Store

__all__ = ["KEEP", "About", "Reading", "add", "derive", "roots_of", "rows_of"]

KEEP = 64 << 20
MIX = "mix"
Source = str | os.PathLike[str]


@dataclass(frozen=True)
class About:
    """What a user knows of the texts, beyond the texts.

    Args:
        name: what it is called; the name of the first file if not given.
        origin: where an original came from.
        generator: what wrote the new rows.
        human_share: which part people wrote, as it was measured.
        step: what was done to the parents.
        note: anything else that is worth keeping.
        created: when, as YYYY-MM-DDTHH:MM:SSZ; now if not given.
    """

    name: str | None = None
    origin: Origin | None = None
    generator: Generator | None = None
    human_share: HumanShare | None = None
    step: Step | None = None
    note: str | None = None
    created: str | None = None


@dataclass(frozen=True)
class Reading:
    """How files are read and kept.

    Args:
        text_column, id_column: as in `wellhead.corpus.open_corpus`.
        keep: keep all files in the store, or none; by default those of up to `KEEP` bytes.
        attach: further files that hold no rows, such as a model.
    """

    text_column: str | None = None
    id_column: str | None = None
    keep: bool | None = None
    attach: Sequence[Source] = ()


class _Read(NamedTuple):
    """One file, read: where it is noted to lie, its bytes and its rows."""

    path: Path
    place: str
    hashed: Hashed
    columns: Columns | None


def add(
    store: Store,
    files: Sequence[Source],
    *,
    writers: str,
    about: About | None = None,
    reading: Reading | None = None,
) -> str:
    """Add an original: text that was not made from anything in the store.

    Args:
        store: where to.
        files: of text, paths or addresses; a folder stands for the files in it.
        writers: ``"people"``, ``"machines"`` or ``"unknown"``. Only rows that people wrote can be
            the human root of others.
        about: what is known of it.
        reading: how files are read and kept.

    Returns:
        The id of its manifest.

    Raises:
        BadInput: a file cannot be read, or says that it comes from other texts.
    """
    known = WRITERS[:3]
    if writers not in known:
        raise unknown_name("kind of writers", writers, known)
    about, reading = about or About(), reading or Reading()
    require_days(about.origin)
    with _sources(files) as found:
        read = _read(store, found, reading)
        rows = joined([own_rows(each.columns, writers) for each in read if each.columns])
        if not rows.num_rows:
            raise BadInput("expected files with at least one text, got none.")
        if writers == "people":
            require_one_row_each(rows)
        return _append(store, read, rows, about, reading, writers=writers)


def derive(
    store: Store,
    files: Sequence[Source],
    *,
    parents: Sequence[str],
    about: About | None = None,
    reading: Reading | None = None,
) -> str:
    """Add something that was made from what is in the store: a filter, a mix, a new generation.

    Rows say where they come from in the columns ``root_id`` and ``generation``. Where a file has
    none, a row with the `doc_id` of a parent's row is taken for that row, and any other for a new
    one: of the next generation if a generator is named, and an error otherwise.

    Args:
        store: where to.
        files: as in `add`.
        parents: ids or names of manifests.
        about: what is known of it; its `generator` says that rows were written by a machine.
        reading: how files are read and kept.

    Returns:
        The id of its manifest.

    Raises:
        BadInput: a row names a root that no ancestor has, or a generation that cannot be.
        BadSetting: no parent is named, or one is not in the store.
        LimitExceeded: it is a mix, and lacks texts of a reserve. A step whose first word is "mix"
            is one, and so is whatever joins a body that machines wrote with another one.
    """
    about, reading = about or About(), reading or Reading()
    if not parents:
        raise BadSetting("expected at least one parent; what has none is added with add.")
    ids = list(dict.fromkeys(store.find(parent) for parent in parents))
    with _sources(files) as found:
        if _is_mix(about, [store.read(id) for id in ids]):
            for reserve in reserves_of(store, ids):
                required(store, reserve, [path for path, _ in found], reading.text_column)
        read = _read(store, found, reading)
        rows = _derived_rows(store, ids, [each.columns for each in read if each.columns], about)
        return _append(store, read, rows, about, reading, parents=tuple(ids))


def _is_mix(about: About, parents: list[Manifest]) -> bool:
    words = re.findall(r"\w+", about.step.name.casefold()) if about.step else []
    if words[:1] == [MIX]:
        return True
    joins = about.generator is None and len(parents) > 1
    return joins and any(each.generation or each.writers == "machines" for each in parents)


def _derived_rows(store: Store, parents: list[str], columns: list[Columns], about: About) -> Any:
    deepest = max(store.read(parent).generation for parent in parents)
    most = deepest + (about.generator is not None)
    needed = any(each.root_id is None or each.generation is None for each in columns)
    known = joined([rows_of(store, store.read(each)) for each in parents]) if needed else None
    rows = joined([inherited(each, known, deepest + 1) for each in columns])
    if wrong := check(rows, roots_of(store, parents), most):
        hint = (
            " If a machine wrote new rows, say which (--model)."
            if pc.max(rows.column("generation")).as_py() == deepest + 1 != most
            else ""
        )
        raise BadInput(f"rows that do not come from the parents named: {'; '.join(wrong)}.{hint}")
    return rows


def roots_of(store: Store, ids: Sequence[str]) -> Any:
    """The ids of all human originals that these manifests descend from, themselves included."""
    ancestors = {id: each for start in ids for id, each in store.ancestors(start).items()}
    found = [rows_of(store, each) for each in ancestors.values() if not each.parents]
    roots = joined(found).column("root_id").drop_null()
    return pc.unique(roots) if len(roots) else pa.array([], pa.string())


def rows_of(store: Store, manifest: Manifest) -> Any:
    """The rows of a manifest.

    Raises:
        BadInput: the files that hold them cannot be opened.
    """
    if manifest.rows.index is not None:
        with store.place.open(f"objects/{manifest.rows.index}") as stream:
            return _index(stream, manifest.name)
    return joined([_from_file(store, each) for each in manifest.files if each.rows is not None])


def _index(stream: Any, name: str) -> Any:
    try:
        return read_parquet(stream, columns=ROWS.names).cast(ROWS)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise BadInput(f"{name}: its rows cannot be read: {error}.") from error


def _from_file(store: Store, file: File) -> Any:
    for where in located(store, file):
        with contextlib.suppress(OSError), opened(store, where) as stream:
            return _index(stream, file.name)
    raise BadInput(f"{file.name} cannot be opened where it was; see `wellhead lineage verify`.")


@contextlib.contextmanager
def _sources(files: Sequence[Source]) -> Iterator[list[tuple[Path, str]]]:
    """Paths to read and what they are called in the store; addresses are fetched."""
    found: list[tuple[Path, str]] = []
    with contextlib.ExitStack() as stack:
        for source in [os.fspath(each) for each in files]:
            if is_address(source):
                folder = Path(stack.enter_context(fetched(source)))
                (path,) = [path for path in folder.rglob("*") if path.is_file()][:1] or [folder]
                found.append((path, source))
            else:
                found += [(path, "") for path in _inside(Path(source))]
        yield found


def _inside(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(
            each
            for each in path.rglob("*")
            if each.is_file() and not _hidden(each.relative_to(path))
        )
        if not found:
            raise BadInput(f"{path}: expected files in it, found none.")
        return found
    if not path.is_file():
        raise BadInput(f"{path}: expected a file or a folder, and there is none.")
    return [path]


def _hidden(inside: Path) -> bool:
    return any(part.startswith(".") for part in inside.parts)


def _read(store: Store, found: list[tuple[Path, str]], reading: Reading) -> list[_Read]:
    """Hash files in threads while their rows are read in this one."""
    attached = [path for source in reading.attach for path in _inside(Path(source))]
    sources = [*found, *((path, "") for path in attached)]
    with ThreadPoolExecutor(THREADS) as pool:
        hashes = [pool.submit(hash_file, path) for path, _ in sources]
        columns = [
            read_columns(path, text_column=reading.text_column, id_column=reading.id_column)
            for path, _ in found
        ]
        rows = [*columns, *([None] * len(attached))]
        return [
            _Read(path, place or _place(store, path), hashed.result(), row)
            for (path, place), hashed, row in zip(sources, hashes, rows, strict=True)
        ]


def _place(store: Store, path: Path) -> str:
    """A path as it is noted: seen from the store where both lie under one folder."""
    whole = path.resolve()
    if store.folder is None:
        return whole.as_posix()
    home = store.folder.resolve()
    if home.parent in whole.parents and home.parent != Path(home.anchor):
        return Path(os.path.relpath(whole, home)).as_posix()
    return whole.as_posix()


def _append(
    store: Store,
    read: list[_Read],
    rows: Any,
    about: About,
    reading: Reading,
    *,
    parents: tuple[str, ...] = (),
    writers: str | None = None,
) -> str:
    kept = {
        each.hashed.sha256: each.path
        for each in read
        if (reading.keep if reading.keep is not None else each.hashed.bytes <= KEEP)
    }
    figures = counted(rows)
    whole = bool(parents) and all(each.columns is None or each.columns.whole for each in read)
    with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
        index = None
        if not whole:
            table = Path(folder) / "rows.parquet"
            write_index(rows, table)
            index = hash_file(table).sha256
            kept[index] = table
        manifest = Manifest(
            schema=SCHEMA,
            name=about.name or (_text(read[0].path.stem) if read else "unnamed"),
            writers=writers or _writers(figures),  # type: ignore[arg-type]
            generation=figures.deepest,
            files=tuple(_file(each, kept) for each in read),
            rows=Rows(
                total=figures.total, rooted=figures.rooted, original=figures.original, index=index
            ),
            created=about.created or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            parents=parents,
            origin=about.origin,
            generator=about.generator,
            human_share=about.human_share,
            step=about.step,
            note=about.note,
        )
        return store.append(manifest, kept)


def _file(each: _Read, kept: dict[str, Path]) -> File:
    place = None if each.hashed.sha256 in kept else each.place
    if place is not None and _text(place) != place:
        raise BadInput(
            f"{_text(place)}: expected a path that is text, so that it can be noted where the file "
            "lies. Rename it, or keep the file in the store (--keep)."
        )
    return File(
        name=_text(each.path.name),
        sha256=each.hashed.sha256,
        bytes=each.hashed.bytes,
        rows=None if each.columns is None else len(each.columns.doc_id),
        place=place,
    )


def _text(name: str) -> str:
    """A file's name without bytes that are no text."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _writers(figures: Any) -> str:
    """Who wrote the rows of something derived."""
    if figures.original == figures.total:
        return "people"
    if figures.unknown == figures.total:
        return "unknown"
    return "mixed" if figures.original or figures.unknown else "machines"
