"""Scores for a whole corpus: streamed, kept beside it, and never computed twice.

Text goes through a `Scorer`, a batch at a time; scores go to sidecars (`wellhead.corpus.sidecars`)
or, for a corpus without a path, into memory. A run that was stopped, even killed, goes on where
it stopped and ends with the same file. What the scores mean is the business of `wellhead.assay`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead._progress import progress
from wellhead.corpus import Census, Corpus, open_corpus
from wellhead.corpus._arrow import numbers
from wellhead.corpus.parts import ObjectPart, Part
from wellhead.corpus.sidecars import SCHEMA, Sidecar, read_scores, scores_folder
from wellhead.detect.ahead import ahead
from wellhead.detect.behind import Behind
from wellhead.detect.choice import chosen_for
from wellhead.detect.scorer import Scorer, load_scorer
from wellhead.errors import BadInput, Interrupted, WellheadError

__all__ = ["KnownScores", "ScoreResult", "score", "scored"]

BATCH = 256
# A detector that takes whole columns divides them over its threads.
BATCH_OF_COLUMNS = 4096
# Finished work is put on disk after so many seconds or documents, whichever is first.
KEEP_SECONDS = 10.0
KEEP_ROWS = 1 << 16


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
    usual = BATCH_OF_COLUMNS if _by_column(scorer) else BATCH
    run = _Run(opened, scorer, root, batch_size or usual)
    try:
        with progress(f"scoring {opened.name}, %", 100, show=show_progress) as bar:
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
        self._writer: _Writer | None = None
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
        apart = _by_column(self._scorer) is not None and not isinstance(part, ObjectPart)
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
        self._writer = _Writer(sidecar, self._behind)
        for batch in batches:
            if self._writer.reuse(batch):
                self._reused += batch.num_rows
            else:
                self._writer.add(self._score(batch))
            yield
        self._writer.finish()

    def _score(self, batch: pa.RecordBatch) -> pa.Table:
        """The scores of a batch; a text that stands in it twice is scored once."""
        if (by_column := _by_column(self._scorer)) is not None:
            scores = _checked(self._scorer, by_column(batch["text"]), batch.num_rows)
            self._scored += batch.num_rows
            unseen = pa.nulls(batch.num_rows, pa.float64())
            columns = [batch["id"], batch["sha256"], numbers(scores), unseen]
            return pa.Table.from_arrays(columns, schema=SCHEMA)
        hashes = batch["sha256"].to_pylist()
        texts = dict(zip(hashes, batch["text"].to_pylist(), strict=True))
        scores, held_out = scored(self._scorer, list(texts.values()))
        place = {sha: row for row, sha in enumerate(texts)}
        rows = np.array([place[sha] for sha in hashes], dtype=np.int64)
        self._scored += batch.num_rows
        columns = [
            batch["id"],
            batch["sha256"],
            numbers(scores[rows]),
            pa.array(held_out[rows], from_pandas=True),
        ]
        return pa.Table.from_arrays(columns, schema=SCHEMA)


def scored(scorer: Scorer, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and those by a model that had not seen the text; NaN where the scorer had not."""
    held_out = np.full(len(texts), np.nan)
    fitted_on, by_others = (
        getattr(scorer, "fitted_on", None),
        getattr(scorer, "score_held_out", None),
    )
    if fitted_on is not None and by_others is not None:
        seen = np.flatnonzero(fitted_on(texts))
        if seen.size:
            held_out[seen] = by_others([texts[row] for row in seen])
    return _checked(scorer, scorer.score(texts), len(texts)), held_out


def _by_column(scorer: Scorer) -> Callable[[pa.LargeStringArray], NDArray[np.float64]] | None:
    """How a scorer scores an Arrow column; None if it cannot, or remembers texts."""
    if getattr(scorer, "held_out", None) is not None:
        return None
    return getattr(scorer, "score_column", None)


def _checked(scorer: Scorer, given: NDArray[np.float64], number: int) -> np.ndarray:
    scores = np.asarray(given, dtype=np.float64)
    if scores.shape != (number,):
        raise BadInput(
            f"expected {number} scores from detector '{scorer.name}', "
            f"got an array of shape {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise BadInput(f"expected finite scores from detector '{scorer.name}', got NaN or infinity")
    return scores


class KnownScores:
    """Scores by content hash: taken from earlier runs where they fit, else computed once.

    A text that the scorer was fitted on counts with its held-out score.

    Args:
        scorer: computes what is missing.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self._known: dict[int, tuple[float, bool]] = {}

    def take(self, earlier: ScoreResult) -> None:
        """Use the scores of a run.

        Raises:
            BadInput: they are by another detector or revision.
        """
        wanted = (self.scorer.name, self.scorer.revision)
        if (earlier.scorer, earlier.revision) != wanted:
            raise BadInput(
                f"the scores of {earlier.corpus} are by {earlier.scorer} {earlier.revision}, and "
                f"these texts are judged by {' '.join(wanted)}: score them again"
            )
        self._add(earlier.scores())

    def look_beside(self, corpus: Corpus, root: Path | None = None) -> None:
        """Use the sidecars of `corpus` that are whole and by this very revision, if there are any.

        Args:
            corpus: whose sidecars.
            root: the folder that `score` wrote to; by default ``scores`` beside the corpus.
        """
        root = _root(corpus, root)
        if root is None:
            return
        name, revision = self.scorer.name, self.scorer.revision
        folder = scores_folder(root, name, revision)
        for part in corpus.parts if folder.is_dir() else ():
            sidecar = Sidecar(folder, part.relative, scorer=name, revision=revision)
            if sidecar.whole:
                for table in sidecar.earlier():
                    self._add(table)

    def of(
        self, texts: Sequence[str], hashes: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The score of each text, and whether the scorer was fitted on it.

        Args:
            texts: what would be scored.
            hashes: their content hashes, in hexadecimal.
        """
        keys = [int(sha[:16], 16) for sha in hashes]
        missing = {k: text for k, text in zip(keys, texts, strict=True) if k not in self._known}
        if missing:
            self._remember(missing.keys(), *scored(self.scorer, list(missing.values())))
        found = [self._known[key] for key in keys]
        return np.array([score for score, _ in found]), np.array([seen for _, seen in found], bool)

    def _add(self, table: pa.Table) -> None:
        keys = (int(sha[:16], 16) for sha in table["sha256"].to_pylist())
        scores, held_out = (
            table[name].to_numpy().astype(np.float64) for name in ("score", "held_out")
        )
        self._remember(keys, scores, held_out)

    def _remember(self, keys: Iterable[int], scores: np.ndarray, held_out: np.ndarray) -> None:
        seen = ~np.isnan(held_out)
        counted = np.where(seen, held_out, scores)
        self._known.update(
            zip(keys, zip(counted.tolist(), seen.tolist(), strict=True), strict=True)
        )


class _Writer:
    """Takes over the scores that earlier runs left while they fit, then writes new ones."""

    def __init__(self, sidecar: Sidecar, behind: Behind) -> None:
        self._sidecar = sidecar
        self._behind = behind
        self._earlier = _Cursor(sidecar.earlier())
        self._place = 0
        self._following = True
        self._pending: list[pa.Table] = []
        self._kept_at = time.monotonic()

    def reuse(self, batch: pa.RecordBatch) -> bool:
        """Whether the next documents are scored already; counts them as done if so."""
        if not self._following:
            return False
        known = self._earlier.take(batch.num_rows)
        if known is not None and _same_documents(known, batch):
            self._place += batch.num_rows
            return True
        self._following = False
        self._sidecar.keep(self._place)
        return False

    def add(self, scores: pa.Table) -> None:
        """New scores of the next documents."""
        self._pending.append(scores)
        rows = sum(table.num_rows for table in self._pending)
        if rows >= KEEP_ROWS or time.monotonic() - self._kept_at > KEEP_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Put what is scored on disk, while more is scored."""
        if self._pending:
            table, place = pa.concat_tables(self._pending), self._place
            self._behind.do(lambda: self._sidecar.write_part(place, table))
            self._place += table.num_rows
            self._pending = []
        self._kept_at = time.monotonic()

    def finish(self) -> None:
        """Make the sidecar whole, unless it was already; at once where nothing is kept yet."""
        if self._pending and self._place == 0:
            table, self._pending = pa.concat_tables(self._pending), []
            self._behind.do(lambda: self._sidecar.write(table))
            return
        self.keep()
        self._behind.do(self._complete)

    def _complete(self) -> None:
        if self._following and self._sidecar.whole and self._earlier.take(1) is None:
            return
        if self._following:
            self._sidecar.keep(self._place)
        self._sidecar.assemble()


def _same_documents(known: pa.Table, batch: pa.RecordBatch) -> bool:
    return all(known[name].combine_chunks().equals(batch[name]) for name in ("id", "sha256"))


class _Cursor:
    """Takes rows off a stream of tables, in any number."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables = tables
        self._held = pa.Table.from_batches([], SCHEMA)

    def take(self, rows: int) -> pa.Table | None:
        """The next `rows` rows; None when fewer are left."""
        while self._held.num_rows < rows:
            following = next(self._tables, None)
            if following is None:
                return None
            self._held = pa.concat_tables([self._held, following.replace_schema_metadata(None)])
        taken, self._held = self._held.slice(0, rows), self._held.slice(rows)
        return taken
