"""A reserve of human originals that later mixes must include.

Flows in: a mix, and a reserve that `wellhead.lineage.drawing` drew. Flows out: how many texts of
the reserve the mix lacks. Whether a text is in a mix is decided by what it says, not by its id.
`derive` with the step ``mix`` refuses one that lacks texts of a reserve drawn from its ancestors.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import pyarrow.compute as pc

from wellhead._atomic import write_text
from wellhead._parquet import read_parquet
from wellhead.corpus import open_corpus
from wellhead.errors import BadInput, BadSetting, LimitExceeded
from wellhead.lineage.hashing import located, opened
from wellhead.lineage.manifest import File
from wellhead.lineage.store import Store

__all__ = ["STEP", "Lacking", "file_at_hand", "lacking", "required", "reserves_of", "write_texts"]

STEP = "reserve"


@contextmanager
def file_at_hand(store: Store, file: File) -> Iterator[Path]:
    """A file under its own name, its bytes checked.

    Raises:
        BadInput: no place has it any more.
    """
    with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
        path = Path(folder) / PurePath(file.name).name
        for where in located(store, file):
            try:
                with opened(store, where) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
                with path.open("rb") as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256:
                        yield path
                        return
            except FileNotFoundError:
                continue
    raise BadInput(f"{file.name} can no longer be opened unchanged; see `wellhead lineage verify`.")


def _kept(store: Store, id: str) -> Any:
    each = store.read(id)
    if each.step is None or each.step.name != STEP:
        raise BadSetting(f"expected a reserve, and {each.name} is none.")
    with file_at_hand(store, each.files[0]) as path:
        return read_parquet(path)


def write_texts(store: Store, reserve: str, path: Path) -> int:
    """Write the texts of a reserve, one a line, as a corpus of the laboratory; how many."""
    texts = _kept(store, store.find(reserve)).column("text").to_pylist()
    write_text(path, "".join(" ".join(text.split()) + "\n" for text in texts))
    return len(texts)


class Lacking(NamedTuple):
    """What a mix has of a reserve."""

    reserve: str
    needed: int
    missing: int
    examples: tuple[str, ...]


def lacking(store: Store, reserve: str, files: Sequence[Any], text_column: str | None) -> Lacking:
    """How many texts of a reserve a mix does not hold."""
    id = store.find(reserve)
    kept = _kept(store, id)
    wanted = kept.column("sha256").combine_chunks()
    found: set[str] = set()
    for file in files:
        for batch in open_corpus(file, text_column=text_column).batches(marks=True):
            hashes = batch.column("sha256")
            found |= set(hashes.filter(pc.is_in(hashes, value_set=wanted)).to_pylist())
    gone = [
        doc
        for doc, sha256 in zip(kept.column("doc_id").to_pylist(), wanted.to_pylist(), strict=True)
        if sha256 not in found
    ]
    return Lacking(id, len(wanted), len(gone), tuple(gone[:5]))


def reserves_of(store: Store, parents: Sequence[str]) -> list[str]:
    """The reserves that were drawn from an original of these manifests."""
    ancestors = {id for parent in parents for id in store.ancestors(parent)}
    return [
        id
        for id, each in store.manifests().items()
        if each.step and each.step.name == STEP and ancestors & set(each.parents)
    ]


def required(store: Store, reserve: str, files: Sequence[Any], text_column: str | None) -> int:
    """How many texts of a reserve a mix holds: all of them.

    Raises:
        LimitExceeded: some are missing; the message says how many.
    """
    found = lacking(store, reserve, files, text_column)
    if found.missing:
        raise LimitExceeded(
            f"the mix lacks {found.missing:,} of the {found.needed:,} texts of the reserve "
            f"'{store.read(found.reserve).name}', {', '.join(found.examples)} among them. Put them "
            "back in (`wellhead lineage reserve STORE --texts FILE` writes them) and try again."
        )
    return found.needed
