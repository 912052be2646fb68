"""Judged exchanges in a database, as much of each as the settings say, for as long as they say.

The logs are what counts; this is for people who look things up. SQLite in the folder of the watch
by default, PostgreSQL by URL. The meter writes an exchange here after its verdict is logged; while
the database is away the texts stay in the spool, and go in once it is back.

Levels: "none" (the verdict alone), "hashes" (and what proves a text that somebody else kept),
"redacted" (texts without addresses, numbers and other traces of people), "full".
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from wellhead.errors import MissingExtra
from wellhead.watch.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

__all__ = ["Kept", "Row", "redacted"]

_DAY = 86_400.0
_TRACES = [
    ("email", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    ("address", re.compile(r"https?://[^\s<>\"']{1,2000}")),
    ("account", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")),
    ("ip", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    ("number", re.compile(r"\+?\d(?:[ ()/.-]{0,2}\d){5,24}")),
    ("user", re.compile(r"(?<!\w)@\w{2,40}")),
]


class Row(NamedTuple):
    """One judged exchange."""

    id: str
    at: float
    version: str
    group: str
    violates: bool
    score: float
    categories: tuple[str, ...]
    verdict: str
    nonce: str
    question: str
    answer: str


def redacted(text: str) -> str:
    """The text without what its form gives away as a trace of somebody.

    >>> redacted("Write to ann@example.org or call 555 019 99.")
    'Write to [email] or call [number].'
    """
    for name, pattern in _TRACES:
        text = pattern.sub(f"[{name}]", text)
    return text


class Kept:
    """The database of one watch."""

    def __init__(self, settings: Settings) -> None:
        try:
            from wellhead.collect.store.engine import connect
        except ImportError as error:
            raise MissingExtra("keeping exchanges", "watch") from error
        self.level, self._days = settings.keep, settings.keep_days
        url = settings.store or f"sqlite:///{settings.folder / 'kept.sqlite'}"
        self._engine = connect(url, writing=True, size=1)
        self._table: Table | None = None

    def put(self, rows: Sequence[Row]) -> None:
        """Keep these; those that are there already stay as they are.

        Raises:
            OSError: the database is away.
        """
        from sqlalchemy.dialects import postgresql, sqlite
        from sqlalchemy.exc import SQLAlchemyError

        kinds = {"sqlite": sqlite, "postgresql": postgresql}
        insert = kinds[self._engine.dialect.name].insert
        try:
            with self._engine.begin() as connection:
                table = self._ready(connection)
                statement = insert(table).on_conflict_do_nothing(index_elements=["id"])
                connection.execute(statement, [self._cut(row) for row in rows])
        except SQLAlchemyError as error:
            raise OSError(f"the store is away: {type(error).__name__}") from error

    def _cut(self, row: Row) -> dict[str, Any]:
        """A row as its level has it."""
        facts = row._asdict()
        facts["categories"] = json.dumps(row.categories)
        facts["nonce"] = "" if self.level == "none" else row.nonce
        for name in ("question", "answer"):
            # PostgreSQL has no null character in its texts.
            text = facts[name].replace("\0", "\N{REPLACEMENT CHARACTER}")
            facts[name] = {"full": text, "redacted": redacted(text)}.get(self.level, "")
        return facts

    def drop_old(self, now: float | None = None) -> None:
        """What was kept for long enough goes."""
        from sqlalchemy import delete
        from sqlalchemy.exc import SQLAlchemyError

        before = (time.time() if now is None else now) - self._days * _DAY
        try:
            with self._engine.begin() as connection:
                table = self._ready(connection)
                connection.execute(delete(table).where(table.c.at < before))
        except SQLAlchemyError as error:
            raise OSError(f"the store is away: {type(error).__name__}") from error

    def latest(self, many: int = 20) -> list[Row]:
        """The last exchanges that violate."""
        from sqlalchemy import select
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.begin() as connection:
                table = self._ready(connection)
                newest = (table.c.at.desc(), table.c.id)
                wanted = select(table).where(table.c.violates).order_by(*newest).limit(many)
                rows = [dict(row._mapping) for row in connection.execute(wanted)]
        except SQLAlchemyError as error:
            raise OSError(f"the store is away: {type(error).__name__}") from error
        return [Row(**{**row, "categories": tuple(json.loads(row["categories"]))}) for row in rows]

    def _ready(self, connection: Connection) -> Table:
        if self._table is None:
            table = _table()
            table.create(connection, checkfirst=True)
            self._table = table
        return self._table

    def close(self) -> None:
        self._engine.dispose()


def _table() -> Table:
    from sqlalchemy import Boolean, Column, Float, MetaData, String, Table, Text

    return Table(
        "watch_exchanges",
        MetaData(),
        Column("id", String(64), primary_key=True),
        Column("at", Float, index=True),
        Column("version", Text),
        Column("group", Text),
        Column("violates", Boolean),
        Column("score", Float),
        Column("categories", Text),
        Column("verdict", Text),
        Column("nonce", Text),
        Column("question", Text),
        Column("answer", Text),
    )
