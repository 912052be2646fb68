"""Scores for a whole corpus: streamed, kept beside it, and never computed twice.

Text goes through a `Scorer`, a batch at a time; scores go to sidecars (`wellhead.corpus.sidecars`)
or, for a corpus without a path, into memory. A run that was stopped, even killed, goes on where
it stopped and ends with the same file. What the scores mean is the business of `wellhead.assay`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from wellhead._progress import progress
from wellhead.corpus import Census, Corpus, open_corpus
from wellhead.corpus.parts import ObjectPart, Part
from wellhead.corpus.sidecars import Sidecar, read_scores, scores_folder
from wellhead.detect.ahead import ahead
from wellhead.detect.batch import by_column, score_batch
from wellhead.detect.behind import Behind
from wellhead.detect.choice import chosen_for
from wellhead.detect.first_run import compile_first
from wellhead.detect.resuming import ResumedSidecar
from wellhead.detect.scorer import Scorer, load_scorer
from wellhead.errors import Interrupted, WellheadError

__all__ = ["ScoreResult", "score"]

BATCH = 256
# A detector that takes whole columns divides them over its threads.
BATCH_OF_COLUMNS = 4096


@dataclass(frozen=True)
class ScoreResult:
    """What a scoring run did, and where its scores are.

    Args:
        corpus: the name of the corpus.
        scorer: the name of the scorer.
        revision: its revision.
        scored: documents scored by this run.
        reused: documents whose scores an earlier run had left.
        census: what the pass over the corpus found.
        sidecars: the files that hold the scores; none for a corpus in memory.
        notes: things to say aloud.
    """

    corpus: str
    scorer: str
    revision: str
    scored: int
    reused: int
    census: Census
    sidecars: tuple[Path, ...]
    notes: tuple[str, ...]
    _table: pa.Table | None = field(default=None, repr=False, compare=False)

    def scores(self) -> pa.Table:
        """``id, sha256, score, held_out`` of every document, in the order of the corpus."""
        if self._table is not None:
            return self._table
        return pa.concat_tables(read_scores(path) for path in self.sidecars)

    def to_pandas(self) -> Any:
        """The scores as a pandas data frame."""
        return self.scores().to_pandas()

    def to_dict(self) -> dict[str, Any]:
        """The run as plain values, without the scores themselves."""
        return {
            "schema_version": 1,
            "corpus": self.corpus,
            "scorer": self.scorer,
            "revision": self.revision,
            "scored": self.scored,
            "reused": self.reused,
            "documents": self.census.to_dict(),
            "sidecars": [str(path) for path in self.sidecars],
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """The run as JSON, without the scores themselves."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


def score(
    corpus: Any,
    *,
    detector: str | os.PathLike[str] | Scorer | None = None,
    text_column: str | None = None,
    id_column: str | None = None,
    split: str | None = None,
    out: str | os.PathLike[str] | None = None,
    batch_size: int | None = None,
    show_progress: bool = False,
) -> ScoreResult:
    """The scores of every document of `corpus`, one sidecar a file.

    Scores are trusted to depend on the text and the scorer's revision alone. Scores of an earlier
    run are taken over where they are of the same text at the same place; the rest is scored.

    Args:
        corpus: anything that `wellhead.corpus.open_corpus` takes.
        detector: a name, the folder of a saved detector, or a `Scorer`; by default that of the
            language of most of the first documents, which is the general one where it has none.
        text_column: see `open_corpus`.
        id_column: see `open_corpus`.
        split: see `open_corpus`.
        out: the folder to hold ``<scorer>@<revision>/…``; by default ``scores`` beside the
            corpus. A corpus without a path and without `out` is scored in memory.
        batch_size: documents that go to the scorer at once; chosen by the scorer if not given.
        show_progress: draw a progress bar with the time left, on a terminal.

    Raises:
        BadInput: see `open_corpus`; or the scorer returned something that is no score.
        WellheadError: the scores cannot be written.
        Interrupted: Ctrl-C; what was scored is kept, and the same call finishes the rest.

    >>> import numpy as np
    >>> class Length:
    ...     name, revision = "length", "1"
    ...     def score(self, texts):
    ...         return np.array([float(len(text)) for text in texts])
    >>> score(["rain", "a river", "rain"], detector=Length()).scores()["score"].to_pylist()
    [4.0, 7.0, 4.0]
    """
    opened = open_corpus(corpus, text_column=text_column, id_column=id_column, split=split)
    scorer, notes = _detector(detector, opened)
    root = _root(opened, out)
    usual = BATCH_OF_COLUMNS if by_column(scorer) else BATCH
    run = _Run(opened, scorer, root, batch_size or usual)
    try:
        with progress("reading", show=show_progress) as bar:
            compile_first(scorer, bar)
            bar.stage(f"scoring {opened.name}, %", 100)
            for step in run.steps():
                bar.advance(step)
    except KeyboardInterrupt as stop:
        run.keep()
        raise Interrupted(
            f"stopped while scoring {opened.name}; what was scored is kept, "
            "and the same command finishes the rest"
        ) from stop
    except OSError as error:
        raise WellheadError(
            f"cannot write scores to {root} ({error.strerror or error}); "
            "name another folder with --out (out=). What was scored before is kept"
        ) from error
    finally:
        run.close()
    return run.result(notes)


def _detector(
    given: str | os.PathLike[str] | Scorer | None, corpus: Corpus
) -> tuple[Scorer, tuple[str, ...]]:
    """The detector that was asked for, else that of the language; and notes on it."""
    if isinstance(given, Scorer):
        return given, ()
    if given is not None:
        return load_scorer(given), ()
    choice = chosen_for(corpus)
    return load_scorer(choice.detector), choice.notes


def _root(corpus: Corpus, out: str | os.PathLike[str] | None) -> Path | None:
    if out is not None:
        return Path(out)
    return None if corpus.root is None else corpus.root / "scores"


class _Run:
    """One scoring run: file by file, batch by batch."""

    def __init__(self, corpus: Corpus, scorer: Scorer, root: Path | None, batch_size: int) -> None:
        self._corpus = corpus
        self._scorer = scorer
        self._folder = root and scores_folder(root, scorer.name, scorer.revision)
        self._reading = corpus.reading(batch_size, marks=True, carry=False)
        self._writer: ResumedSidecar | None = None
        self._behind = Behind()
        self._memory: list[pa.Table] = []
        self._sidecars: list[Path] = []
        self._scored = 0
        self._reused = 0

    def steps(self) -> Iterator[float]:
        """Do the work; yields how many more per cent are done."""
        told = 0.0
        for part, batches in self._reading.parts():
            for _ in self._file(part.relative, self._read(part, batches)):
                yield 100 * (self._reading.done - told)
                told = self._reading.done
        self._behind.wait()

    def keep(self) -> None:
        """Put what is scored but not yet on disk there."""
        if self._writer is not None:
            self._writer.keep()
        self._behind.wait()

    def close(self) -> None:
        """Finish what is being written."""
        self._behind.close()

    def result(self, notes: tuple[str, ...]) -> ScoreResult:
        in_memory = self._folder is None
        return ScoreResult(
            corpus=self._corpus.name,
            scorer=self._scorer.name,
            revision=self._scorer.revision,
            scored=self._scored,
            reused=self._reused,
            census=self._corpus.census,
            sidecars=tuple(self._sidecars),
            notes=(*self._corpus.notes, *notes),
            _table=pa.concat_tables(self._memory) if in_memory else None,
        )

    def _read(self, part: Part, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Files are read while others are scored; an object may belong to the user's thread."""
        apart = by_column(self._scorer) is not None and not isinstance(part, ObjectPart)
        return ahead(batches) if apart else batches

    def _file(self, relative: str, batches: Iterator[pa.RecordBatch]) -> Iterator[None]:
        if self._folder is None:
            for batch in batches:
                self._memory.append(self._score(batch))
                yield
            return
        sidecar = Sidecar(
            self._folder, relative, scorer=self._scorer.name, revision=self._scorer.revision
        )
        self._sidecars.append(sidecar.path)
        self._writer = ResumedSidecar(sidecar, self._behind)
        for batch in batches:
            if self._writer.reuse(batch):
                self._reused += batch.num_rows
            else:
                self._writer.add(self._score(batch))
            yield
        self._writer.finish()

    def _score(self, batch: pa.RecordBatch) -> pa.Table:
        self._scored += batch.num_rows
        return score_batch(self._scorer, batch)
