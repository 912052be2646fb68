"""Recorded responses, judged in the order in which they were given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from wellhead._version import __version__
from wellhead.consensus.tables import MISSING
from wellhead.corpus import Corpus, open_corpus
from wellhead.errors import BadInput
from wellhead.watch.joined import Ballot, consensus
from wellhead.watch.panel import Panel
from wellhead.watch.result import Moment, Rate, Watched
from wellhead.watch.tally import ERROR, Tally
from wellhead.watch.verdict import Exchange, Judgement, Verdict, one_each

__all__ = ["judge", "watched"]

_AT_A_TIME = 512
_MOST_NAMES = 200


def judge(
    records: Any,
    verdict: Verdict,
    *,
    limit: float | None = None,
    version_column: str | None = None,
    group_column: str | None = None,
    text_column: str | None = None,
) -> Watched:
    """Judge recorded responses, and say how often each version violates.

    Args:
        records: anything that a corpus is read from; rows in the order in which they were given.
        verdict: what judges.
        limit: the rate that no version may exceed.
        version_column: what answered; "version" or "model" where there is one.
        group_column: whose rates are told apart.
        text_column: the answer.

    Raises:
        BadInput: no rows, or a column that is not there.
    """
    corpus = open_corpus(records, text_column=text_column)
    exchanges = _exchanges(corpus, version_column, group_column)
    return watched(_judged(exchanges, verdict), verdict=verdict, limit=limit)


def watched(
    judged: Iterable[tuple[Exchange, Judgement]],
    *,
    verdict: Verdict,
    limit: float | None = None,
    error: float = ERROR,
) -> Watched:
    """What judged exchanges amount to.

    Raises:
        BadInput: there are none, or more versions or groups than a reader can look at.
    """
    versions: dict[str, Tally] = {}
    groups: dict[str, Tally] = {}
    named: dict[str, int] = {}
    ballot: Ballot = Counter()
    n = hits = 0
    for exchange, judgement in judged:
        n, hits = n + 1, hits + judgement.violates
        _tally(versions, exchange.version, limit, error).add(judgement.violates)
        if exchange.group:
            _tally(groups, exchange.group, None, error).add(judgement.violates)
        for name in judgement.categories:
            named[name] = named.get(name, 0) + 1
        if judgement.votes:
            ballot[exchange.version, judgement.votes, MISSING] += 1
    if not n:
        raise BadInput("expected at least one response to judge, got none.")
    return Watched(
        verdict=f"{verdict.name}@{verdict.revision}",
        n=n,
        hits=hits,
        limit=limit,
        versions=tuple(_rate(name, tally, course=True) for name, tally in versions.items()),
        groups=tuple(_rate(name, tally) for name, tally in groups.items()),
        categories=tuple(_of_category(name, k, n) for name, k in named.items()),
        error=error,
        consensus=consensus(_names(verdict), ballot) if ballot else None,
        version=__version__,
    )


def _names(verdict: Verdict) -> list[str]:
    return [judge.name for judge in verdict.judges] if isinstance(verdict, Panel) else []


def _tally(kept: dict[str, Tally], name: str, limit: float | None, error: float) -> Tally:
    if name not in kept:
        if len(kept) == _MOST_NAMES:
            raise BadInput(
                f"expected at most {_MOST_NAMES} versions or groups, and there are more "
                f"(such as '{name[:40]}'); name a column with fewer values."
            )
        kept[name] = Tally(limit, error=error)
    return kept[name]


def _rate(name: str, tally: Tally, *, course: bool = False) -> Rate:
    way = tuple(Moment(n, *at[:3]) for n, at in tally.course()) if course else ()
    return Rate(name, tally.n, tally.hits, tally.interval(), tally.over, tally.changed, way)


def _of_category(name: str, hits: int, n: int) -> Rate:
    tally = Tally()
    tally.hits, tally.n = hits, n
    return Rate(name, n, hits, tally.interval())


def _judged(
    exchanges: Iterable[Exchange], verdict: Verdict
) -> Iterator[tuple[Exchange, Judgement]]:
    left = iter(exchanges)
    while batch := list(islice(left, _AT_A_TIME)):
        yield from zip(batch, one_each(verdict, batch), strict=True)


def _exchanges(
    corpus: Corpus, version_column: str | None, group_column: str | None
) -> Iterator[Exchange]:
    for batch in corpus.batches():
        versions = _column(batch, version_column, ("version", "model"), corpus.name)
        groups = _column(batch, group_column, (), corpus.name)
        questions = _column(batch, None, ("question", "prompt"), corpus.name)
        rows = zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True)
        for row, (id, text) in enumerate(rows):
            yield Exchange(id, text, questions[row], versions[row], groups[row])


def _column(
    batch: pa.RecordBatch, wanted: str | None, usual: Sequence[str], corpus: str
) -> list[str]:
    names = batch.schema.names
    if wanted is not None and wanted not in names:
        raise BadInput(f"{corpus} has no column '{wanted}'; it has {', '.join(names)}.")
    name = wanted or next((each for each in usual if each in names), None)
    if name is None:
        return [""] * batch.num_rows
    return ["" if value is None else str(value) for value in batch[name].to_pylist()]
