"""Files at an address (``https://``, ``hf://``, ``s3://``), fetched to a temporary folder."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from wellhead.corpus.formats import ARCHIVES, format_of_name
from wellhead.errors import BadInput, MissingExtra

__all__ = ["fetched", "is_address"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_PATTERN = re.compile(r"[*?\[]")
_NEEDS = {"hf": "huggingface_hub", "s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs"}


def is_address(source: str) -> bool:
    """Whether `source` is an address rather than a path."""
    return bool(_ADDRESS.match(source))


def fetched(address: str) -> tempfile.TemporaryDirectory[str]:
    """What lies at `address`, one file or all readable ones below it, in a temporary folder.

    Raises:
        BadInput: nothing there, or the address cannot be reached.
        MissingExtra: the package for this kind of address is not installed.
    """
    folder = tempfile.TemporaryDirectory(prefix="wellhead-")
    if address.lower().startswith(("http://", "https://")):
        _over_http(address, Path(folder.name))
    else:
        _through_fsspec(address, Path(folder.name))
    return folder


def _over_http(address: str, folder: Path) -> None:
    import pooch
    import requests

    name = Path(unquote(urlsplit(address).path)).name or "page.html"
    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(address, None, name, folder, downloader=pooch.HTTPDownloader(timeout=30))
    except requests.RequestException as error:
        raise BadInput(
            f"{address}: cannot be fetched ({error}); check the address and the connection, or "
            "fetch it in another way and give the file"
        ) from error


def _through_fsspec(address: str, folder: Path) -> None:
    scheme = address.partition("://")[0].lower()
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        packages = f"fsspec {_NEEDS.get(scheme, '')}"
        raise MissingExtra(f"reading {scheme}:// addresses", packages) from error
    try:
        inside, above = _inside(files, path)
        for name in inside:
            relative = Path(name).name if name == path else name.removeprefix(above).lstrip("/")
            target = folder / relative
            if not target.resolve().is_relative_to(folder.resolve()):
                raise BadInput(f"the name {name} leads out of its folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(name, str(target))
    except Exception as error:
        raise BadInput(
            f"{address}: cannot be fetched ({error}); check the address and your rights to it, or "
            "fetch it in another way and give the file"
        ) from error
    if not inside:
        raise BadInput(
            f"{address}: expected a file, or a folder with files that can be read; got none"
        )


def _inside(files: Any, path: str) -> tuple[list[str], str]:
    """The files meant by `path`, and the folder that they lie below."""
    if _PATTERN.search(path):
        return [name for name in files.glob(path) if files.isfile(name)], _fixed(path)
    if files.isfile(path):
        return [path], path
    return [name for name in _readable(files.find(path)) if name != path], path


def _fixed(pattern: str) -> str:
    """The folder above the first name with a wildcard.

    >>> _fixed("bucket/texts/part-*/a.jsonl")
    'bucket/texts'
    """
    return _PATTERN.split(pattern)[0].rpartition("/")[0]


def _readable(names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if format_of_name(Path(name)) is not None or name.lower().endswith(ARCHIVES)
    ]
