"""Every answer that was paid for, by the content of its call; on disk as soon as it is there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from wellhead.errors import BadInput

__all__ = ["Answer", "Calls", "key_of"]


class Answer(NamedTuple):
    """What came back for one call.

    Attributes:
        text: the answer.
        finish: why it ended: "stop", "length", "content_filter", "refusal".
        tokens_in, tokens_out: as the endpoint counted them; 0 where it did not.
    """

    text: str
    finish: str = "stop"
    tokens_in: int = 0
    tokens_out: int = 0


class Calls:
    """A file of answers; safe against a killed process, and for two processes at once.

    Raises:
        BadInput: the file is not one of these.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # `wait_for` may ask from another thread than this one; never from two at a time
            self._base = sqlite3.connect(path, timeout=60, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(f"{path}: answers cannot be kept there ({error})") from error
        try:
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, answer TEXT NOT NULL)"
            )
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise BadInput(f"{path}: expected a file of earlier answers ({error})") from error

    @classmethod
    def there(cls, path: Path) -> Calls:
        """Those of a file, or none where there is no file, which is not made."""
        return cls(path if path.exists() else Path(":memory:"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    def get(self, key: str) -> Answer | None:
        """The answer to a call, if it was made before."""
        row = self._base.execute("SELECT answer FROM calls WHERE key = ?", (key,)).fetchone()
        return None if row is None else Answer(*json.loads(row[0]))

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer."""
        with self._base:
            self._base.execute(
                "INSERT OR REPLACE INTO calls VALUES (?, ?)", (key, json.dumps(answer))
            )


def key_of(call: dict[str, Any]) -> str:
    """The name of a call: a hash of all that decides its answer."""
    canonical = json.dumps(call, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
