"""Files at an address (``https://``, ``hf://``, ``s3://``), fetched to a temporary folder."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from wellhead.corpus.formats import ARCHIVES, format_of_name
from wellhead.errors import BadInput, MissingExtra

__all__ = ["fetched", "is_address"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
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
        inside = [path] if files.isfile(path) else _readable(files.find(path))
        for name in inside:
            relative = Path(name).name if name == path else name.removeprefix(path).lstrip("/")
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
        raise BadInput(f"{address}: nothing that can be read lies there")


def _readable(names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if format_of_name(Path(name)) is not None or name.lower().endswith(ARCHIVES)
    ]
