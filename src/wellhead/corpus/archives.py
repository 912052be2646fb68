"""The files inside zip and tar archives, in a temporary folder that lives as long as needed."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from wellhead.corpus.formats import is_archive
from wellhead.errors import BadInput
from wellhead.report.numbers import counted

__all__ = ["unpacked"]


def unpacked(path: Path) -> tempfile.TemporaryDirectory[str]:
    """The regular files of an archive in a temporary folder; links and devices are left out.

    Raises:
        BadInput: the archive is broken, wants a password, holds another archive, or its files do
            not fit on the disk.
    """
    folder = tempfile.TemporaryDirectory(prefix="wellhead-")
    try:
        if zipfile.is_zipfile(path):
            _unzip(path, Path(folder.name))
        else:
            _untar(path, Path(folder.name))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError) as error:
        raise BadInput(f"{path}: expected a whole archive without a password ({error})") from error
    _refuse_nested(path, Path(folder.name))
    return folder


def _refuse_nested(path: Path, folder: Path) -> None:
    """What an archive in the archive holds would be missing without a word."""
    names = sorted(inner.relative_to(folder) for inner in folder.rglob("*") if inner.is_file())
    nested = [str(name) for name in names if name.name[0] != "." and is_archive(name)]
    if nested:
        raise BadInput(
            f"{path} holds {counted(len(nested), 'other archive')} ({', '.join(nested[:3])}), and "
            "archives in archives are not opened; unpack both into a folder and give that folder"
        )


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if any(member.flag_bits & 1 for member in members):
            raise BadInput(f"{path}: is locked with a password; unpack it and give the folder")
        _fits(path, folder, sum(member.file_size for member in members))
        named: dict[Path, str] = {}
        for member in members:
            with archive.open(member) as stream:
                _write(stream, folder, member.filename, named)


def _untar(path: Path, folder: Path) -> None:
    named: dict[Path, str] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isreg() and (stream := archive.extractfile(member)):
                _fits(path, folder, member.size)
                with stream:
                    _write(stream, folder, member.name, named)


def _write(stream: IO[bytes], folder: Path, name: str, named: dict[Path, str]) -> None:
    """Write one member below `folder`, wherever its name would lead.

    Where another member came to the same place by another name, a number goes before this one's.
    """
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part.strip("./")]
    whole = folder.joinpath(*(part.replace(":", "_") for part in parts or ["unnamed"]))
    target, number = whole, 2
    while named.setdefault(target, name) != name:
        target, number = whole.with_name(f"{number}-{whole.name}"), number + 1
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        shutil.copyfileobj(stream, out)


def _fits(path: Path, folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > 0.9 * free:
        raise BadInput(
            f"{path}: expected files that fit on the disk, got {size:,} bytes for {free:,} free; "
            "set TMPDIR to a larger disk, or unpack it yourself"
        )
