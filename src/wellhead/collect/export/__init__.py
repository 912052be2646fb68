"""Answers out of the database, in formats that others read.

Each format is a folder of files; `export_study` writes one, `export_archive` gives it as a ZIP.
Workers leave as pseudonyms, times of events in steps of ten milliseconds.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from wellhead.collect.export.csv_export import write_csv
from wellhead.collect.export.evidence import write_evidence
from wellhead.collect.export.huggingface import write_dataset
from wellhead.collect.export.idfx import write_idfx
from wellhead.collect.export.parquet import write_parquet
from wellhead.collect.export.rows import Where
from wellhead.collect.store import Store
from wellhead.collect.study import Study
from wellhead.errors import unknown_name

__all__ = ["FORMATS", "export_archive", "export_study"]

_WRITERS: dict[str, Callable[[Connection, Study, Path, Where], list[Path]]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "huggingface": write_dataset,
    "idfx": write_idfx,
    "evidence": write_evidence,
}
FORMATS = tuple(_WRITERS)
Select = Callable[[Connection], Where]


def _all(_: Connection) -> Where:
    return ()


def export_study(
    store: Store, study: Study, format: str, folder: Path, select: Select = _all
) -> list[Path]:
    """Write the derived answers of a study; returns the files.

    Args:
        store: holds the answers; `settle` has derived them.
        study: whose answers.
        format: one of `FORMATS`.
        folder: made when missing.
        select: which answers leave, as conditions; all by default.

    Raises:
        BadSetting: the format is unknown.
    """
    if format not in _WRITERS:
        raise unknown_name("export format", format, FORMATS)
    folder.mkdir(parents=True, exist_ok=True)
    return store.read(lambda c: _WRITERS[format](c, study, folder, select(c)))


def export_archive(store: Store, study: Study, format: str, select: Select = _all) -> bytes:
    """The same as one ZIP file."""
    with tempfile.TemporaryDirectory(prefix="wellhead-export-") as name:
        folder = Path(name)
        files = export_study(store, study, format, folder, select)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, Path(study.id) / file.relative_to(folder))
        return packed.getvalue()
