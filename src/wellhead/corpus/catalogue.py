"""Public datasets by name: where they are, what is in them, under which licence, how to read them.

The list is data (``catalogue.json``). Every file has a checksum: the SHA-256 of a copy of that very
revision, or of what others publish and agree on (MNIST); where no copy was at hand, the name under
which git keeps the file at that revision, which is a checksum of its content (SHA-1) as well.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from wellhead.errors import unknown_name

__all__ = ["Dataset", "RemoteFile", "catalogue", "dataset"]


@dataclass(frozen=True)
class RemoteFile:
    """One file of a dataset.

    Args:
        name: its name once fetched.
        url: where it lies, at a fixed revision.
        sha256: its checksum, or None when it is not known.
        bytes: its size, or None when it is not known.
        text_column: the column to read, or None to let it be guessed.
        git_blob: git's name for its content (``git hash-object``), where ``sha256`` is None.
    """

    name: str
    url: str
    sha256: str | None
    bytes: int | None
    text_column: str | None
    git_blob: str | None = None

    @property
    def checksum(self) -> str:
        """What a copy is checked against, in words.

        >>> RemoteFile("a.txt", "https://example.org/a.txt", None, None, None).checksum
        'no checksum known'
        """
        if self.sha256:
            return f"sha256 {self.sha256}"
        return f"git blob {self.git_blob}" if self.git_blob else "no checksum known"


@dataclass(frozen=True)
class Dataset:
    """One public dataset.

    Args:
        name: what it is called here.
        title: what it is called elsewhere.
        what: what is in it, and its known traps.
        writers: ``"human"``, ``"machine"`` or ``"both"``.
        homepage: where its authors describe it.
        licence: under which terms, or that none are stated.
        reader: in which form it comes.
        files: its files; none when it has to be got in another way.
        package: what to install with pip instead, or None.
    """

    name: str
    title: str
    what: str
    writers: str
    homepage: str
    licence: str
    reader: str
    files: tuple[RemoteFile, ...]
    package: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The entry as plain values."""
        return asdict(self)

    def to_json(self) -> str:
        """The entry as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


@cache
def catalogue() -> tuple[Dataset, ...]:
    """Every dataset that is known by name.

    >>> [entry.name for entry in catalogue() if entry.name.startswith("argu")]
    ['argugpt']
    """
    text = resources.files("wellhead.corpus").joinpath("catalogue.json").read_text("utf-8")
    return tuple(
        Dataset(**{**entry, "files": tuple(RemoteFile(**file) for file in entry["files"])})
        for entry in json.loads(text)
    )


def dataset(name: str) -> Dataset:
    """The dataset called `name`.

    Raises:
        BadSetting: none is called so; the message names the nearest one.
    """
    entries = {entry.name: entry for entry in catalogue()}
    if name not in entries:
        raise unknown_name("dataset", name, entries)
    return entries[name]
