"""Public datasets by name: where they are, what is in them, under which licence, how to read them.

The list is data (``catalogue.json``). A checksum stands there only where a copy was at hand to
measure it, or where others publish one and agree (MNIST); elsewhere it is null, and
`wellhead.corpus.fetching` says so instead of checking.
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
    """

    name: str
    url: str
    sha256: str | None
    bytes: int | None
    text_column: str | None


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
