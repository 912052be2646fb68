"""Scores beside a corpus: ``scores/<scorer>@<revision>/<same relative path>.parquet``.

A sidecar holds ``id, sha256, score, held_out`` for every document of one file, in its order, and
the exact name and revision of the scorer in its metadata. ``held_out`` is the score by a model that
had not seen the text, for texts that the scorer was fitted on, and null for all others. It appears
whole or not at all. While a file is being scored, finished stretches lie as parts in a hidden
folder beside the sidecar-to-be, and are joined at the end. What an earlier run left is used only
where it has the same id and content hash at the same place, so a corpus that changed is scored
again where it changed. The corpus itself is never written to.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path
from wellhead._parquet import read_parquet
from wellhead.errors import BadInput

__all__ = ["SCHEMA", "Sidecar", "read_scores", "scores_folder"]

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("sha256", pa.string()),
        ("score", pa.float64()),
        ("held_out", pa.float64()),
    ]
)
# Hashes and scores repeat nothing: looking for it costs time and saves a twentieth of the file.
_AS_IT_IS: dict[str, Any] = {"use_dictionary": False, "compression": "none"}


def scores_folder(root: Path, scorer: str, revision: str) -> Path:
    """The folder of all sidecars of one scorer, under the folder `root`.

    >>> scores_folder(Path("scores"), "org/model", "v1").as_posix()
    'scores/org-model@v1'
    """
    return root / f"{_plain(scorer)}@{_plain(revision)}"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", name).strip(".-") or "unnamed"


class Sidecar:
    """The scores of one file of a corpus, on disk."""

    def __init__(self, folder: Path, relative: str, *, scorer: str, revision: str) -> None:
        self.path = folder / f"{relative}.parquet"
        self.parts = self.path.with_name(f".{self.path.name}.parts")
        self._schema = SCHEMA.with_metadata(
            {"wellhead.scorer": scorer, "wellhead.revision": revision}
        )

    @property
    def whole(self) -> bool:
        """Whether an earlier run, of this very scorer, finished the file and none began anew."""
        return not self._parts() and self._ours(self.path)

    def earlier(self) -> Iterator[pa.Table]:
        """The rows that earlier runs left: of the sidecar, or of the parts up to a gap."""
        if self.whole:
            yield from _slices(self.path)
            return
        place = 0
        for start, path in self._parts():
            if start != place or not self._ours(path):
                return
            for piece in _slices(path):
                place += piece.num_rows
                yield piece

    def keep(self, rows: int) -> None:
        """Turn what earlier runs left into parts with exactly the first `rows` documents."""
        if self.whole:
            self._keep_of_sidecar(rows)
            return
        for start, path in self._parts():
            if start >= rows:
                path.unlink()
            elif start + pq.read_metadata(path).num_rows > rows:
                self.write_part(start, read_parquet(path).slice(0, rows - start))

    def _keep_of_sidecar(self, rows: int) -> None:
        place = 0
        for piece in _slices(self.path):
            taken = piece.slice(0, rows - place)
            if taken.num_rows:
                self.write_part(place, taken)
            place += taken.num_rows

    def write_part(self, start: int, table: pa.Table) -> None:
        """Keep a finished stretch of scores that begins at document `start`."""
        with atomic_path(self.parts / f"{start:012}.parquet") as temporary:
            pq.write_table(table.cast(self._schema), temporary, **_AS_IT_IS)

    def write(self, table: pa.Table) -> None:
        """Make the sidecar of all its scores at once, where nothing was kept before."""
        with atomic_path(self.path) as temporary:
            pq.write_table(table.cast(self._schema), temporary, **_AS_IT_IS)
        shutil.rmtree(self.parts, ignore_errors=True)

    def assemble(self) -> None:
        """Join the parts to the sidecar, a slice at a time, and remove them."""
        joined = self.parts / "joined"
        with (
            atomic_path(joined) as temporary,
            pq.ParquetWriter(temporary, self._schema, **_AS_IT_IS) as writer,
        ):
            for _, path in self._parts():
                for piece in _slices(path):
                    writer.write_table(piece.cast(self._schema))
        joined.replace(self.path)
        shutil.rmtree(self.parts, ignore_errors=True)

    def _parts(self) -> list[tuple[int, Path]]:
        return sorted((int(path.stem), path) for path in self.parts.glob("[0-9]*.parquet"))

    def _ours(self, path: Path) -> bool:
        """Whether `path` is a readable sidecar of the same scorer and revision."""
        try:
            schema = pq.read_schema(path)
        except (OSError, pa.ArrowException):
            return False
        return bool(schema.equals(self._schema, check_metadata=True))


def _slices(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1 << 16):
            yield pa.Table.from_batches([batch])


def read_scores(path: str | os.PathLike[str]) -> pa.Table:
    """The scores of a sidecar, or of all sidecars in a ``<scorer>@<revision>`` folder.

    Args:
        path: the file or the folder. Files are read in the order of their names.

    Returns:
        A table with columns ``id: string``, ``sha256: string``, ``score: float64`` and
        ``held_out: float64``.

    Raises:
        BadInput: nothing there, or not a sidecar.
    """
    place = Path(path)
    files = sorted(p for p in place.rglob("*.parquet") if not _hidden(p.relative_to(place)))
    if not place.is_dir():
        files = [place]
    if not files:
        raise BadInput(f"{place}: expected score sidecars, found none; run `wellhead score` first")
    return pa.concat_tables(_scores(file) for file in files)


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _scores(path: Path) -> pa.Table:
    try:
        table = read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path}: expected a score sidecar, cannot read it ({error})") from error
    if not table.schema.equals(SCHEMA):
        raise BadInput(
            f"{path}: expected the columns {', '.join(SCHEMA.names)}, found "
            f"{', '.join(table.schema.names)}; run `wellhead score` again"
        )
    return table.replace_schema_metadata(None)
