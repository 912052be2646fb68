"""`wellhead collect`: text that people write, with its history. One file per command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from wellhead.cli import app
from wellhead.errors import MissingExtra

if TYPE_CHECKING:
    from wellhead.collect.server.host import Host

__all__ = ["DatabaseOption", "StudyArgument", "collect_app", "opened", "with_extra"]

collect_app = typer.Typer(
    help="Run a writing study whose answers carry the history of how they came about.",
    no_args_is_help=True,
)
app.add_typer(collect_app, name="collect")

StudyArgument = Annotated[Path, typer.Argument(help="The study file.", metavar="STUDY.toml")]
DatabaseOption = Annotated[
    str | None,
    typer.Option(help="Database URL instead of the study's own.", envvar="WELLHEAD_DATABASE"),
]
T = TypeVar("T")
_PARTS = {
    "alembic",
    "argon2",
    "cryptography",
    "fastapi",
    "jwt",
    "pydantic",
    "sqlalchemy",
    "uvicorn",
}


def with_extra(command: Callable[..., T]) -> Callable[..., T]:
    """The command, with a missing package of the extra turned into a `MissingExtra`."""

    @wraps(command)
    def wrapped(*arguments: object, **options: object) -> T:
        try:
            return command(*arguments, **options)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in _PARTS:
                raise MissingExtra("collecting text", "collect") from error
            raise

    return wrapped


@contextmanager
def opened(study: Path, database: str | None) -> Iterator[Host]:
    """The store, study and keys behind a study file."""
    from wellhead.collect.server.host import open_host
    from wellhead.collect.study import load_study

    host = open_host([load_study(study)], database=database)
    try:
        yield host
    finally:
        host.store.close()
