"""Files at an address (``https://``, ``hf://``, ``s3://``), fetched to a temporary folder."""

from __future__ import annotations

import re
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from wellhead.corpus.formats import format_of_name, is_archive
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
    except (requests.RequestException, OSError, ValueError) as error:
        raise _not_fetched(address, error) from error


def _not_fetched(address: str, error: Exception) -> BadInput:
    """One sentence with the address, the reason in words, and what to do."""
    why, check = _reason(address, error)
    return BadInput(
        f"{address}: cannot be fetched, as {why}; {check}, or fetch it in another way and give "
        "the file"
    )


def _reason(address: str, error: Exception) -> tuple[str, str]:
    """What went wrong and what to look at, without what libraries say among themselves.

    >>> _reason("https://x.org/a.csv", TimeoutError("HTTPSConnectionPool(host=…): timed out."))
    ('x.org does not answer', 'try again later')
    """
    host = "huggingface.co" if address.startswith("hf://") else urlsplit(address).hostname
    status = getattr(getattr(error, "response", None), "status_code", None)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    causes = {kind.__name__ for one in _chain(error) for kind in type(one).__mro__}
    if status in (401, 403) or kinds & {"PermissionError", "NoCredentialsError", "GatedRepoError"}:
        return f"{host} lets only those in whom it knows", "log in or check your rights"
    if status in (404, 410) or "FileNotFoundError" in kinds:
        return f"{host} has nothing there", "check the address"
    if status is not None:
        return f"{host} answers with error {status}", "try again later"
    if "SSLError" in causes:
        return f"the certificate of {host} cannot be trusted", "check the address"
    if any(kind.endswith("Timeout") for kind in kinds) or "TimeoutError" in kinds:
        return f"{host} does not answer", "try again later"
    if host and causes & {"gaierror", "ConnectionError", "ConnectError", "ClientConnectorError"}:
        return f"{host} cannot be reached", "check the address and the connection"
    told = " ".join(str(error).split()) or type(error).__name__
    return textwrap.shorten(told, 120, placeholder=" …"), "check the address"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _through_fsspec(address: str, folder: Path) -> None:
    scheme = address.partition("://")[0].lower()
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        if isinstance(error, ValueError) and scheme not in _NEEDS:
            raise BadInput(
                f"{address}: addresses that begin with {scheme}:// are not known; fetch the file "
                "in another way and give it"
            ) from error
        packages = f"fsspec {_NEEDS.get(scheme, '')}".rstrip()
        raise MissingExtra(f"reading {scheme}:// addresses", packages) from error
    except OSError as error:
        raise _not_fetched(address, error) from error
    try:
        inside, above = _inside(files, path)
        for name in inside:
            relative = Path(name).name if name == path else name.removeprefix(above).lstrip("/")
            target = folder / relative
            if not target.resolve().is_relative_to(folder.resolve()):
                raise BadInput(f"the name {name} leads out of its folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(name, str(target))
    except BadInput:
        raise
    except Exception as error:
        raise _not_fetched(address, error) from error
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
        name for name in names if format_of_name(Path(name)) is not None or is_archive(Path(name))
    ]
