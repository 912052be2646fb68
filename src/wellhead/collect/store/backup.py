"""A copy of the database while it is being written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from wellhead.errors import BadInput, BadSetting

__all__ = ["back_up"]


def back_up(url: str, target: Path) -> None:
    """Write a whole, compact copy of a SQLite database that is in use; only its owner may read it.

    Raises:
        BadInput: there is no database yet.
        BadSetting: `target` exists, or the database is not SQLite.
    """
    import os
    import sqlite3

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise BadSetting("this study is on PostgreSQL: make its backup with pg_dump.")
    source = Path(parsed.database or "")
    if not source.is_file():
        raise BadInput(f"no answers yet: there is no database at {source}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    if target.exists():
        raise BadSetting(f"{target} exists already; a backup is never replaced.")
    # SQLite fills an empty file, and the answers are nobody else's business from the first byte.
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(source, timeout=60)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
