"""What several verbs share: their options, and how a result is shown."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from wellhead._result import Result


def share_of(text: str | float) -> float:
    """A share written as 0.05 or 5%; an error names the option that took it."""
    told = str(text)
    try:
        value = float(told.removesuffix("%")) / (100 if told.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"expected a share such as 5% or 0.05, got '{told}'")
    return value


def _writable(path: Path) -> None:
    """Refuse, before any work, a place that cannot be written to."""
    place = next(each for each in (path, *path.absolute().parents) if each.exists())
    if place != path and not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def folder_out(path: Path | None) -> Path | None:
    """A folder to write into; a file of that name is an error."""
    if path is not None:
        if path.is_file():
            raise typer.BadParameter(f"expected a folder, and {path} is a file")
        _writable(path)
    return path


def new_folder(path: Path) -> Path:
    """A folder that is not there yet, or is empty: what was made with much work stays."""
    folder_out(path)
    if path.is_dir() and any(path.iterdir()):
        raise typer.BadParameter(f"{path} is not empty; name a new folder")
    return path


def keep_earlier(out: Path | None, replace: bool, *names: str, option: str = "--out") -> None:
    """Refuse, before any work, to write over what an earlier run left; `replace` allows it.

    What verbs that go on where they stopped find of their own is no earlier run: they do not ask.

    Args:
        out: the file or folder to write.
        replace: whether the user said ``--replace``.
        names: patterns of what is written into the folder `out`; none where `out` is a file.
        option: which took `out`.

    Raises:
        BadSetting: something of it is there.
    """
    if out is None or replace:
        return
    if not names and out.exists():
        raise BadSetting(
            f"{option}: {out} is there already; name another file, or add --replace to write "
            "over it."
        )
    there = sorted({path.name for name in names for path in out.glob(name)})
    if there:
        raise BadSetting(
            f"{option}: {out} holds what an earlier run wrote ({', '.join(there[:5])}); name "
            "another folder, or add --replace to write over it."
        )


_held: list[BaseFileLock] = []


def alone_in(out: Path | None) -> None:
    """Hold the folder `out` until this command ends: two reports would mix their files there.

    Raises:
        BadSetting: another command holds it.
    """
    from filelock import FileLock, Timeout

    while _held:
        _held.pop().release()
    if out is None:
        return
    named = hashlib.sha256(os.fsencode(out.resolve())).hexdigest()[:16]
    # Not inside it: a folder that is to be written may not be there yet, and should hold no more
    # than its report. The system lets go of the lock of a command that was killed.
    user = os.getuid() if hasattr(os, "getuid") else 0
    lock = FileLock(Path(tempfile.gettempdir()) / f"wellhead-{user}-{named}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BadSetting(
            f"--out: another wellhead is writing to {out}; wait for it, or name another folder."
        ) from None
    _held.append(lock)


def drop_stale(out: Path, names: Sequence[str], written: Mapping[str, Path]) -> None:
    """Remove what an earlier run left in `out` where the new one wrote nothing of that name."""
    for name in set(names) - {path.name for path in written.values()}:
        if (out / name).is_dir():
            shutil.rmtree(out / name)
        else:
            (out / name).unlink(missing_ok=True)


def file_out(path: Path | None) -> Path | None:
    """A file to write; a folder of that name is an error."""
    if path is not None:
        if path.is_dir():
            raise typer.BadParameter(f"expected a file, and {path} is a folder")
        _writable(path)
    return path


def page_out(path: Path | None) -> Path | None:
    """An HTML file to write; a file of another kind is never overwritten."""
    if path is not None and path.is_file() and path.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"{path} exists and is no HTML file; name another")
    return file_out(path)


AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
CorpusArgument = Annotated[str, typer.Argument(help="File, folder, glob, or - for standard input.")]
TextColumn = Annotated[
    str | None,
    typer.Option(
        help="Column that holds the text, a path such as messages[-1].content, or several "
        "joined by +; found by content and name if not given."
    ),
]
IdColumn = Annotated[
    str | None, typer.Option(help="Column that holds identities; 'id' if there is one.")
]
Split = Annotated[
    str | None, typer.Option(help="In plain text, one document is a file, line or paragraph.")
]
Where = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="Use only these rows, such as \"split == 'test'\"."),
]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of the files if it is not UTF-8, such as cp1252.")
]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Go on even if over 1 % of the rows cannot be read.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Level = Annotated[
    float,
    typer.Option(parser=share_of, metavar="SHARE", help="Confidence of intervals and bounds."),
]
PageFile = Annotated[
    Path | None, typer.Option("--out", "-o", callback=page_out, help="HTML file for the report.")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Write over what an earlier run left in --out.")
]


def show_result(
    result: Result,
    *,
    as_json: bool,
    html: Path | None = None,
    saved: Mapping[str, Path] | None = None,
    more: Sequence[str] = (),
) -> None:
    """Print `result`: as JSON, or the top of its page and where the whole page lies.

    Args:
        result: what to print.
        as_json: JSON instead of the page.
        html: where to write the page first.
        saved: the files already written, by kind.
        more: lines between the page and the place of the report.
    """
    from wellhead.report.terminal import show

    if html is not None:
        result.save_html(html)
    report = html or (saved or {}).get("html")
    if as_json:
        typer.echo(result.to_json())
    else:
        show(result.page(), more=[*more, *([f"report: {report}"] if report else [])])


def first_words(text: str, length: int = 160) -> str:
    """The beginning of a document on one line."""
    from wellhead.report.untrusted import clean

    plain = clean(text)
    # Scripts without spaces have no word to end at.
    told = textwrap.shorten(plain, length, placeholder=" …")
    return told if len(told) > length // 2 or len(plain) <= length else f"{plain[:length]} …"


def echo_json(value: Any) -> None:
    """Print plain values as JSON."""
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def numbers_of(text: str, option: str) -> list[float]:
    """The numbers in a list with commas.

    Raises:
        BadSetting: anything else.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise BadSetting(f"{option}: expected numbers separated by commas, got '{text}'.") from None
