"""Files that are one document each, or a sheet of rows: office, web and subtitle formats.

Bytes of a whole file flow in; text or rows flow out. The libraries belong to the extra ``files``.
Formats without a good reader are refused with the command that converts them.
"""

from __future__ import annotations

import importlib
import io
import logging
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from types import ModuleType
from typing import Any, ClassVar

from wellhead.corpus._lines import OVERSIZE, Gather
from wellhead.corpus.dialect import above, above_told, heading
from wellhead.corpus.encoding import with_line_feeds
from wellhead.corpus.plain import whole_file
from wellhead.corpus.rows import Bounds, Rows, Stream
from wellhead.errors import BadInput, MissingExtra, WellheadError

__all__ = [
    "REFUSED",
    "DocxReader",
    "HtmlReader",
    "PdfReader",
    "SheetReader",
    "SubtitleReader",
    "WholeReader",
    "XmlReader",
]

# A file with pictures is larger than its text.
LARGEST = 1 << 28
_OFFICE = "soffice --headless --convert-to {0} '{{path}}'"
_MAIL = 'python -c "import email, email.policy; print({0})" > mail.txt'
REFUSED: dict[str, tuple[str, str]] = {
    ".doc": ("an old Word document", _OFFICE.format("docx")),
    ".rtf": ("Rich Text", _OFFICE.format("docx")),
    ".odt": ("an OpenDocument text", _OFFICE.format("docx")),
    ".xls": ("an old Excel sheet", _OFFICE.format("xlsx")),
    ".ods": ("an OpenDocument sheet", _OFFICE.format("xlsx")),
    ".ppt": ("an old PowerPoint file", _OFFICE.format("pdf")),
    ".pptx": ("a PowerPoint file", _OFFICE.format("pdf")),
    ".epub": ("an e-book", "pandoc '{path}' -t plain -o book.txt"),
    ".tex": ("LaTeX", "pandoc '{path}' -t plain -o text.txt"),
    ".sav": ("SPSS data", "python -c \"import pandas; "
             "pandas.read_spss('{path}').to_csv('data.csv', index=False)\""),
    ".dta": ("Stata data", "python -c \"import pandas; "
             "pandas.read_stata('{path}').to_csv('data.csv', index=False)\""),
    ".sqlite": ("an SQLite database", "sqlite3 -header -csv '{path}' 'select * from TABLE'"),
    ".db": ("a database", "sqlite3 -header -csv '{path}' 'select * from TABLE'"),
    ".rds": ("R data", "Rscript -e \"write.csv(readRDS('{path}'), 'data.csv', row.names=FALSE)\""),
    ".pkl": ("a pickle", "python -c \"import pandas; "
             "pandas.read_pickle('{path}').to_csv('data.csv', index=False)\""),
    ".ipynb": ("a notebook", "jupyter nbconvert --to markdown '{path}'"),
    ".eml": ("an e-mail", _MAIL.format("email.message_from_binary_file(open('{path}', 'rb'), "
             "policy=email.policy.default).get_body(('plain', 'html')).get_content()")),
    ".mbox": ("a mailbox", "python -c \"import mailbox, csv; csv.writer(open('mails.csv', 'w'))"
              ".writerows([['text'], *([p.get_payload(decode=True).decode('utf-8', 'replace')] "
              "for m in mailbox.mbox('{path}') for p in m.walk() "
              "if p.get_content_type() == 'text/plain')])\""),
    ".pages": ("a Pages document", "in Pages, File > Export To > Word"),
    ".numbers": ("a Numbers sheet", "in Numbers, File > Export To > CSV"),
    ".7z": ("a 7z archive", "7z x '{path}'"),
    ".rar": ("a rar archive", "unrar x '{path}'"),
}  # fmt: skip
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n\s*\n\s*")


class WholeReader:
    """A file that is one document; how its text is got out is the business of each format."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    largest: ClassVar[int | None] = LARGEST

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        gather = Gather(bounds)
        text = self.document(stream, bounds)
        if text is None:
            gather.reject(1, OVERSIZE)
        else:
            gather.add(1, (text,), len(text))
        yield gather.take(["text"])

    def document(self, stream: Stream, bounds: Bounds) -> str | bytes | None:
        """The text of the file; None when the file is too large.

        Raises:
            BadInput: the file is broken.
            MissingExtra: the library for it is not installed.
        """
        content = whole_file(stream, self.largest or bounds.row_bytes)
        if content is None:
            return None
        try:
            return self.text(content)
        except WellheadError:
            raise
        except Exception as error:
            raise _broken(self.suffixes[0], error) from error

    def text(self, content: bytes) -> str | bytes:
        """The text in `content`."""
        raise NotImplementedError


class HtmlReader(WholeReader):
    """Web pages: what is seen of them, without scripts and styles."""

    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm", ".xhtml")

    def text(self, content: bytes) -> str:
        soup = _library("bs4", "HTML").BeautifulSoup(content, "html.parser")
        for hidden in soup(["script", "style", "noscript", "template", "head"]):
            hidden.decompose()
        for space in soup(["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"]):
            space.append("\n" if space.name in ("br", "li", "tr") else "\n\n")
        return _tidy(soup.get_text())


class DocxReader(WholeReader):
    """Word documents: their paragraphs, those inside tables among them."""

    suffixes: ClassVar[tuple[str, ...]] = (".docx",)

    def text(self, content: bytes) -> str:
        document = _library("docx", "a Word document").Document(io.BytesIO(content))
        return "\n".join(_paragraphs(document.iter_inner_content()))


class PdfReader(WholeReader):
    """PDF: the text of its pages; a scan has none."""

    suffixes: ClassVar[tuple[str, ...]] = (".pdf",)

    def text(self, content: bytes) -> str:
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is broken we say ourselves
        pages = _library("pypdf", "PDF").PdfReader(io.BytesIO(content)).pages
        return "\n\n".join(page.extract_text() for page in pages)


class SubtitleReader(WholeReader):
    """Subtitles: what is said, without numbers and times."""

    suffixes: ClassVar[tuple[str, ...]] = (".srt", ".vtt")
    _marks = re.compile(r"^(WEBVTT.*|\d+|[\d:.,]+ --> .*)$", re.MULTILINE)
    _tags = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")

    def text(self, content: bytes) -> str:
        lines = content.decode("utf-8-sig").replace("\r\n", "\n")
        plain = self._tags.sub("", self._marks.sub("", lines))
        return "\n".join(line for line in plain.split("\n") if line.strip())


class XmlReader:
    """XML: a row for each of many equal elements under the root, else one document."""

    suffixes: ClassVar[tuple[str, ...]] = (".xml",)

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        content = whole_file(with_line_feeds(stream), LARGEST)
        gather = Gather(bounds)
        if content is None:
            gather.reject(1, OVERSIZE)
        else:
            for number, row in enumerate(_elements(content), 1):
                gather.add(number, row, 0)
        yield gather.take()


class SheetReader:
    """Excel: the rows of every sheet that has any; its first row names the columns."""

    suffixes: ClassVar[tuple[str, ...]] = (".xlsx", ".xlsm")

    def read(self, stream: Stream, bounds: Bounds) -> Iterator[Rows]:
        openpyxl = _library("openpyxl", "an Excel sheet")
        content = whole_file(stream, LARGEST)
        if content is None:
            raise BadInput(f"expected a sheet of at most {LARGEST:,} bytes, got a larger one")
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            filled = [sheet for sheet in book.worksheets if sheet.max_row and any(sheet.values)]
            yield from self._sheets(filled, bounds)
        except WellheadError:
            raise
        except Exception as error:
            raise _broken(".xlsx", error) from error

    def _sheets(self, filled: list[Any], bounds: Bounds) -> Iterator[Rows]:
        gather = Gather(bounds)
        if len(filled) > 1:
            named = ", ".join(f"'{sheet.title}'" for sheet in filled)
            gather.notes = [f"its sheets {named} are all read; the column 'sheet' says which"]
        hidden = [f"'{sheet.title}'" for sheet in filled if sheet.sheet_state != "visible"]
        if hidden:
            gather.notes.append(f"hidden in Excel and read all the same: {', '.join(hidden)}")
        for sheet in filled:
            which = {"sheet": sheet.title} if len(filled) > 1 else {}
            for number, row in _sheet_rows(sheet.values, gather.notes):
                gather.add(number, {**which, **row}, sum(map(_size, row.values())))
                if gather.full:
                    yield gather.take()
        yield gather.take()


def _sheet_rows(
    values: Iterator[Sequence[Any]], notes: list[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a sheet that hold anything, with their numbers in it."""
    start = list(islice(values, 50))
    plain = [["" if cell is None else str(cell) for cell in row] for row in start]
    titles = above(plain)
    if any(map(any, plain[:titles])):
        notes.append(above_told(titles, "row"))
    header, described = heading(plain[titles:])
    head = plain[titles] if header else [""] * len(start[0])
    names = [name or f"column_{place}" for place, name in enumerate(head, 1)]
    first = titles + (1 + described if header else 0)
    for number, row in enumerate(chain(start[first:], values), first + 1):
        if any(value is not None for value in row):
            yield number, dict(zip(names, row, strict=False))


def _paragraphs(blocks: Iterator[Any]) -> Iterator[str]:
    """The paragraphs of a Word document; of a table, those of each cell, merged cells once."""
    for block in blocks:
        if not hasattr(block, "rows"):
            yield block.text
            continue
        seen = set()
        for cell in (cell for row in block.rows for cell in row.cells):
            if cell._tc not in seen:
                seen.add(cell._tc)
                yield from _paragraphs(cell.iter_inner_content())


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else 8


def _library(name: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra(f"reading {what}", "files") from error


def _broken(suffix: str, error: Exception) -> BadInput:
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return BadInput(f"expected a whole {suffix} file, got a broken one ({line})")


def _tidy(text: str) -> str:
    return _GAPS.sub("\n\n", _SPACES.sub(" ", text)).strip()


def _elements(content: bytes) -> list[dict[str, Any]]:
    trees = _library("defusedxml.ElementTree", "XML")
    try:
        root = trees.fromstring(content)
    except Exception as error:
        raise _broken(".xml", error) from error
    items = list(root)
    while len(items) == 1 and len(items[0]):
        items = list(items[0])
    if len(items) > 1 and len({item.tag for item in items}) == 1:
        return [_fields(item) for item in items]
    return [{"text": _tidy("\n".join(root.itertext()))}]


def _fields(item: Any) -> dict[str, Any]:
    """An element as a row: its attributes, its children, and its own words."""
    row = {str(name): value for name, value in item.attrib.items()}
    for child in item:
        name = str(child.tag).rpartition("}")[2]
        words = _tidy("".join(child.itertext()))
        row[name] = f"{row[name]}\n\n{words}" if name in row else words
    own = (item.text or "").strip()
    return {**row, "text": _tidy("".join(item.itertext()))} if own and "text" not in row else row
