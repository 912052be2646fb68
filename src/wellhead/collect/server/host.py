"""What a running server holds: the store, the studies, their keys, and a clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from wellhead.collect.answers import settle
from wellhead.collect.heads import heads_path, write_heads
from wellhead.collect.keys import Keys, load_keys
from wellhead.collect.store import Refused, Store
from wellhead.collect.store.erasure import expire
from wellhead.collect.store.limits import forget_buckets
from wellhead.collect.store.models import Study as StudyRow
from wellhead.collect.study import Study
from wellhead.errors import BadSetting

__all__ = ["Host", "keep_up", "open_host"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Host:
    """One store and the studies that it serves.

    Attributes:
        store: where answers are kept.
        studies: by id.
        keys: by study id.
        clock: seconds since the epoch, UTC; an argument so that tests can turn it.
        secure: whether the researcher's cookie demands HTTPS.
    """

    store: Store
    studies: dict[str, Study]
    keys: dict[str, Keys]
    clock: Callable[[], float] = time.time
    secure: bool = True

    @property
    def now_ms(self) -> int:
        """Server time in whole milliseconds."""
        return int(self.clock() * 1000)

    def study(self, name: str) -> Study:
        """The study called `name`.

        Raises:
            Refused: 404.
        """
        if name not in self.studies:
            raise Refused(404, "not_found", "There is no such study here.")
        return self.studies[name]


def open_host(
    studies: Iterable[Study],
    *,
    database: str | None = None,
    clock: Callable[[], float] = time.time,
    secure: bool = True,
) -> Host:
    """Open the store that the studies share and note them there.

    Args:
        studies: at least one; all of them must name the same database.
        database: replaces the studies' own URL.
        clock: seconds since the epoch.
        secure: False allows the researcher's cookie over plain HTTP (loopback).

    Raises:
        BadSetting: two studies have one id or name different databases, or a secret is missing.
    """
    given = list(studies)
    known = {study.id: study for study in given}
    urls = {database or study.database_url for study in given}
    if len(known) < len(given):
        raise BadSetting("two of the studies have the same id; each needs its own.")
    if len(urls) != 1:
        raise BadSetting("the studies name different databases; give one with --database.")
    keys = {study.id: load_keys(study.key_path, study.id) for study in given}
    host = Host(Store(urls.pop()), known, keys, clock, secure)
    host.store.write(lambda connection: _note(connection, known, host.now_ms))
    return host


def keep_up(host: Host, study: Study) -> None:
    """What has to happen without anybody asking, now and then.

    New answers are derived, so that `summary` studies forget events; recordings older than the
    study keeps go; today's heads are written; addresses of visitors, which are kept hashed for
    rate limits, are forgotten.
    """
    keys, now = host.keys[study.id], host.now_ms
    settle(host.store, study, keys, now_ms=now)
    if days := study.retention_days:
        host.store.write(lambda c: expire(c, study.id, days=days, actor="server", now_ms=now))
    host.store.write(lambda c: forget_buckets(c, now_ms=now))
    _anchor(host, study, now)


def _anchor(host: Host, study: Study, now_ms: int) -> None:
    """Today's heads, beside the study file, for whoever keeps copies elsewhere."""
    path = heads_path(study.path.parent / "heads", study.id, now_ms)
    if path.exists():
        return
    try:
        path.parent.mkdir(exist_ok=True)
        host.store.read(lambda c: write_heads(c, host.keys[study.id], path, now_ms=now_ms))
    except OSError as error:
        _LOG.warning("the heads of %s cannot be written: %s", study.id, error)


def _note(connection: Connection, studies: dict[str, Study], now_ms: int) -> None:
    present = set(connection.execute(select(StudyRow.id)).scalars())
    for study in studies.values():
        if study.id not in present:
            connection.execute(
                insert(StudyRow).values(id=study.id, title=study.title, created_ms=now_ms)
            )
