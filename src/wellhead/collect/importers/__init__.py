"""Writing that was recorded elsewhere, brought into the same shape.

Each reader gives `Imported` answers: text, outcome, shares by origin, flags. What a foreign log
cannot show stays unknown. No reader evaluates what it reads: everything is JSON, CSV or XML, and
bounded in size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from wellhead.collect.importers.gpturk import read_gpturk
from wellhead.collect.importers.idfx import read_idfx
from wellhead.collect.importers.imported import Imported
from wellhead.collect.importers.recordings import read_recordings
from wellhead.errors import unknown_name

__all__ = ["FORMATS", "Imported", "read_import"]

_READERS: dict[str, Callable[[Path], Iterator[Imported]]] = {
    "gpturk": read_gpturk,
    "idfx": read_idfx,
    "recordings": read_recordings,
}
FORMATS = tuple(_READERS)


def read_import(path: Path, format: str) -> Iterator[Imported]:
    """The answers in a foreign file.

    Args:
        path: the file.
        format: ``gpturk`` (an MTurk batch with the crowd study's key and paste log), ``idfx``
            (Inputlog's XML), or ``recordings`` (CSV, JSON or JSONL with our recorder's data in a
            column: jsPsych, Qualtrics, a crowd form).

    Raises:
        BadSetting: the format is unknown.
        BadInput: the file is not of that format.
    """
    if format not in _READERS:
        raise unknown_name("import format", format, FORMATS)
    return _READERS[format](path)
