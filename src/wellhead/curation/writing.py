"""The new corpus, beside the old one: file by file, resumable, each file whole or not at all.

In: a corpus and what is decided of each document. Out, in the folder::

    corpus/<path>            kept texts, in the format they came in (else JSON lines)
    decisions/<path>.parquet id, kept, weight, reason, p_value, posterior, reserved: every document
    reserve/<path>           the human originals set aside, if any
    curation.json            of which corpus and by which decisions

The decisions of a file are written last: where they are, the file is done. A kept text carries its
weight in the column ``curation_weight``, unless kept by draws.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path, write_text
from wellhead._progress import Progress, quiet
from wellhead.corpus import Corpus
from wellhead.corpus.parts import FilePart, Part
from wellhead.corpus.selection import TextPath
from wellhead.curation.evidence import Evidence
from wellhead.curation.tails import require_same, require_whole
from wellhead.errors import BadInput, BadSetting, WellheadError

__all__ = ["WEIGHT", "Order", "Written", "refuse_inside", "write_corpus"]

WEIGHT = "curation_weight"
_MARKS = ("sha256", "first", "at_file", "at_row")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to write.

    Attributes:
        weights: shape (documents,), by the policy.
        reserved: shape (documents,), or None.
        as_draws: keep each text with its weight as probability, instead of writing weights.
        seed: of these draws.
    """

    weights: np.ndarray
    reserved: np.ndarray | None = None
    as_draws: bool = False
    seed: int = 0

    @property
    def outcome(self) -> np.ndarray:
        """Shape (documents,): the weight that is written; 0 drops."""
        if not self.as_draws:
            return self.weights
        drawn = np.random.default_rng([self.seed, 1]).random(self.weights.size)
        return (drawn < self.weights).astype(np.float64)

    @property
    def fingerprint(self) -> str:
        """Equal for equal orders."""
        known = hashlib.sha256(np.ascontiguousarray(self.outcome).tobytes())
        if self.reserved is not None:
            known.update(np.packbits(self.reserved).tobytes())
        return known.hexdigest()


class Written(NamedTuple):
    """What was written.

    Attributes:
        folder: where.
        files: of the new corpus.
        kept: documents in it.
        reused: files that an earlier run had finished.
    """

    folder: str
    files: int
    kept: int
    reused: int


def write_corpus(
    corpus: Corpus,
    evidence: Evidence,
    order: Order,
    folder: Path,
    *,
    progress: Progress = quiet,
) -> Written:
    """Write what is kept; what an earlier run of the same order finished is left as it is.

    Raises:
        BadSetting: the folder holds another curation, or a file would replace its own source.
        BadInput: the corpus is not the one of the assay.
        WellheadError: the disk is full or the folder cannot be written; finished files stay.
    """
    outcome = order.outcome
    _claim(folder, evidence, order)
    place = files = reused = 0
    taken: set[str] = set()
    reading = corpus.reading(marks=True)
    try:
        for part, batches in reading.parts():
            one = _One(corpus, evidence, order, outcome, folder, part, taken)
            files, reused = files + 1, reused + one.done
            with one.open():
                for batch in batches:
                    require_same(batch, evidence, place, corpus.name)
                    one.add(batch, place)
                    place += batch.num_rows
                    progress.advance(batch.num_rows)
        require_whole(place, corpus, evidence)
    except OSError as error:
        raise WellheadError(
            f"{folder}: cannot write ({error.strerror or error}). Finished files are kept, nothing "
            "is half-written, and the same command goes on from there"
        ) from error
    return Written(str(folder), files, int((outcome > 0).sum()), reused)


def refuse_inside(corpus: Corpus, folder: Path) -> None:
    """What is written into the folder of the corpus would be read as part of it the next time."""
    tops = {PurePosixPath(part.relative).parts[0] for part in corpus.parts}
    lone = all(len(PurePosixPath(part.relative).parts) == 1 for part in corpus.parts)
    if corpus.root is None or len(tops) != 1 or lone:
        return
    source = (corpus.root / tops.pop()).resolve()
    if source in (folder.resolve(), *folder.resolve().parents):
        raise BadSetting(
            f"{folder} lies in the corpus {source}, and would be read as a part of it the next "
            "time; name a folder outside with --out"
        )


def _claim(folder: Path, evidence: Evidence, order: Order) -> None:
    """The folder is new, or began with the same order."""
    wanted = {"corpus": evidence.corpus, "decisions": order.fingerprint}
    claim = folder / "curation.json"
    if claim.exists():
        try:
            known = json.loads(claim.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{claim} cannot be read ({error}); name a new folder") from error
        if known != wanted:
            raise BadSetting(f"{folder} holds another curation; name a new folder with --out")
        return
    if any((folder / name).exists() for name in ("corpus", "decisions", "reserve")):
        raise BadSetting(f"{folder} holds other data; name a new folder with --out")
    write_text(claim, json.dumps(wanted, indent=1) + "\n")


class _One:
    """One file of the corpus on its way."""

    def __init__(
        self,
        corpus: Corpus,
        evidence: Evidence,
        order: Order,
        outcome: np.ndarray,
        folder: Path,
        part: Part,
        taken: set[str],
    ) -> None:
        self._corpus, self._evidence, self._order = corpus, evidence, order
        self._outcome = outcome
        self._kind, name, path = _free(part, taken)
        self._kept, self._reserve = folder / "corpus" / name, folder / "reserve" / name
        self._decisions = folder / "decisions" / f"{path}.parquet"
        if isinstance(part, FilePart) and part.path.resolve() == self._kept.resolve():
            raise BadSetting(f"{self._kept} is the corpus itself; name another folder with --out")
        self.done = self._decisions.exists()
        self._sinks: list[_Sink] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """The files appear when the block ends without an error, the decisions last."""
        if self.done:
            yield
            return
        with ExitStack() as stack:
            decisions = stack.enter_context(atomic_path(self._decisions))
            self._rows: list[pa.Table] = []
            places = [self._kept, *([self._reserve] if self._order.reserved is not None else [])]
            temporary = [stack.enter_context(atomic_path(place)) for place in places]
            self._sinks = [
                SINKS[self._kind](path, place.suffix)
                for path, place in zip(temporary, places, strict=True)
            ]
            try:
                yield
            finally:
                for sink in self._sinks:
                    sink.close()
            pq.write_table(pa.concat_tables(self._rows or [_DECISIONS.empty_table()]), decisions)

    def add(self, batch: pa.RecordBatch, place: int) -> None:
        """Decide on the documents of one batch, which begin at `place`."""
        if self.done:
            return
        here = slice(place, place + batch.num_rows)
        outcome = self._outcome[here]
        self._rows.append(self._decided(batch, here))
        table = _original(batch, self._corpus.text_column)
        if not self._order.as_draws:
            table = _weighed(table, outcome)
        self._sinks[0].write(table.filter(pa.array(outcome > 0)))
        if self._order.reserved is not None:
            originals = _original(batch, self._corpus.text_column)
            self._sinks[1].write(originals.filter(pa.array(self._order.reserved[here])))

    def _decided(self, batch: pa.RecordBatch, here: slice) -> pa.Table:
        evidence, weights = self._evidence, self._order.weights[here]
        outcome, posterior = self._outcome[here], evidence.posterior[here]
        reserved = self._order.reserved
        columns = [
            batch["id"],
            pa.array(outcome > 0),
            pa.array(outcome),
            pa.array(_reasons(weights, outcome, evidence.first[here], posterior)),
            pa.array(evidence.p[here], from_pandas=True),
            pa.array(posterior, from_pandas=True),
            pa.array(np.zeros(len(outcome), bool) if reserved is None else reserved[here]),
        ]
        return pa.Table.from_arrays(columns, schema=_DECISIONS)


_DECISIONS = pa.schema(
    [
        ("id", pa.string()),
        ("kept", pa.bool_()),
        ("weight", pa.float64()),
        ("reason", pa.string()),
        ("p_value", pa.float64()),
        ("posterior", pa.float64()),
        ("reserved", pa.bool_()),
    ]
)


def _reasons(
    weights: np.ndarray, outcome: np.ndarray, first: np.ndarray, posterior: np.ndarray
) -> list[str]:
    reasons = np.full(weights.size, "kept", dtype=object)
    reasons[weights < 1] = "weighed down"
    reasons[~np.isfinite(posterior)] = "set apart by the assay, kept"
    reasons[(outcome == 0) & (weights > 0)] = "not drawn"
    reasons[weights == 0] = "machine-like"
    reasons[(weights == 0) & ~first] = "repeats a text that is folded or dropped"
    told: list[str] = reasons.tolist()
    return told


def _original(batch: pa.RecordBatch, text_column: str) -> pa.Table:
    """The columns as they came, with the identity first; the marks of the reading left out."""
    names = [name for name in batch.schema.names if name not in ("id", "text", *_MARKS)]
    roots = TextPath(text_column).roots(names)
    nested = bool(roots) and all(root in names for root in roots)
    columns = {"id": batch["id"]}
    if not nested:
        columns[text_column if text_column != "id" else "text"] = batch["text"]
    return pa.table({**columns, **{name: batch[name] for name in names}})


def _weighed(table: pa.Table, weights: np.ndarray) -> pa.Table:
    """With the weights beside; those of an earlier curation keep a name of their own."""
    if WEIGHT in table.schema.names:
        renamed = [f"earlier_{n}" if n == WEIGHT else n for n in table.schema.names]
        table = table.rename_columns(renamed)
    return table.append_column(WEIGHT, pa.array(weights))


def _inside(relative: str) -> PurePosixPath:
    """The path of a part, which never leads out of the folder."""
    parts = [
        one for one in PurePosixPath(relative.replace("\\", "/")).parts if one not in ("/", "..")
    ]
    return PurePosixPath(*(parts or ["corpus"]))


def _free(part: Part, taken: set[str]) -> tuple[str, str, PurePosixPath]:
    """The kind of file to write, its name and the part's path; a number goes before the name
    where an earlier part has it already, as file names that are no text can become equal."""
    path = _inside(part.relative)
    for number in itertools.count(2):
        kind, name = _written_as(part.format, path)
        if not (wanted := {f"corpus/{name}", f"decisions/{path}"}) & taken:
            break
        path = _inside(part.relative)
        path = path.with_name(f"{number}-{path.name}")
    taken |= wanted
    return kind, name, path


def _written_as(format_: str, path: PurePosixPath) -> tuple[str, str]:
    """The kind of file to write, and its name."""
    base, _, compression = format_.partition(".")
    suffix = "".join(path.suffixes).lower()
    if base in ("parquet", "arrow"):
        return "parquet", str(path) if suffix == ".parquet" else f"{path}.parquet"
    if base == "csv" and compression in ("", "gz") and suffix.startswith((".csv", ".tsv")):
        return "csv", str(path)
    if base in ("json", "jsonl") and suffix in (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"):
        return "jsonl", str(path)
    return "jsonl", f"{path}.jsonl"


class _Sink(Protocol):
    """Takes tables, a batch at a time."""

    def __init__(self, path: Path, suffix: str) -> None: ...
    def write(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


class _Text:
    """A text file, compressed where its name says so; the same content gives the same bytes."""

    def __init__(self, path: Path, suffix: str) -> None:
        raw: IO[bytes] = path.open("wb")
        self._raw = raw
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if suffix == ".gz" else raw
        self._packed: Any = packed
        self._stream = io.TextIOWrapper(packed, encoding="utf-8", newline="")

    def close(self) -> None:
        self._stream.close()
        self._raw.close()


class _JsonLines(_Text):
    def write(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            known = {name: value for name, value in row.items() if value is not None}
            self._stream.write(json.dumps(known, ensure_ascii=False, default=str) + "\n")


class _Csv(_Text):
    def __init__(self, path: Path, suffix: str) -> None:
        super().__init__(path, suffix)
        self._names: list[str] | None = None

    def write(self, table: pa.Table) -> None:
        writer = csv.writer(self._stream, lineterminator="\n")
        if self._names is None:
            self._names = table.schema.names
            writer.writerow(self._names)
        columns = (table[name].to_pylist() for name in self._names)
        writer.writerows(zip(*columns, strict=True))


class _Parquet:
    def __init__(self, path: Path, suffix: str) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


SINKS: dict[str, type[_Sink]] = {"jsonl": _JsonLines, "csv": _Csv, "parquet": _Parquet}
