"""Connections: SQLite that survives a power cut, or PostgreSQL.

SQLite runs in WAL mode with ``synchronous=FULL`` (a commit is on disk), waits for a busy
database, enforces foreign keys, and takes the write lock at the start of a writing transaction:
a transaction that reads first and writes later would fail at once in WAL mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from wellhead.collect.store.models import Base, Study
from wellhead.errors import BadInput, BadSetting

__all__ = ["MIGRATIONS", "connect", "look", "unwaited", "upgrade"]

# `query_only` lets nothing be written; the WAL needs its side files all the same.
_LOOKING = ("busy_timeout=15000", "query_only=ON")
_DURABLE = (
    "busy_timeout=15000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    # Checkpoints run beside the commits (see `checkpoint`); this is the backstop.
    "wal_autocheckpoint=20000",
)
MIGRATIONS = Path(__file__).parent / "migrations"


def connect(url: str, *, writing: bool, size: int = 5) -> Engine:
    """An engine for reading or for writing.

    Args:
        url: `sqlite:///path` or `postgresql://user@host/name`.
        writing: on SQLite, transactions take the write lock at their start.
        size: connections kept open.

    Raises:
        BadSetting: the URL names no database that wellhead keeps answers in.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadSetting(f"cannot read the database URL {url!r}: {error}") from error
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=size,
            # The committer does again what a lost connection has undone, and saves the question.
            pool_pre_ping=not writing,
            # What writers wrote has no place in a log, whatever fails.
            hide_parameters=True,
        )
    if kind != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise BadSetting(f"expected sqlite:///FILE or postgresql://…, got {kind!r}.")
    begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
    return _sqlite(parsed, _DURABLE, begin, pool_size=size)


@contextmanager
def look(url: str) -> Iterator[Connection]:
    """A connection in one transaction that the database itself keeps from writing.

    Nothing is created or brought to a newer version; whoever collects at the same time is not
    held up.

    Raises:
        BadInput: there is no database, or it cannot be read or is of another version.
        BadSetting: as `connect`.
    """
    parsed = make_url(url) if url.startswith("sqlite:///") else None
    if parsed is not None and parsed.database and not Path(parsed.database).is_file():
        raise BadInput(f"no answers yet: there is no database at {parsed.database}.")
    engine = connect(url, writing=False) if parsed is None else _sqlite(parsed, _LOOKING, "BEGIN")
    try:
        with engine.connect() as connection:
            if parsed is None:
                connection = connection.execution_options(postgresql_readonly=True)
            yield connection
    except (OperationalError, ProgrammingError) as error:
        raise BadInput(
            f"cannot read answers from {engine.url.render_as_string()}: {error.orig}. If it is of "
            "an older version, `wellhead collect verify STUDY.toml` brings it up to date."
        ) from error
    finally:
        engine.dispose()


def unwaited(connection: Connection) -> AbstractContextManager[Any]:
    """Within it, changes go to PostgreSQL without waiting for each; leaving it waits for all.

    A batch makes three changes. Waiting for each would hand the processor to the database and
    back every time, which on a busy machine costs more than the work. Nothing may be read
    within it. A change that fails raises when it is left.
    """
    if connection.dialect.name != "postgresql":
        return nullcontext()
    pipeline: AbstractContextManager[Any] = connection.connection.driver_connection.pipeline()  # type: ignore[union-attr]
    return pipeline


def _sqlite(url: URL, pragmas: Sequence[str], begin: str, **options: Any) -> Engine:
    connect_args = {"check_same_thread": False}
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args, **options)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # The driver's own idea of when a transaction begins is switched off.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def upgrade(url: str) -> None:
    """Bring the tables to the newest version; a new database gets them all."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = connect(url, writing=True)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            if inspect(connection).has_table(Study.__tablename__):
                command.upgrade(config, "head")
            else:
                Base.metadata.create_all(connection)
                command.stamp(config, "head")
    finally:
        engine.dispose()
