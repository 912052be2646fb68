"""Where a store lies: a folder, or any place that `fsspec` reaches.

Names are relative, with ``/``. `create` makes an object whole or not at all, and says so when one
of that name is there already: two writers cannot both make it. Everything else about a store rests
on that.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from filelock import FileLock, Timeout

from wellhead._atomic import atomic_path
from wellhead.errors import BadInput, MissingExtra, WellheadError

__all__ = ["Folder", "Place", "Remote", "is_address", "place_of"]

WAIT = 600.0
_NEEDS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}


class Place(Protocol):
    """What a store needs of the place where it lies."""

    address: str
    folder: Path | None

    def read(self, name: str) -> bytes: ...
    def open(self, name: str) -> IO[bytes]: ...
    def exists(self, name: str) -> bool: ...
    def names(self, folder: str) -> list[str]: ...
    def create(self, name: str, data: bytes) -> bool: ...
    def put(self, name: str, source: Path, sha256: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def writing(self) -> contextlib.AbstractContextManager[None]: ...
    def leftovers(self) -> list[str]: ...


def is_address(text: str) -> bool:
    """Whether `text` is an address (``s3://…``) rather than a path."""
    return "://" in text


def place_of(where: str | os.PathLike[str]) -> Place:
    """The place at a path or an address."""
    text = os.fspath(where)
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    return Remote(text) if is_address(text) else Folder(Path(text))


class Folder:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self.folder: Path | None = path
        self.path = path
        self.address = str(path)

    def read(self, name: str) -> bytes:
        return self._file(name).read_bytes()

    def open(self, name: str) -> IO[bytes]:
        return self._file(name).open("rb")

    def _file(self, name: str) -> Path:
        # What is no file holds nothing of the store; a device would be read for ever.
        if not (path := self.path / name).is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return path

    def exists(self, name: str) -> bool:
        return (self.path / name).is_file()

    def names(self, folder: str) -> list[str]:
        try:
            found = os.listdir(self.path / folder)
        except FileNotFoundError:
            return []
        return sorted(name for name in found if not name.startswith("."))

    def create(self, name: str, data: bytes) -> bool:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o666 & ~_umask())
            made = _link(temporary, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        _sync(target.parent)
        return made

    def put(self, name: str, source: Path, sha256: str) -> None:
        """Copy a file in, if its bytes are still those of `sha256`."""
        with atomic_path(self.path / name) as temporary:
            shutil.copyfile(source, temporary)
            require_bytes(source, temporary, sha256)
        _sync((self.path / name).parent)

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time; a writer that died holds no lock."""
        try:
            with FileLock(self.path / ".lock", timeout=WAIT):
                yield
        except Timeout as error:
            raise WellheadError(
                f"{self.path}: another writer has held the store for {WAIT:.0f} seconds. "
                "Wait for it, or end it, and try again; nothing was changed."
            ) from error

    def leftovers(self) -> list[str]:
        """Temporary files of writers that died."""
        found = self.path.rglob(".*.tmp")
        return sorted(path.relative_to(self.path).as_posix() for path in found)


def require_bytes(source: Path, copy: Path, sha256: str) -> None:
    """Raise unless a copy has the bytes that were read before."""
    with copy.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise BadInput(f"{source} changed while it was read. Let its writer finish, then add.")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _link(temporary: str, target: Path) -> bool:
    """Give the finished file its name, unless one has it."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError:
        # A file system without hard links: the lock of the store keeps other writers away.
        if target.exists():
            return False
        os.replace(temporary, target)
    return True


def _sync(folder: Path) -> None:
    """A name that was made outlives a power cut; not every system can say so of a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Remote:
    """A place that `fsspec` reaches; objects there appear whole, and no lock is needed."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.folder: Path | None = None
        self._files, self._root = _file_system(self.address)

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def read(self, name: str) -> bytes:
        data: bytes = self._files.cat_file(self._at(name))
        return data

    def open(self, name: str) -> IO[bytes]:
        stream: IO[bytes] = self._files.open(self._at(name), "rb")
        return stream

    def exists(self, name: str) -> bool:
        self._files.invalidate_cache()
        return bool(self._files.exists(self._at(name)))

    def names(self, folder: str) -> list[str]:
        self._files.invalidate_cache()
        try:
            found = self._files.ls(self._at(folder), detail=False)
        except FileNotFoundError:
            return []
        names = (path.rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if name and not name.startswith("."))

    def create(self, name: str, data: bytes) -> bool:
        try:
            self._files.pipe_file(self._at(name), data, mode="create")
        except FileExistsError:
            return False
        return True

    def put(self, name: str, source: Path, sha256: str) -> None:
        with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
            copy = Path(folder) / "copy"
            shutil.copyfile(source, copy)
            require_bytes(source, copy, sha256)
            self._files.put_file(str(copy), self._at(name))

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._at(name))

    @contextmanager
    def writing(self) -> Iterator[None]:
        yield

    def leftovers(self) -> list[str]:
        return []


def _file_system(address: str) -> tuple[Any, str]:
    scheme = address.partition("://")[0].lower()
    try:
        import fsspec

        files, root = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise MissingExtra(
            f"a store at {scheme}://", f"fsspec {_NEEDS.get(scheme, '')}".rstrip() + " "
        ) from error
    except ValueError as error:
        raise BadInput(
            f"{address}: expected a folder or an address that fsspec knows: {error}."
        ) from error
    return files, str(root)
