"""How much of a stranger's file is read: nothing without an end, nothing that unfolds."""

from __future__ import annotations

from pathlib import Path

from wellhead.errors import BadInput

__all__ = ["LARGEST_BYTES", "LARGEST_CELL", "read_bounded"]

LARGEST_BYTES = 200_000_000
LARGEST_CELL = 20_000_000


def read_bounded(path: Path, most: int = LARGEST_BYTES) -> bytes:
    """The bytes of a file that is not larger than `most`; a pipe is read no further than that.

    Raises:
        BadInput: the file is larger, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    if len(raw) > most:
        raise BadInput(f"{path} is larger than {most} bytes; split it.")
    return raw
