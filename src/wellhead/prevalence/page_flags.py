"""The flagged texts of an assay: what a flag means, which they are, what weighed most.

The table of documents and the passages flow in, blocks flow out. A flag is always shown with its
p-value and with the sentence that says what it is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from wellhead.prevalence.flagged import distinct_flagged, places_of_flagged
from wellhead.report.blocks import Block, Details
from wellhead.report.excerpts import Excerpt, Excerpts, Span
from wellhead.report.numbers import count, counted, p_value, percent, probability
from wellhead.report.table import Column, Table

if TYPE_CHECKING:
    from wellhead.prevalence.result import AssayResult, Passage

__all__ = ["flagged"]

_LISTED = 100
# An id that is the content's own hash tells nobody which document it is.
_HASH = re.compile(r"[0-9a-f]{32}(#[0-9a-f]{8})?")
_REST = "all are in flagged.csv, which opens in a spreadsheet, when the result was saved"


def flagged(result: AssayResult) -> list[Block | str]:
    """The blocks about flagged texts, or about why there are none."""
    documents, rate = result.documents, result.false_discovery_rate
    human = result.references.human
    if not human:
        return [
            "Single texts can only be flagged by comparison with texts that people certainly "
            "wrote (--human), and none were given."
        ]
    if result.compared_in_vain:
        return [
            "No text is flagged: the human texts given for comparison are of another kind, and by "
            "comparison with them nothing can be said about a single text."
        ]
    if not documents.flagged:
        return [
            "No text is flagged: none scores so high that it could be named with at most "
            f"{percent(rate)} of such names being wrong. The share above can still be above zero: "
            "many texts that each look only a little machine-like add up. With "
            f"{counted(human, 'human text')} no p-value can be below {p_value(1 / (human + 1))}; "
            "more human texts make flags possible.",
        ]
    distinct = distinct_flagged(result.table)
    copies = (
        f"{'It is' if distinct == 1 else 'They are'} {counted(distinct, 'distinct text')}; repeats "
        "of a text stand in the list once. "
        if distinct < documents.flagged
        else ""
    )
    said = (
        f"{count(documents.flagged)} of {counted(documents.n, 'text')} "
        f"{'scores' if documents.flagged == 1 else 'score'} so high that few texts written by "
        f"people do. {copies}Beside each stands its p: how often a text that a person wrote would "
        "score that high (p = 0.01 means 1 in 100). A flag is a statistical statement about a "
        "text, not proof about its author: the list is drawn up so that on average at most "
        f"{percent(rate)} of it, here {_wrong(rate * distinct)}, are texts that people "
        "wrote (the “false discovery rate”). Decide nothing about a person from one flag."
    )
    table = _flag_table(result)
    if not result.passages:
        return [said, table]
    return [
        said,
        "Below are the texts with the highest scores. The stronger the colour of a passage, the "
        "more it raised the score. That shows what the detector looked at; it proves nothing by "
        "itself. The rhythm of a whole text may count besides, which no passage shows.",
        _excerpts(result),
        Details("The flagged texts as a table", [table]),
    ]


def _wrong(expected: float) -> str:
    if expected < 1:
        return "less than one"
    return f"about {count(expected)}"


def _flag_table(result: AssayResult) -> Table:
    rows = _flagged_rows(result.table)
    files = set(rows["file"].to_pylist()) if "file" in rows.column_names else set()
    named = not files - {None} or any(
        not _HASH.fullmatch(str(one)) for one in rows["id"].to_pylist()
    )
    kinds: list[tuple[str, Column]] = [
        *([("file", Column("file"))] if len(files) > 1 else []),
        *([("row", Column("row", "count"))] if files - {None} else []),
        *([("id", Column("id", "code"))] if named else []),
        ("first_words", Column("begins")),
        ("group", Column("group")),
        ("p_value", Column("p", "p")),
        ("posterior", Column("machine-written", "probability", "probability")),
        ("score", Column("score", "number")),
    ]
    kept = [(name, column) for name, column in kinds if name in rows.column_names]
    shown = rows.slice(0, _LISTED).select([name for name, _ in kept]).to_pylist()
    of = f" Rows are those of {next(iter(files))}." if len(files) == 1 and None not in files else ""
    return Table(
        [column for _, column in kept],
        [[row[name] for name, _ in kept] for row in shown],
        caption=(
            "Flagged texts, the surest first. p is how often a text that a person wrote scores "
            f"this high.{of} The probability beside it rests on the estimated share and on the "
            "programs that were considered, the list as a whole on the human texts alone; for a "
            "single text the two can differ."
        ),
        cap=_LISTED,
        total=rows.num_rows,
        rest=_REST,
    )


def _flagged_rows(table: pa.Table) -> pa.Table:
    """Flagged rows, each distinct text once, the smallest p-value and highest score first."""
    rows = table.take(pa.array(places_of_flagged(table)))
    return rows.filter(pc.invert(rows["duplicate"])) if "duplicate" in rows.column_names else rows


def _excerpts(result: AssayResult) -> Excerpts:
    rows = _flagged_rows(result.table)
    chosen = rows.filter(pc.is_in(rows["id"], pa.array(list(result.passages), rows["id"].type)))
    return Excerpts(
        [_excerpt(row, result.passages[row["id"]]) for row in chosen.to_pylist()],
        total=rows.num_rows,
        rest=(
            "all are in the table below"
            if rows.num_rows <= _LISTED
            else f"the first {_LISTED} are in the table below, and {_REST}"
        ),
    )


def _excerpt(row: dict[str, Any], passages: Sequence[Passage]) -> Excerpt:
    facts = f"p = {p_value(row['p_value'])}".replace("= <", "<")
    if row.get("posterior") is not None:
        facts += f", machine {probability(row['posterior'])}"
    return Excerpt(_named(row), facts, _spans(passages))


def _named(row: dict[str, Any]) -> str:
    """A document as people find it: by file and row or its own id, and by its first words."""
    file, number = row.get("file"), row.get("row")
    where = [
        *([str(row["id"])] if not _HASH.fullmatch(str(row["id"])) or number is None else []),
        *([f"{file}, row {number}" if file else f"row {number}"] if number is not None else []),
    ]
    words = row.get("first_words")
    return ", ".join(where) + (f": {words}" if words else "")


def _spans(passages: Sequence[Passage]) -> list[Span]:
    """Passages with weights relative to the strongest, each on a line of its own.

    They come in reading order but need not be neighbours, so they are not run together.
    """
    strongest = max((one.weight for one in passages), default=0.0)
    spans: list[Span] = []
    for text, weight in passages:
        spans += [Span("\n")] if spans else []
        spans.append(Span(text.strip(), weight / strongest if strongest > 0 else 0.0))
    return spans
