"""What platforms call workers and visits, in the form in which it may leave the database.

The plain ids lie in tables of their own and go with the worker. An export carries them only where
the consent that the writer gave said so; else it carries keyed hashes, which are the same for the
same person within a study and lead nowhere without its secret.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["SALTED", "Ids"]

SALTED = "salted:"


class Ids(NamedTuple):
    """Of one answer: the platform's name for the worker and for the visit; None without one."""

    worker: str | None
    visit: str | None

    @classmethod
    def of(cls, row: Any, *, plain: bool) -> Ids:
        """The ids of a row of sessions, joined with identities and visits."""
        if plain:
            return cls(row.platform_worker, row.platform_visit)
        return cls(
            None if row.platform_worker is None else f"{SALTED}{row.worker}",
            None if row.platform_visit is None else f"{SALTED}{row.entry}",
        )
