"""Who each row descends from: ``doc_id``, ``root_id`` (a human ancestor, or null), ``generation``.

Flows in: files of text. Flows out: an Arrow table of these three columns, checked against the rows
that the parents have. The rules::

    generation 0, root_id = doc_id    a person's own text
    generation 0, root_id null        as it was found, its writer unknown
    generation n, root_id = r         written by a machine, n steps away from the human text r
    generation n, root_id null        written by a machine, from no human text that one could name

Parquet files that have the columns are read at the speed of the disk; everything else is read as a
corpus, in which rows that do not say find themselves among their parents by `doc_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path
from wellhead.corpus import open_corpus
from wellhead.errors import BadInput

__all__ = [
    "SCHEMA",
    "Columns",
    "Counted",
    "check",
    "counted",
    "inherited",
    "joined",
    "own_rows",
    "read_columns",
    "require_one_row_each",
    "write_index",
]

SCHEMA = pa.schema([("doc_id", pa.string()), ("root_id", pa.string()), ("generation", pa.int32())])
_AT_ONCE = 4096
_OF_TEXT = "^[0-9a-f]{32}$"  # what `wellhead.corpus` gives a text that has no id


class Columns(NamedTuple):
    """What a file says of its rows: ids always, the others where it has them.

    `whole` means that the file is Parquet with all three, and needs no table beside it.
    """

    doc_id: Any
    root_id: Any | None
    generation: Any | None
    whole: bool = False


def read_columns(
    path: Path, *, text_column: str | None = None, id_column: str | None = None
) -> Columns:
    """The ids of a file, and what it says of roots and generations.

    Raises:
        BadInput: it is no text that can be read, or its columns hold other things.
    """
    if path.suffix == ".parquet" and id_column in (None, "doc_id"):
        try:
            file = pq.ParquetFile(path)
            if set(SCHEMA.names) <= set(file.schema_arrow.names):
                table = file.read(columns=SCHEMA.names, use_threads=True)
                return _cast(table, path, whole=True)
        except pa.ArrowException as error:
            raise BadInput(f"{path}: expected a whole Parquet file: {error}.") from error
    return _through_corpus(path, text_column, id_column)


def _through_corpus(path: Path, text_column: str | None, id_column: str | None) -> Columns:
    corpus = open_corpus(path, text_column=text_column, id_column=id_column)
    tables = []
    for batch in corpus.batches(_AT_ONCE):
        names = batch.schema.names
        ids = "doc_id" if id_column is None and "doc_id" in names else "id"
        kept = {"doc_id": batch.column(ids)}
        kept |= {name: batch.column(name) for name in SCHEMA.names[1:] if name in names}
        tables.append(pa.table(kept))
    table = pa.concat_tables(tables, promote_options="permissive")
    return _cast(table, path, whole=False)


def _cast(table: Any, path: Path, *, whole: bool) -> Columns:
    """The three columns in their types; None for one that is not there."""
    found: list[Any | None] = []
    for field in SCHEMA:
        if field.name not in table.schema.names:
            found.append(None)
            continue
        try:
            found.append(table.column(field.name).cast(field.type))
        except pa.ArrowException as error:
            raise BadInput(
                f"{path}: expected {field.type} in the column '{field.name}': {error}."
            ) from error
    ids, root, generation = found
    return Columns(ids, root, generation, whole)


def own_rows(columns: Columns, writers: str) -> Any:
    """The rows of an original: each its own root where people wrote them.

    Raises:
        BadInput: the file says itself that its rows come from others.
    """
    ids, n = columns.doc_id, len(columns.doc_id)
    generation = 1 if writers == "machines" else 0
    roots = ids if writers == "people" else pa.nulls(n, pa.string())
    made = _table(ids, roots, pa.array([generation] * n, pa.int32()))
    for name in SCHEMA.names[1:]:
        said = getattr(columns, name)
        if said is not None and not pc.all(_same(said, made.column(name))).as_py():
            raise BadInput(
                f"expected an original, got rows whose '{name}' says that they come from other "
                "texts. Add those first, then use derive with --parent."
            )
    return made


def require_one_row_each(rows: Any) -> None:
    """Raise where an id stands for several rows, so that nobody could say whose text a root is.

    Ids that were made of the text itself may repeat, as the text does.
    """
    ids = rows.column("doc_id")
    if pc.count_distinct(ids, mode="all").as_py() == len(ids):
        return
    counts = pc.value_counts(ids)
    again = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    again = again.filter(pc.invert(pc.match_substring_regex(again, _OF_TEXT)))
    if len(again):
        raise BadInput(
            f"expected one id for each text that people wrote, got '{str(again[0])[:60]}' more "
            "than once. Name another column with --id-column, or make the ids distinct: a root "
            "has to be one text."
        )


def _same(one: Any, other: Any) -> Any:
    """Equal, nulls among themselves included."""
    return pc.or_(
        pc.fill_null(pc.equal(one, other), False), pc.and_(pc.is_null(one), pc.is_null(other))
    )


def inherited(columns: Columns, parents: Any | None, new: int) -> Any:
    """The rows of something derived.

    Args:
        columns: what its files say.
        parents: the rows of its parents; None where the files say everything.
        new: the generation of rows that no parent has.
    """
    ids = columns.doc_id
    if columns.root_id is not None and columns.generation is not None:
        return _table(ids, columns.root_id, columns.generation)
    if parents is None:
        raise BadInput("expected the rows of the parents, because the files do not say.")
    at = pc.index_in(ids, value_set=parents.column("doc_id").combine_chunks())
    roots = columns.root_id
    if roots is None:
        roots = parents.column("root_id").take(at)
    generation = columns.generation
    if generation is None:
        generation = pc.fill_null(parents.column("generation").take(at), pa.scalar(new, pa.int32()))
    return _table(ids, roots, generation)


def _table(*columns: Any) -> Any:
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)


def check(table: Any, roots: Any, most: int) -> list[str]:
    """What is wrong with rows, in sentences; nothing for rows that hold.

    Args:
        table: the rows.
        roots: the ids of the human originals that they may come from.
        most: the deepest generation that they may have.
    """
    ids, root, generation = (table.column(name) for name in SCHEMA.names)
    rooted = pc.is_valid(root)
    first = pc.equal(generation, 0)
    bad = {
        "have no doc_id": pc.or_(pc.is_null(ids), pc.equal(pc.utf8_length(ids), 0)),
        f"have no generation from 0 to {most}": pc.fill_null(
            pc.or_(pc.less(generation, 0), pc.greater(generation, most)), True
        ),
        "are of generation 0 and have another text as their root": pc.and_(
            pc.and_(rooted, first), pc.not_equal(root, ids)
        ),
        "name a human original that no ancestor has": pc.and_(
            rooted, pc.invert(pc.is_in(root, value_set=roots))
        ),
    }
    return [said for what, mask in bad.items() if (said := _found(ids, mask, what))]


def _found(ids: Any, mask: Any, what: str) -> str:
    mask = pc.fill_null(mask, False)
    count = pc.sum(mask).as_py() or 0
    if not count:
        return ""
    first = pc.index(mask, pa.scalar(True)).as_py()
    return f"{count:,} of {len(ids):,} rows {what} (the first is row {first + 1})"


class Counted(NamedTuple):
    """Rows, those with a human ancestor, those that are a person's own text, the deepest
    generation, and how many of generation 0 nobody vouches for."""

    total: int
    rooted: int
    original: int
    deepest: int
    unknown: int


def counted(table: Any) -> Counted:
    """What a manifest says of rows."""
    root, generation = table.column("root_id"), table.column("generation")
    rooted = pc.is_valid(root)
    first = pc.equal(generation, 0)
    return Counted(
        total=table.num_rows,
        rooted=pc.sum(rooted).as_py() or 0,
        original=pc.sum(pc.and_(rooted, first)).as_py() or 0,
        deepest=pc.max(generation).as_py() or 0,
        unknown=pc.sum(pc.and_(pc.invert(rooted), first)).as_py() or 0,
    )


def write_index(table: Any, path: Path) -> None:
    """Write rows as a table of their own, the same bytes for the same rows."""
    with atomic_path(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata(None).combine_chunks(),
            temporary,
            compression="zstd",
            compression_level=1,
            use_dictionary=["generation"],
            store_schema=False,
        )


def joined(tables: Sequence[Any]) -> Any:
    """Rows under each other."""
    return pa.concat_tables(tables) if tables else SCHEMA.empty_table()
