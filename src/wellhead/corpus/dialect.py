"""How a file of separated values is written: delimiter, quotes, header; found by trying.

The start of the file is read in every way that its first line allows, and the way that gives rows
of equal length is taken. Quotes count as marks around fields where they stand as marks do;
where they do not, or where they would merge many even lines, they are letters. A first record that
looks like those below it is data and no header.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

__all__ = ["Dialect", "above", "above_told", "heading", "looks_delimited", "sniff"]

DELIMITERS = ",;\t|"
_SEP = re.compile(r'"?sep=(.)"?\s*$')
_NUMBER = re.compile(r"\s*[\d.,:/+%$€£-]*\d[\d.,:/+%\s-]*([ap]m)?\s*$", re.IGNORECASE)
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_EVEN = 0.99
# What SurveyMonkey writes under the question of a column.
_OPEN_ENDED = {"Open-Ended Response", "Response"}
# The most lines that are looked at for a title above a table, the fewest lines of a table under
# one, and the longest name of a column there.
_TITLES, _UNDER, _NAME = 10, 3, 200
# From so many lines on, lines that are even without quotes are no accident.
_MANY = 20
# A start of this length is cut off, and its last record with it.
_CUT = 1 << 15


class Dialect(NamedTuple):
    """One way to read separated values.

    Args:
        delimiter: between fields.
        quoted: whether quotes around a field are not part of it.
        header: whether the first record names the columns.
        skipped: lines before the first record.
        described: records after the header that describe the columns (Qualtrics writes two,
            SurveyMonkey one).
        escaped: whether quotes inside fields have a backslash before them (MySQL, Spark).
        above: how many of the lines skipped stand above the table, such as its title.
    """

    delimiter: str
    quoted: bool = True
    header: bool = True
    skipped: int = 0
    described: int = 0
    escaped: bool = False
    above: int = 0

    def records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The records of `lines`."""
        if self.escaped:
            lines = (line.replace('\\"', '""') for line in lines)
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter)
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)

    def notes(self, usual: bool) -> list[str]:
        """What is worth saying aloud; `usual` says that the delimiter goes with the file's name."""
        told = []
        if not usual:
            told.append(f"its fields are separated by {_NAMES.get(self.delimiter, 'a sign')}")
        if not self.quoted:
            told.append("its quotes are letters, not marks around fields")
        if self.escaped:
            told.append("its quotes inside fields have a backslash before them")
        if self.above:
            told.append(above_told(self.above, "line"))
        if not self.header:
            told.append("it has no header: its columns are column_1, column_2, …")
        if self.described:
            rows = "row describes" if self.described == 1 else f"{self.described} rows describe"
            left = "is" if self.described == 1 else "are"
            told.append(f"its first {rows} the columns and {left} left out")
        return told


def above_told(number: int, what: str) -> str:
    """What is said of lines or rows above a table.

    >>> above_told(1, "line"), above_told(2, "row")
    ('its first line stands above the table and is left out', 'its first 2 rows stand above the \
table and are left out')
    """
    if number == 1:
        return f"its first {what} stands above the table and is left out"
    return f"its first {number} {what}s stand above the table and are left out"


def sniff(start: bytes) -> Dialect:
    """The dialect of a file that begins with `start`.

    >>> sniff(b'a\\tb\\n1\\t"tall" one\\n2\\t"short\\n3\\t"long\\n')[:3]
    ('\\t', False, True)
    """
    all_lines = lines = _lines(start)
    given = _SEP.match(lines[0]) if lines else None
    skipped = 1 if given else 0
    lines = [line for line in lines[skipped:] if line.strip()]
    head = lines[0] if lines else ""
    marks = given.group(1) if given else [mark for mark in DELIMITERS if mark in head] or ","
    whole = len(start) < _CUT
    best = max((_by_quotes(mark, lines, whole) for mark in marks), key=lambda trial: trial[:2])
    over = _over(best, lines, whole)
    records = best.records if over is None else over.trial.records
    dialect = best.dialect if over is None else over.trial.dialect
    titles = 0 if over is None else _with_blanks(all_lines[skipped:], over.lines)
    header, described = heading(records)
    return dialect._replace(
        header=header, skipped=skipped + titles, described=described, above=titles
    )


class _Over(NamedTuple):
    """The table under some lines that are none of it."""

    lines: int
    trial: _Trial


def _over(best: _Trial, lines: Sequence[str], whole: bool) -> _Over | None:
    """The table under a title, where there is one.

    The lines above a table have no delimiter; or, where a spreadsheet filled them up, a first
    field only, and below them stands a full record that is unlike those under it.
    """
    titles = above(best.records)
    if best.even == 1.0 and titles and len(best.records[0]) > 1:
        under = best.records[titles:]
        return _Over(titles, best._replace(size=len(under), records=under))
    if best.even == 1.0 or len(lines) < _UNDER:
        return None
    for number in range(1, min(_TITLES, len(lines) - _UNDER + 1)):
        marks = [mark for mark in DELIMITERS if mark in lines[number]]
        tried = [_by_quotes(mark, lines[number:], whole) for mark in marks]
        under_it = max(tried, key=lambda trial: trial[:2], default=best)
        fields = len(under_it.records[0])
        full = all(cell.strip() and len(cell) <= _NAME for cell in under_it.records[0])
        narrow = all(line.count(under_it.dialect.delimiter) + 1 < fields for line in lines[:number])
        if under_it.even == 1.0 and full and narrow and _has_header(under_it.records):
            return _Over(number, under_it)
    return None


def above(records: Sequence[Sequence[str]]) -> int:
    """How many records stand above the table: its title in the first cell, and empty ones.

    >>> above([["Survey of May", ""], ["", ""], ["id", "text"], ["1", "Rain."], ["2", "Snow."]])
    2
    """
    filled = [sum(bool(cell.strip()) for cell in record) for record in records[:50]]
    first = next((place for place, cells in enumerate(filled) if cells), 0)
    if not filled or filled[first] != 1 or median(filled) < 2 or not records[first][0].strip():
        return first
    near = range(first + 1, min(_TITLES, len(filled)))
    after_gap = [place + 1 for place in near if not filled[place]][-1:]
    full = [place for place in near if filled[place] >= median(filled)][:1]
    named = (
        place
        for place in (*after_gap, *full)
        if place < len(filled) and filled[place] >= median(filled) and _has_header(records[place:])
    )
    return next(named, first)


def _with_blanks(lines: Sequence[str], filled: int) -> int:
    """How many of `lines` come before the one after so many that are not blank."""
    places = [place for place, line in enumerate(lines) if line.strip()]
    return places[filled]


def heading(records: Sequence[Sequence[str]]) -> tuple[bool, int]:
    """Whether the first record names the columns, and how many more (Qualtrics') describe them.

    >>> heading([["id", "Q1"], ["ID", "What?"], ["1", '{"ImportId": "QID1"}'], ["2", "Rain."]])
    (True, 2)
    """
    if len(records) > 2 and any(cell.startswith('{"ImportId"') for cell in records[2]):
        return True, 2
    if len(records) > 1 and not records[1][0].strip() and not _OPEN_ENDED.isdisjoint(records[1]):
        return True, 1
    return _has_header(records), 0


def looks_delimited(start: bytes) -> bool:
    """Whether text without a name is a table: equal fields in every line, under a header."""
    lines = _lines(start)
    if len(lines) < 2 or not any(mark in lines[0] for mark in DELIMITERS):
        return False
    trial = _trial(sniff(start), [line for line in lines if line.strip()], len(start) < _CUT)
    fields = {len(record) for record in trial.records}
    short = all(len(name) <= 40 and name.strip() for name in trial.records[0])
    return len(fields) == 1 and len(trial.records[0]) > 1 and short and trial.dialect.header


def _lines(start: bytes) -> list[str]:
    # Not `splitlines`, which also ends lines at characters of the text.
    return [f"{line}\n" for line in start.decode("utf-8-sig", "surrogateescape").split("\n")]


class _Trial(NamedTuple):
    even: float
    size: int
    dialect: Dialect
    records: list[list[str]]


def _by_quotes(mark: str, lines: Sequence[str], whole: bool) -> _Trial:
    """The better of the two ways to take quotes."""
    quoted, plain = (_trial(Dialect(mark, way), lines, whole) for way in (True, False))
    if _quotes_are_marks(mark, lines):
        merged = plain.even == 1.0 and plain.size > max(quoted.size, _MANY)
        return plain if merged else quoted
    if any('\\"' in line for line in lines):
        freed = _trial(Dialect(mark, escaped=True), lines, whole)
        doubled = [line.replace('\\"', '""') for line in lines]
        if freed.even == 1.0 and _quotes_are_marks(mark, doubled):
            return freed
    return max(plain, quoted, key=lambda trial: trial[:2])


def _quotes_are_marks(mark: str, lines: Sequence[str]) -> bool:
    """Whether each closing quote is followed by a delimiter or the end of a line."""
    feed = iter(lines)
    try:
        for _ in csv.reader(feed, delimiter=mark, strict=True):
            pass
    except csv.Error:
        # At the end of a start that is cut off, an open quote is none of the file's faults.
        return next(feed, None) is None and "".join(lines[-2:]).count('"') % 2 == 1
    return True


def _trial(dialect: Dialect, lines: Sequence[str], whole: bool) -> _Trial:
    """How even the records are, and how many."""
    try:
        records = [record for record in dialect.records(iter(lines)) if record]
    except csv.Error:
        records = []
    if not records:
        return _Trial(0.0, 0, dialect, [[]])
    counted = records if whole else records[:-1] or records
    fields = len(records[0])
    # Marks at the end of a line, behind which there is nothing, take nothing away.
    even = sum(
        len(record) == fields or not any(record[fields:] or ["short"]) for record in counted
    ) / len(counted)
    # Ways that are even enough differ by their number of records only.
    even = (1.0 if even >= _EVEN else even) if fields > 1 else 0.0
    return _Trial(even, len(records), dialect, records)


def _has_header(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first record differs from the others as names differ from values."""
    head, body = records[0], [record for record in records[1:50] if len(record) == len(records[0])]
    if not body:
        return True
    columns = list(zip(*body, strict=True))
    numeric = [all(map(_NUMBER.match, filter(None, column))) and any(column) for column in columns]
    named = [bool(cell.strip()) and not _NUMBER.match(cell) for cell in head]
    if any(
        number and not name and cell
        for number, name, cell in zip(numeric, named, head, strict=True)
    ):
        return False
    if any(number and name for number, name in zip(numeric, named, strict=True)):
        return True
    return not any(map(_like_text, head, columns))


def _like_text(cell: str, column: Sequence[str]) -> bool:
    """Whether a cell of the first record is a text such as those under it, and no question."""
    typical = median(len(value) for value in column)
    prose = len(cell.split()) >= 4 and len(cell) >= 20 and not cell.rstrip().endswith(("?", ":"))
    return prose and len(cell) >= 0.3 * typical
