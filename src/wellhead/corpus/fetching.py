"""Fetch the files of a catalogued dataset: checked against their checksums, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

from wellhead._progress import Progress, progress, quiet
from wellhead.corpus.catalogue import Dataset, RemoteFile
from wellhead.errors import BadInput, WellheadError

__all__ = ["Fetched", "fetch"]

_PATIENCE = 30.0  # seconds without a byte


class Fetched(NamedTuple):
    """One file on disk.

    Args:
        path: where it is.
        sha256: the checksum of what is there.
        checked: whether the catalogue knew the checksum and it agreed.
        new: whether it was downloaded now rather than found.
    """

    path: Path
    sha256: str
    checked: bool
    new: bool

    def to_dict(self) -> dict[str, Any]:
        """The file as plain values."""
        return {**self._asdict(), "path": str(self.path)}


def fetch(
    entry: Dataset, folder: str | os.PathLike[str], *, show_progress: bool = False
) -> list[Fetched]:
    """Download the files of `entry` into `folder`; files already there and right are kept.

    Args:
        entry: what `wellhead.corpus.catalogue.dataset` returned.
        folder: where to put the files; made when missing.
        show_progress: draw a progress bar with the time left, on a terminal.

    Returns:
        One `Fetched` for each file. Where the catalogue knows no checksum, the one measured is
        told, so that it can be noted down.

    Raises:
        BadInput: the dataset has no files to fetch, or a file differs from its checksum.
        WellheadError: a file could not be reached.
    """
    if not entry.files:
        how = f"pip install '{entry.package}'" if entry.package else f"see {entry.homepage}"
        raise BadInput(f"{entry.name} has no files to fetch here; get it so: {how}")
    target = Path(folder)
    known = sum(file.bytes or 0 for file in entry.files) or None
    with progress(f"fetching {entry.name}, bytes", known, show=show_progress) as bar:
        return [_fetch(file, target / file.name, bar) for file in entry.files]


def _fetch(file: RemoteFile, path: Path, bar: Progress) -> Fetched:
    import pooch
    import requests

    before = _checksum(path) if path.is_file() else None
    pooch.get_logger().setLevel("ERROR")
    http = pooch.HTTPDownloader(progressbar=_Bar(bar), timeout=_PATIENCE)
    try:
        pooch.retrieve(file.url, file.sha256, path.name, path.parent, downloader=http)
    except ValueError as error:
        raise BadInput(
            f"{file.url}: expected a file with SHA-256 {file.sha256}, got another one "
            f"({error}); nothing is kept. Try again, and report it if it stays so"
        ) from error
    except requests.RequestException as error:
        raise WellheadError(
            f"cannot fetch {file.url} ({error}); check the connection, or fetch the file in "
            "another way and put it into the folder: it is then checked and kept"
        ) from error
    sha256 = _checksum(path)
    return Fetched(path, sha256, checked=file.sha256 is not None, new=sha256 != before)


class _Bar:
    """Our progress as pooch wants it; at the end of a file pooch counts it all once more."""

    def __init__(self, bar: Progress) -> None:
        self.total = 0
        self.update = bar.advance

    def reset(self) -> None:
        self.update = quiet.advance

    def close(self) -> None:
        """Nothing: the bar goes on with the next file."""


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
