"""For datatrove: pipeline steps that score, annotate and filter, on Slurm, Ray or local workers.

``ScoreSidecars`` scores a shard and leaves its scores as a sidecar that ``wellhead assay --scores``
merges; ``CurationAnnotator`` and ``CurationFilter`` carry a plan's rule to the documents. The extra
``engines`` brings datatrove with what its readers and filters need.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from wellhead.corpus import content_hash
from wellhead.corpus.sidecars import SCHEMA, Sidecar, scores_folder
from wellhead.curation.rule import Judge, lot_of
from wellhead.detect.batch import scored
from wellhead.detect.scorer import Scorer, load_scorer
from wellhead.errors import MissingExtra

try:
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.filters.base_filter import BaseFilter
except ImportError as error:
    raise MissingExtra("wellhead's steps for datatrove", "engines") from error

__all__ = ["CurationAnnotator", "CurationFilter", "ScoreSidecars"]

_BATCH = 512


class ScoreSidecars(PipelineStep):  # type: ignore[misc]
    """Scores the documents of a shard and leaves ``<scorer>@<revision>/shard-<rank>.parquet``.

    The sidecar appears whole when the shard is done; a shard that is run again replaces its own.
    Documents pass on unchanged, with `wellhead_score` among their metadata.

    Args:
        out: the folder of scores, on a path that every worker sees.
        detector: a name or a folder.
    """

    type = "wellhead"
    name = "scores"

    def __init__(self, out: str | os.PathLike[str], detector: str | Scorer = "general") -> None:
        super().__init__()
        self.out = os.fspath(out)
        self.detector = detector

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """Score one shard."""
        known = self.detector
        scorer = load_scorer(known) if isinstance(known, str) else known
        name, revision = scorer.name, scorer.revision
        folder = scores_folder(Path(self.out), name, revision)
        sidecar = Sidecar(folder, f"shard-{rank:05}", scorer=name, revision=revision)
        sidecar.keep(0)
        place = 0
        for batch in _batches(data):
            texts = [document.text for document in batch]
            with self.track_time("batch"):
                scores, held_out = scored(scorer, texts)
            columns = [
                pa.array([str(document.id) for document in batch]),
                pa.array([content_hash(text) for text in texts]),
                pa.array(scores),
                pa.array(held_out, from_pandas=True),
            ]
            sidecar.write_part(place, pa.Table.from_arrays(columns, schema=SCHEMA))
            place += len(batch)
            for document, score in zip(batch, scores.tolist(), strict=True):
                document.metadata["wellhead_score"] = score
                self.stat_update("scored")
                yield document
        sidecar.assemble()


class CurationAnnotator(PipelineStep):  # type: ignore[misc]
    """Adds `wellhead_score`, `wellhead_posterior` and `curation_weight` to the metadata.

    Args:
        rule: the folder of a plan, or its ``rule.json``.
        detector: see `Judge`.
    """

    type = "wellhead"
    name = "curation weights"

    def __init__(self, rule: str | os.PathLike[str], detector: str | Scorer | None = None) -> None:
        super().__init__()
        self.judge = Judge(rule, detector)

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """Annotate one shard."""
        for batch in _batches(data):
            with self.track_time("batch"):
                _annotate(self.judge, batch)
            yield from batch


class CurationFilter(BaseFilter):  # type: ignore[misc]
    """Drops documents of weight 0, or, with `draws`, keeps each with its weight as probability.

    Args:
        rule: the folder of a plan, or its ``rule.json``.
        draws: see above; the same text has the same lot in every shard and run.
        seed: of the lots.
        detector: see `Judge`.
        exclusion_writer: takes what is dropped, with the reason.
    """

    type = "wellhead"
    name = "curation"
    _requires_dependencies = ("regex",)

    def __init__(
        self,
        rule: str | os.PathLike[str],
        *,
        draws: bool = False,
        seed: int = 0,
        detector: str | Scorer | None = None,
        exclusion_writer: Any = None,
    ) -> None:
        super().__init__(exclusion_writer, batch_size=_BATCH)
        self.judge = Judge(rule, detector)
        self.draws, self.seed = draws, seed

    def filter(self, doc: Any) -> bool | tuple[bool, str]:
        """Judge one document."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Any]) -> list[bool | tuple[bool, str]]:
        """Judge some documents at once."""
        _annotate(self.judge, batch)
        return [self._kept(document) for document in batch]

    def _kept(self, document: Any) -> bool | tuple[bool, str]:
        weight = document.metadata["curation_weight"]
        if weight == 0:
            return False, "machine-like"
        if self.draws and lot_of(document.text, self.seed) >= weight:
            return False, "not drawn"
        return True


def _annotate(judge: Judge, batch: list[Any]) -> None:
    found = judge([document.text for document in batch])
    columns = (found.score.tolist(), found.posterior.tolist(), found.weight.tolist())
    for document, score, posterior, weight in zip(batch, *columns, strict=True):
        document.metadata |= {
            "wellhead_score": score,
            "wellhead_posterior": posterior,
            "curation_weight": weight,
        }


def _batches(data: Iterable[Any] | None) -> Iterator[list[Any]]:
    waiting = iter(data or ())
    while batch := list(islice(waiting, _BATCH)):
        yield batch
