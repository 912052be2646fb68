"""An assay of any number of scored shards, in bounded memory, equal to that of one piece.

In: a folder of score sidecars (`wellhead.corpus.sidecars`) and known-human texts. Out: the share
with its interval, the bound, the number of flags and the surest documents. Of a shard an estimate
needs only how many distinct texts score between two texts of the human reference; these
counts add up. Equal texts count once, in whatever shard they stand, so that a shard that is there
twice changes nothing. Words and layout cannot be checked without the texts: a sample can.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._progress import Progress, quiet
from wellhead._result import Result
from wellhead._stats import Interval
from wellhead._version import __version__
from wellhead.corpus.sidecars import SCHEMA
from wellhead.errors import BadInput, BadSetting
from wellhead.prevalence.conformal import benjamini_hochberg
from wellhead.prevalence.estimate import EFFECTIVE
from wellhead.prevalence.library import GeneratorPrior
from wellhead.prevalence.lower_bound import at_least_of_gaps, one_sided
from wellhead.prevalence.mixture import posterior_of_gaps
from wellhead.prevalence.reference import require_scores

__all__ = ["ShardedAssay", "TopDocument", "assay_scores", "sidecars_in"]

_TOP = 200
# Hashes of distinct texts held at once: 64 MB. More texts are counted in several passes.
_HELD = 1 << 23


class TopDocument(NamedTuple):
    """One of the documents of the highest scores."""

    score: float
    id: str
    p_value: float


@dataclass(frozen=True, kw_only=True, repr=False)
class ShardedAssay(Result):
    """How much of a scored corpus machines wrote, from the sums of its shards.

    Attributes:
        share: machine-written share of the distinct texts, with its interval.
        if_seen: the interval if the detector can see the generator, where `share` allows for one
            that it cannot see; else None.
        at_least: lower bound for any generator, one side of an interval at the same level.
        shards: sidecars that were merged.
        documents: rows in them.
        distinct: different texts.
        flagged: distinct texts flagged at the false discovery rate.
        flag_above: texts that score above this are flagged; infinity where none is.
        false_discovery_rate: of the flags.
        human: texts in the human reference.
        gaps: distinct texts between the sorted scores of the reference, shape (human + 1,).
        machine: probability of being machine-written in each of these gaps.
        top: documents of the highest scores.
        scorer, revision: the detector.
        seed: of the simulations.
        version: of wellhead.
    """

    schema_version: ClassVar[int] = 1
    stem: ClassVar[str] = "assay"

    share: Interval
    if_seen: Interval | None = None
    at_least: float
    shards: int
    documents: int
    distinct: int
    flagged: int
    flag_above: float
    false_discovery_rate: float
    human: int
    gaps: np.ndarray
    machine: np.ndarray
    top: tuple[TopDocument, ...]
    scorer: str
    revision: str
    seed: int
    version: str


def assay_scores(
    folder: str | os.PathLike[str],
    human: np.ndarray,
    prior: GeneratorPrior,
    *,
    detector: tuple[str, str],
    level: float = 0.95,
    false_discovery_rate: float = 0.1,
    seed: int = 0,
    progress: Progress = quiet,
) -> ShardedAssay:
    """The assay of all sidecars under `folder`.

    Args:
        folder: of one ``<scorer>@<revision>``, or one that holds it.
        human: shape (m,), scores of known-human texts by the same detector.
        prior: over generators, as for any assay by this detector.
        detector: its name and revision; sidecars of another are refused.
        level: of interval and bound.
        false_discovery_rate: of the flags.
        seed: of the simulations.
        progress: told of every shard.

    Raises:
        BadInput: no sidecars there, a broken one, or scores of another detector.
        BadSetting: a setting outside its range.
    """
    if not 0 < level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {level}")
    files = sidecars_in(Path(folder), detector)
    _, anchors = require_scores(np.zeros(1), human)
    anchors = np.sort(anchors)
    found = _sums(files, anchors, progress)
    posterior = posterior_of_gaps(found.gaps, anchors, prior, effective=EFFECTIVE, seed=seed)
    bound = at_least_of_gaps(found.gaps, level=one_sided(level), seed=seed)
    seen = _no_lower_than(bound, posterior.cautious(level))
    share = posterior.opened(seen, 1.0)  # no text is read: words and layout rule nothing out
    flagged, above = _flags(found.gaps, anchors, false_discovery_rate)
    return ShardedAssay(
        share=share,
        if_seen=seen if posterior.may_be_unseen else None,
        at_least=bound,
        shards=len(files),
        documents=found.documents,
        distinct=int(found.gaps.sum()),
        flagged=flagged,
        flag_above=above,
        false_discovery_rate=false_discovery_rate,
        human=anchors.size,
        gaps=found.gaps,
        machine=posterior.of_documents(np.append(anchors, np.inf)),
        top=tuple(TopDocument(score, id_, _p_of(score, anchors)) for score, id_ in found.top),
        scorer=detector[0],
        revision=detector[1],
        seed=seed,
        version=__version__,
    )


def _no_lower_than(bound: float, share: Interval) -> Interval:
    """The interval, raised where the bound, which holds for any generator, is above its end."""
    if bound <= share.low:
        return share
    high = max(share.high, bound)
    return share._replace(low=bound, point=min(max(share.point, bound), high), high=high)


def sidecars_in(folder: Path, detector: tuple[str, str]) -> list[Path]:
    """The sidecars under `folder`, in the order of their names; parts of unfinished ones left out.

    Raises:
        BadInput: none, or one of another detector or revision.
    """
    files = sorted(
        path
        for path in folder.rglob("*.parquet")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise BadInput(f"{folder}: expected score sidecars, found none; run `wellhead score` first")
    for path in files:
        try:
            schema = pq.read_schema(path)
        except (OSError, pa.ArrowException) as error:
            raise BadInput(f"{path}: expected a score sidecar, cannot read it ({error})") from error
        told = schema.metadata or {}
        known = tuple(
            told.get(f"wellhead.{name}".encode(), b"").decode() for name in ("scorer", "revision")
        )
        if not schema.equals(SCHEMA) or known != detector:
            raise BadInput(
                f"{path}: expected scores by {' '.join(detector)}, got those of "
                f"{' '.join(known).strip() or 'something else'}; score again, or name the detector"
            )
    return files


class _Sums(NamedTuple):
    """What all shards come to."""

    documents: int
    gaps: np.ndarray
    top: list[tuple[float, str]]


def _sums(files: Sequence[Path], anchors: np.ndarray, progress: Progress) -> _Sums:
    """Add up the shards; more texts than are held at once are taken by ranges of their hash."""
    documents = sum(pq.read_metadata(path).num_rows for path in files)
    passes = max(1, -(-documents // _HELD))
    progress.total(passes * len(files))
    gaps = np.zeros(anchors.size + 1, np.int64)
    top: list[tuple[float, str]] = []
    for number in range(passes):
        seen = np.zeros(0, np.uint64)
        for path in files:
            for rows in _rows(path):
                hashes, scores, ids = rows
                mine = np.flatnonzero(hashes % np.uint64(passes) == number)
                unique, first = np.unique(hashes[mine], return_index=True)
                place = np.searchsorted(seen, unique)
                known = seen[np.minimum(place, max(seen.size - 1, 0))] if seen.size else unique
                new = (known != unique) if seen.size else np.ones(unique.size, bool)
                fresh = mine[first[new]]
                gaps += np.bincount(
                    np.searchsorted(anchors, scores[fresh], side="left"), minlength=gaps.size
                )
                seen = np.insert(seen, place[new], unique[new])
                _offer(top, scores, ids, fresh)
            progress.advance()
    return _Sums(documents, gaps, sorted(top, key=lambda one: (-one[0], one[1])))


def _offer(
    top: list[tuple[float, str]], scores: np.ndarray, ids: pa.Array, fresh: np.ndarray
) -> None:
    """Keep the documents of the highest scores."""
    least = top[0][0] if len(top) == _TOP else -np.inf
    high = fresh[scores[fresh] > least]
    for row in high[np.argsort(-scores[high])[:_TOP]]:
        item = (float(scores[row]), ids[int(row)].as_py())
        if len(top) < _TOP:
            heapq.heappush(top, item)
        else:
            heapq.heappushpop(top, item)


def _rows(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray, pa.Array]]:
    """Hashes (64 bits), scores and ids of a sidecar, a stretch at a time."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1 << 16):
                scores = batch["score"].to_numpy(zero_copy_only=False)
                held_out = batch["held_out"].to_numpy(zero_copy_only=False).astype(np.float64)
                known = np.where(np.isnan(held_out), scores, held_out)
                yield text_hashes(batch["sha256"], str(path)), known, batch["id"]
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path}: cannot read this sidecar ({error}); score it again") from error


_NIBBLE = np.zeros(256, np.uint64)
_NIBBLE[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint64)


def text_hashes(column: pa.StringArray, name: str) -> np.ndarray:
    """The first 64 bits of each SHA-256 in hexadecimal, as numbers.

    Raises:
        BadInput: other strings; the message begins with `name`.
    """
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    if (np.diff(ends) != 64).any():
        raise BadInput(f"{name}: expected SHA-256 hashes in hexadecimal; score it again")
    letters = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].reshape(-1, 64)[:, :16]
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    return np.asarray((_NIBBLE[letters] << shifts).sum(axis=1, dtype=np.uint64))


def _p_of(score: float, anchors: np.ndarray) -> float:
    above = anchors.size - int(np.searchsorted(anchors, score, side="left"))
    return (1 + above) / (anchors.size + 1)


def _flags(gaps: np.ndarray, anchors: np.ndarray, rate: float) -> tuple[int, float]:
    """How many texts are flagged, and above which score: p-values take one value in each gap.

    Benjamini & Hochberg's procedure over counts: the largest p with p n / rank at most the rate.
    """
    benjamini_hochberg(np.ones(1), rate)  # refuses a rate outside its range
    m, n = anchors.size, int(gaps.sum())
    ranks = np.cumsum(gaps[::-1])
    p = np.arange(1, m + 2) / (m + 1)
    held = np.flatnonzero((ranks > 0) & (p * n <= rate * np.maximum(ranks, 1) + 1e-12))
    if not held.size:
        return 0, float("inf")
    last = int(held[-1])
    return int(ranks[last]), float(anchors[m - last - 1]) if last < m else float("-inf")
