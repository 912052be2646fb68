"""Recorded responses, judged in the order in which they were given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, repeat
from typing import Any

import pyarrow as pa

from wellhead._version import __version__
from wellhead.corpus import Corpus, open_corpus
from wellhead.errors import BadInput
from wellhead.watch.counting import Counting
from wellhead.watch.joined import consensus
from wellhead.watch.labels import LabelCounts
from wellhead.watch.many import Lot, contrasts, exceeding
from wellhead.watch.measures import measured
from wellhead.watch.panel import Panel
from wellhead.watch.result import Watched
from wellhead.watch.review import ReviewQueue
from wellhead.watch.tally import ERROR
from wellhead.watch.verdict import Exchange, Judgement, Verdict, one_each

__all__ = ["judge", "watched"]

_AT_A_TIME = 512


def judge(
    records: Any,
    verdict: Verdict,
    *,
    limit: float | None = None,
    review: ReviewQueue | None = None,
    version_column: str | None = None,
    group_column: str | None = None,
    text_column: str | None = None,
    measures: Sequence[str] = (),
    lot: Mapping[str, float] | None = None,
    known_column: str | None = None,
) -> Watched:
    """Judge recorded responses, and say how often each version violates.

    Args:
        records: anything that a corpus is read from; rows in the order in which they were given.
        verdict: what judges.
        limit: the rate that no version may exceed.
        review: a queue of what people label: new exchanges are drawn into it, and its labels
            correct the rates. Rows keep their ids, or their texts and order, between two calls.
        version_column: what answered; "version" or "model" where there is one, several joined by
            commas.
        group_column: whose rates are told apart.
        text_column: the answer.
        measures: columns of numbers, such as minutes in conversation or satisfaction.
        lot: by version, how often it was drawn, in proportion; where each answer's version was
            drawn at random, with the same probabilities throughout.
        known_column: "bad" or "good" for canaries, empty for every other answer.

    Raises:
        BadInput: no rows, or a column that is not there.
    """
    corpus = open_corpus(records, text_column=text_column)
    exchanges = _exchanges(corpus, version_column, group_column, measures, known_column)
    judged = _judged(exchanges, verdict)
    if review is not None:
        judged = _offered(judged, review, _name(verdict))
    labels = None if review is None else LabelCounts(review, _name(verdict))
    drawn = None if lot is None else Lot(lot)
    counts = Counting(limit, error=ERROR, labels=labels, measures=measures, lot=drawn)
    found = watched(judged, verdict, counts)
    return replace(found, unusable=tuple(corpus.census.unusable.items()))


def watched(
    judged: Iterable[tuple[Exchange, Judgement]], verdict: Verdict, counts: Counting
) -> Watched:
    """What judged exchanges amount to.

    Raises:
        BadInput: there are none, or more versions or groups than a reader can look at.
    """
    for exchange, judgement in judged:
        counts.add(exchange, judgement)
    if not counts.n:
        raise BadInput("expected at least one response to judge, got none.")
    names = [each.name for each in verdict.judges] if isinstance(verdict, Panel) else []
    cells, limit, error = counts.cells(), counts.limit, counts.error
    versions, labels = counts.versions(), counts.labels
    return Watched(
        verdict=_name(verdict),
        n=counts.n,
        hits=counts.hits,
        limit=limit,
        versions=versions,
        groups=counts.groups(),
        categories=counts.categories(),
        error=error,
        consensus=consensus(names, counts.ballot) if counts.ballot else None,
        review=labels.reviewed() if labels else None,
        canaries=counts.canaries(),
        looked_at=0 if limit is None else len(cells),
        exceeding=() if limit is None else exceeding(cells, limit, error=error),
        contrasts=contrasts(versions, counts.lot, error=error),
        measures=measured(counts.measures, error=error),
        version=__version__,
    )


def _name(verdict: Verdict) -> str:
    return f"{verdict.name}@{verdict.revision}"


def _offered(
    judged: Iterable[tuple[Exchange, Judgement]], queue: ReviewQueue, judge: str
) -> Iterator[tuple[Exchange, Judgement]]:
    """The same, each with an id of its own; what the lot draws is in the queue afterwards."""
    seen: Counter[str] = Counter()
    left = iter(judged)
    while batch := list(islice(left, _AT_A_TIME)):
        for at, (exchange, judgement) in enumerate(batch):
            seen[exchange.id] += 1
            if (times := seen[exchange.id]) > 1:
                batch[at] = exchange._replace(id=f"{exchange.id}#{times}"), judgement
        queue.offer([pair for pair in batch if pair[0].known is None], judge)
        yield from batch


def _judged(
    exchanges: Iterable[Exchange], verdict: Verdict
) -> Iterator[tuple[Exchange, Judgement]]:
    left = iter(exchanges)
    while batch := list(islice(left, _AT_A_TIME)):
        yield from zip(batch, one_each(verdict, batch), strict=True)


def _exchanges(
    corpus: Corpus,
    version_column: str | None,
    group_column: str | None,
    measures: Sequence[str],
    known_column: str | None,
) -> Iterator[Exchange]:
    for batch in corpus.batches():
        versions = _column(batch, version_column, ("version", "model"), corpus.name)
        groups = _column(batch, group_column, (), corpus.name)
        told = _column(batch, known_column, (), corpus.name)
        known = [_known(each, corpus.name) for each in told]
        questions = _column(batch, None, ("question", "prompt"), corpus.name)
        numbers = [_numbers(batch, name, corpus.name) for name in measures]
        beside = zip(*numbers, strict=True) if numbers else repeat(())
        rows = zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True)
        for row, ((id, text), values) in enumerate(zip(rows, beside, strict=False)):
            yield Exchange(
                id, text, questions[row], versions[row], groups[row], tuple(values), known[row]
            )


def _known(told: str, corpus: str) -> bool | None:
    if told not in ("", "bad", "good"):
        raise BadInput(f"{corpus}: expected bad, good or nothing for canaries, got '{told[:40]}'.")
    return {"bad": True, "good": False}.get(told)


def _numbers(batch: pa.RecordBatch, name: str, corpus: str) -> list[float | None]:
    if name not in batch.schema.names:
        raise BadInput(f"{corpus} has no column '{name}'; it has {', '.join(batch.schema.names)}.")
    try:
        return [None if value in (None, "") else float(value) for value in batch[name].to_pylist()]
    except (TypeError, ValueError) as error:
        raise BadInput(f"{corpus}, column '{name}': expected numbers: {error}") from error


def _column(
    batch: pa.RecordBatch, wanted: str | None, usual: Sequence[str], corpus: str
) -> list[str]:
    """The values of a column, or of several named with commas, as one text each."""
    names = batch.schema.names
    chosen = [name.strip() for name in wanted.split(",")] if wanted else []
    if missing := [name for name in chosen if name not in names]:
        raise BadInput(f"{corpus} has no column '{missing[0]}'; it has {', '.join(names)}.")
    chosen = chosen or [name for name in usual if name in names][:1]
    columns = [batch[name].to_pylist() for name in chosen]
    if not columns:
        return [""] * batch.num_rows
    return [
        " · ".join("" if value is None else str(value) for value in row)
        for row in zip(*columns, strict=True)
    ]
