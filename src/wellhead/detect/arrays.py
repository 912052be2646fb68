"""Reading a file of plain arrays that somebody else may have made."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead.errors import BadInput

__all__ = ["read_arrays"]

MOST_BYTES = 1 << 28


def read_arrays(
    path: Path, wanted: Mapping[str, Any], *, besides: Mapping[str, Any] | None = None
) -> dict[str, NDArray[Any]]:
    """The one-dimensional arrays of an ``.npz`` file, by name, with the types that are wanted.

    Arrays `besides` may be there, all of them or none.

    Nothing in the file is run (no pickle), and nothing larger than 256 MB is unpacked.

    Raises:
        BadInput: missing, broken, too large, or other arrays than wanted.
    """
    again = "train or copy the detector anew"
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise BadInput(f"{path}: expected at most {MOST_BYTES} bytes of arrays, got {size}")
        with np.load(path, allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
    except FileNotFoundError as error:
        raise BadInput(f"{path} is missing; {again}") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise BadInput(f"{path} cannot be read ({error}); {again}") from error
    if besides and not arrays.keys().isdisjoint(besides):
        wanted = {**wanted, **besides}
    if set(arrays) != set(wanted):
        missing = ", ".join(sorted(set(wanted) - set(arrays))[:5]) or "nothing"
        extra = ", ".join(sorted(set(arrays) - set(wanted))[:5]) or "nothing"
        raise BadInput(f"{path}: missing {missing}, not expected {extra}; {again}")
    for name, kind in wanted.items():
        if arrays[name].ndim != 1 or arrays[name].dtype != kind:
            raise BadInput(
                f"{path}: expected {name} to be a list of {np.dtype(kind)}, got "
                f"{arrays[name].dtype} of shape {arrays[name].shape}; {again}"
            )
    return arrays
