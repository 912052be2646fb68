"""Files as people have them: each written by a few lines here, with what reading it should give."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import feather

SUBJECTS = ("farmer", "miller", "teacher", "pilot", "doctor", "sailor", "baker", "painter")
PLACES = ("the lower weir", "the old bridge", "Almaty", "the long harbour", "a quiet village")


def prose(number: int) -> str:
    """A sentence that reads like an answer; every number another one."""
    who, where = SUBJECTS[number % 8], PLACES[number % 5]
    return (
        f"In the spring of {1900 + number} the {who} walked to {where}, and nobody there knew "
        "how long the water had been rising."
    )


def task(number: int) -> str:
    """A sentence that reads like a task."""
    who = SUBJECTS[number % 8]
    return f"Describe in your own words what the {who} saw on the way home in {1900 + number}."


ROWS = 40
TEXTS = [prose(i) for i in range(ROWS)]


class Awkward(NamedTuple):
    """A file, how to open it, and what comes out.

    `texts` are the texts in order; `asks` are words of the question that is asked instead.
    """

    name: str
    write: Callable[[Path], Any]
    options: Mapping[str, Any] = MappingProxyType({})
    texts: list[str] | None = None
    asks: tuple[str, ...] = ()
    column: str | None = None


def table(*names: str, rows: list[tuple[Any, ...]], **options: Any) -> Callable[[Path], Any]:
    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, **options)
            writer.writerows([names, *rows])

    return write


def lines(rows: list[Any]) -> Callable[[Path], Any]:
    return lambda path: path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def whole(value: Any) -> Callable[[Path], Any]:
    return lambda path: path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def raw(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)


def csv_bytes(*names: str, rows: list[tuple[Any, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([names, *rows])
    return out.getvalue()


URL = "https://example.org/a-long-address-of-a-page/with/many/parts?and=values"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120"
CONSENT = "I have read the information above and I agree to take part in this study of writing."

MTURK = table(
    "HITId", "WorkerId", "Input.abstract", "Answer.summary", "Answer.consent", "Answer.url",
    "Answer.useragent", "Answer.taskAnswers",
    rows=[
        (f"H{i}", f"W{i % 7}", task(i) * 3, prose(i), CONSENT, URL, AGENT,
         json.dumps([{"summary": prose(i), "minutes": i}]))
        for i in range(ROWS)
    ],
)  # fmt: skip
QUALTRICS = table(
    "StartDate", "Progress", "ResponseId", "Q1", "Q2_TEXT",
    rows=[
        ("Start Date", "Progress", "Response ID", "Do you agree?", "What did you see?"),
        tuple(f'{{"ImportId":"{name}"}}' for name in ("startDate", "progress", "_id", "Q1", "Q2")),
        *[("2024-05-01 10:00:00", "100", f"R_{i}", CONSENT, prose(i)) for i in range(ROWS)],
    ],
)  # fmt: skip
PROLIFIC = table(
    "Submission id", "Participant id", "Completion code", "Prompt", "Response",
    rows=[(f"s{i}", f"p{i}", "C0DE", task(i), prose(i)) for i in range(ROWS)],
)  # fmt: skip
LABEL_STUDIO = whole(
    [{"id": i, "data": {"text": prose(i), "url": URL}, "annotations": []} for i in range(ROWS)]
)
DOCCANO = lines([{"id": i, "text": prose(i), "label": ["person"]} for i in range(ROWS)])
HC3 = lines(
    [
        {"question": task(i), "human_answers": [prose(i)], "chatgpt_answers": [prose(i + 100)]}
        for i in range(ROWS)
    ]
)
SHAREGPT = whole(
    [
        {
            "id": f"c{i}",
            "conversations": [
                {"from": "human", "value": task(i)},
                {"from": "gpt", "value": prose(i)},
            ],
        }
        for i in range(ROWS)
    ]
)
SQUAD = lines(
    [
        {"id": str(i), "context": prose(i), "question": task(i), "answers": {"text": ["the weir"]}}
        for i in range(ROWS)
    ]
)
SQUAD_NESTED = whole(
    {
        "version": "1.1",
        "data": [
            {"title": f"T{i}", "paragraphs": [{"context": prose(i)}, {"context": prose(i + 1)}]}
            for i in range(0, ROWS, 2)
        ],
    }
)
NUMBERED = [(i, text) for i, text in enumerate(TEXTS)]
YEARS = lines([{"text": t, "split": "test" if i % 2 else "train"} for i, t in enumerate(TEXTS)])

COLUMNS = [
    Awkward(
        "keys.csv",
        table("user", "keyname", "timepress", rows=[(0, "s", 938), (0, "shift", 969)] * 20),
        asks=("only single words and numbers", "--text-column"),
    ),
    Awkward("mturk.csv", MTURK, texts=TEXTS, column="Answer.summary"),
    Awkward(
        "mturk-json.csv",
        table(
            "HITId",
            "Input.abstract",
            "Answer.taskAnswers",
            rows=[
                (f"3A{i}XQ", task(i % 3), json.dumps([{"summary": prose(i)}])) for i in range(ROWS)
            ],
        ),
        asks=("'Answer.taskAnswers[-1].summary'",),
    ),
    Awkward("mturk-json-named.csv", MTURK, {"text_column": "Answer.taskAnswers[0].summary"}, TEXTS),
    Awkward("qualtrics.csv", QUALTRICS, texts=TEXTS, column="Q2_TEXT"),
    Awkward("prolific.csv", PROLIFIC, texts=TEXTS, column="Response"),
    Awkward("label-studio.json", LABEL_STUDIO, texts=TEXTS, column="data.text"),
    Awkward("doccano.jsonl", DOCCANO, texts=TEXTS, column="text"),
    Awkward(
        "batch.jsonl",
        lines(
            [
                {
                    "custom_id": str(i),
                    "response": {
                        "status_code": 200,
                        "body": {
                            "choices": [{"message": {"role": "assistant", "content": prose(i)}}]
                        },
                    },
                }
                for i in range(ROWS)
            ]
        ),
        asks=("'response.body.choices[-1].message.content'",),
    ),
    Awkward(
        "batch.jsonl",
        lines(
            [
                {
                    "custom_id": str(i),
                    "response": {
                        "status_code": 200,
                        "body": {
                            "choices": [{"message": {"role": "assistant", "content": prose(i)}}]
                        },
                    },
                }
                for i in range(ROWS)
            ]
        ),
        {"text_column": "response.body.choices[-1].message.content"},
        TEXTS,
    ),
    Awkward(
        "chat-parts.jsonl",
        lines(
            [
                {
                    "messages": [
                        {"role": "user", "content": [{"type": "text", "text": task(i)}]},
                        {"role": "assistant", "content": [{"type": "text", "text": prose(i)}]},
                    ]
                }
                for i in range(ROWS)
            ]
        ),
        asks=("'messages[-1].content[-1].text'",),
    ),
    Awkward(
        "no-answers.csv",
        table("n", "answer", rows=[*NUMBERED, (41, "NA"), (42, "n/a"), (43, "NULL"), (44, "-")]),
        texts=TEXTS,
        column="answer",
    ),
    Awkward("hc3.jsonl", HC3, asks=("'human_answers[0]'", "'chatgpt_answers[0]'")),
    Awkward("hc3-named.jsonl", HC3, {"text_column": "human_answers[0]"}, TEXTS),
    Awkward("sharegpt.json", SHAREGPT, asks=("'conversations[-1].value'",)),
    Awkward("sharegpt-last.json", SHAREGPT, {"text_column": "conversations[-1].value"}, TEXTS),
    Awkward(
        "sharegpt-role.json",
        SHAREGPT,
        {"text_column": "conversations[?from=='human'].value | [0]"},
        [task(i) for i in range(ROWS)],
    ),
    Awkward("squad-nested.json", SQUAD_NESTED, asks=("'paragraphs[*].context'", "all of them")),
    Awkward(
        "squad-nested-named.json",
        SQUAD_NESTED,
        {"text_column": "paragraphs[*].context"},
        [f"{prose(i)}\n\n{prose(i + 1)}" for i in range(0, ROWS, 2)],
    ),
    Awkward("squad.jsonl", SQUAD, asks=("'context'", "'question'")),
    Awkward(
        "two-answers.csv",
        table("answer", "summary", rows=[(prose(i), prose(i + 50)) for i in range(ROWS)]),
        asks=("--text-column 'answer'", "--text-column 'summary'"),
    ),
    Awkward(
        "joined.csv",
        table("title", "body", rows=[(f"Part {i}", text) for i, text in NUMBERED]),
        {"text_column": "title + body"},
        [f"Part {i}\n\n{text}" for i, text in NUMBERED],
    ),
    Awkward(
        "full-text.csv",
        table("prompt", "full_text", rows=[(task(i), prose(i)) for i in range(ROWS)]),
        texts=TEXTS,
        column="full_text",
    ),
    Awkward(
        "html.csv",
        table("page", "plain", rows=[(f"<div><p>{t}</p><br/></div>" * 3, t) for t in TEXTS]),
        {"text_column": "plain"},
        TEXTS,
    ),
]
CHOSEN_ROWS = [
    Awkward("where.jsonl", YEARS, {"where": "split == 'test'"}, TEXTS[1::2]),
    Awkward(
        "where-number.csv",
        table("Work time", "text", rows=NUMBERED),
        {"where": "`Work time` >= 30 and not text == ''"},
        TEXTS[30:],
    ),
    Awkward(
        "where-nested.json",
        LABEL_STUDIO,
        {"where": "id in [3, 4] or data.text == 'none'"},
        TEXTS[3:5],
    ),
]


def archive(path: Path, names: tuple[str, ...] = ("a.jsonl", "b.jsonl")) -> None:
    parts = {names[0]: TEXTS[:20], names[1]: TEXTS[20:]}
    lines = {n: "\n".join(json.dumps({"text": t}) for t in ts) for n, ts in parts.items()}
    pack(path, {f"folder/{name}": text.encode() for name, text in lines.items()})


def nested(inner: str) -> Callable[[Path], Any]:
    """An archive with a table, and beside it another archive."""

    def write(path: Path) -> None:
        packed = path.with_name(f"_{inner}")
        archive(packed)
        content = {"folder/a.jsonl": JSONL, f"folder/{inner}": packed.read_bytes()}
        packed.unlink()
        pack(path, content)

    return write


def member(name: str, content: Callable[[], bytes]) -> Callable[[Path], Any]:
    return lambda path: pack(path, {name: content()})


def pack(path: Path, content: Mapping[str, bytes]) -> None:
    if path.suffix in (".zip", ""):
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in content.items():
                packed.writestr(name, data)
        return
    with tarfile.open(path, f"w:{path.suffix[1:]}" if path.suffix != ".tar" else "w") as packed:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))


def arrow(path: Path) -> None:
    held = pa.table({"text": TEXTS})
    if path.name.startswith("stream"):
        with pa.ipc.new_stream(str(path), held.schema) as out:
            out.write_table(held)
    elif path.suffix == ".arrow":
        with pa.ipc.new_file(str(path), held.schema) as out:
            out.write_table(held)
    else:
        feather.write_feather(held, str(path), version=1 if "old" in path.name else 2)


def mixed(path: Path) -> None:
    names = {"a.txt": TEXTS[0].encode(), "b.txt": TEXTS[1].encode(), "labels.csv": b"n,by\n1,me\n"}
    pack(path, names)


JSONL = "\n".join(json.dumps({"text": text}) for text in TEXTS).encode()
CONTAINERS = [
    Awkward("data.json", whole({"version": "1.1", "data": [{"text": t} for t in TEXTS]}),
            texts=TEXTS),
    Awkward("by-id.json", whole({f"k{i}": text for i, text in enumerate(TEXTS)}), texts=TEXTS),
    Awkward("pairs.json", whole({"original": TEXTS, "sampled": TEXTS[::-1]}),
            {"text_column": "original"}, TEXTS),
    Awkward("pairs.json", whole({"original": TEXTS, "sampled": TEXTS[::-1]}),
            asks=("--text-column 'original'", "--text-column 'sampled'")),
    Awkward("deep.json", whole({"meta": {"page": 1},
                                "result": {"items": [{"body": {"text": t}} for t in TEXTS]}}),
            texts=TEXTS),
    Awkward("log.txt", raw(b"\n".join(b'{"text": "%s"}' % t.encode() for t in TEXTS)), texts=TEXTS),
    Awkward("log.csv", raw(b"\n".join(b'{"text": "%s"}' % t.encode() for t in TEXTS)), texts=TEXTS),
    Awkward("table.txt", table("id", "text", rows=NUMBERED), asks=("rename it to .csv", "--split")),
    Awkward("table.txt", table("id", "text", rows=NUMBERED[:1]), {"split": "line"},
            ["id,text", f'0,"{TEXTS[0]}"']),
    Awkward("page.csv", raw(b"<!DOCTYPE html>\n<p>Log in first.</p>"), asks=("a web page",)),
    Awkward("texts", archive, asks=("zip archive", "the ending .zip")),
    Awkward("rewrites.json", whole({"original": TEXTS, "rewritten": TEXTS[::-1]}),
            asks=("--text-column 'original'", "--text-column 'rewritten'")),
    Awkward("splits.json", whole({"train": [{"text": t} for t in TEXTS[:30]],
                                  "test": [{"text": t} for t in TEXTS[30:]]}),
            {"where": "array == 'test'"}, TEXTS[30:]),
    Awkward("by-id.json", whole({f"d{i}": {"text": t} for i, t in NUMBERED}), texts=TEXTS),
    Awkward("pandas.json", whole({"text": {str(i): t for i, t in NUMBERED},
                                  "n": {str(i): i for i, _ in NUMBERED}}), texts=TEXTS),
    Awkward("nan.json", raw(b'[{"text": "One and one are two.", "n": NaN}]'),
            texts=["One and one are two."]),
    Awkward("a.zip", archive, texts=TEXTS),
    Awkward("a.tar", archive, texts=TEXTS),
    Awkward("a.tar.gz", archive, texts=TEXTS),
    Awkward("a.tar.bz2", archive, texts=TEXTS),
    Awkward("a.tar.xz", archive, texts=TEXTS),
    Awkward("tar-in.zip", nested("inner.tar"), asks=("folder/inner.tar", "unpack both")),
    Awkward("zip-in.zip", nested("inner.zip"), asks=("folder/inner.zip", "unpack both")),
    Awkward("zip-in.tar.gz", nested("inner.zip"), asks=("folder/inner.zip", "unpack both")),
    Awkward("no-suffix.zip", member("answers", lambda: JSONL), texts=TEXTS),
    Awkward("mail.eml", raw(b"Subject: Rain\n\nIt rained.\n"), asks=("an e-mail", "convert it")),
    Awkward("twice.jsonl.gz", raw(gzip.compress(gzip.compress(JSONL))), asks=("compressed twice",)),
    Awkward("mixed.zip", mixed, asks=("a.txt", "labels.csv", "unpack it")),
    Awkward("gz-in.tar", member("answers.gz", lambda: gzip.compress(JSONL)), texts=TEXTS),
    Awkward("a.jsonl.bz2", raw(bz2.compress(JSONL)), texts=TEXTS),
    Awkward("a.jsonl.xz", raw(lzma.compress(JSONL)), texts=TEXTS),
    Awkward("file.arrow", arrow, texts=TEXTS),
    Awkward("stream.arrow", arrow, texts=TEXTS),
    Awkward("new.feather", arrow, texts=TEXTS),
    Awkward("notes.md", raw(b"# Heading\n\nIt rained.\n"), texts=["# Heading\n\nIt rained.\n"]),
    Awkward("film.srt", raw(b"1\r\n00:00:01,000 --> 00:00:02,000\r\nIt <i>rained</i>.\r\n\r\n"
                            b"2\r\n00:00:03,000 --> 00:00:04,000\r\nAnd rained.\r\n"),
            texts=["It rained.\nAnd rained."]),
]  # fmt: skip


def docx(path: Path) -> None:
    import docx as word

    document = word.Document()
    for text in TEXTS[:3]:
        document.add_paragraph(text)
    document.save(str(path))


def xlsx(path: Path) -> None:
    book({"Sheet": [("worker", "answer"), *NUMBERED]}, path)


def sheets(path: Path) -> None:
    head = ("worker", "answer")
    parts = {"Read me": [("About",), ("Collected in 1990.",)], "Empty": [],
             "May": [head, *NUMBERED[:20]], "June": [head, *NUMBERED[20:]]}  # fmt: skip
    book(parts, path)


def book(parts: Mapping[str, list[tuple[Any, ...]]], path: Path) -> None:
    import openpyxl

    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in parts.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(path)


def form(path: Path) -> None:
    """Answers in the cells of a table, the first over both columns."""
    import docx as word

    document = word.Document()
    cells = document.add_table(2, 2)
    cells.cell(0, 0).text, cells.cell(0, 1).text = "Name", "Answer"
    cells.cell(1, 0).merge(cells.cell(1, 1)).text = TEXTS[0]
    document.add_paragraph(TEXTS[1])
    document.save(str(path))


def pdf(path: Path, stream: bytes = b"BT /F1 12 Tf 72 700 Td (It rained all day.) Tj ET") -> None:
    """A page with one line of text, written by hand."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 6\n0000000000 65535 f \n" + table
    content += b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    path.write_bytes(content)


OFFICE = [
    Awkward("letter.docx", docx, texts=["\n".join(TEXTS[:3])]),
    Awkward("sheet.xlsx", xlsx, texts=TEXTS, column="answer"),
    Awkward("sheets.xlsx", sheets, texts=TEXTS, column="answer"),
    Awkward("sheets.xlsx", sheets, {"where": "sheet == 'June'"}, TEXTS[20:]),
    Awkward("no-head.xlsx", lambda path: book({"Sheet": NUMBERED}, path), texts=TEXTS),
    Awkward("title.xlsx", lambda path: book({"Sheet": [
        ("Survey of May",), (), ("n", "answer"), *NUMBERED]}, path), texts=TEXTS, column="answer"),
    Awkward("below.xlsx", lambda path: book({"Sheet": [
        (), (None, "n", "answer"), *((None, i, t) for i, t in NUMBERED)]}, path), texts=TEXTS,
        column="answer"),
    Awkward("form.docx", form, texts=[f"Name\nAnswer\n{TEXTS[0]}\n{TEXTS[1]}"]),
    Awkward("scan.pdf", lambda path: pdf(path, b""), asks=("1 empty", "ocrmypdf")),
    Awkward("qualtrics.xlsx",
            lambda path: book({"Sheet": [("Start", "Q1"), ("Start Date", "What did you see there?"),
                                         ('{"ImportId":"startDate"}', '{"ImportId":"QID1"}'),
                                         *NUMBERED]}, path), texts=TEXTS),
    Awkward("page.pdf", pdf, texts=["It rained all day."]),
    Awkward("page.html", raw(b"<html><head><title>x</title><style>p {}</style></head><body>"
                             b"<p>It <b>rained</b>.</p><script>alert(1)</script><p>Then not.</p>"),
            texts=["It rained.\n\nThen not."]),
    Awkward("rows.xml", raw(("<rows>" + "".join(f'<row n="{i}"><answer>{t}</answer></row>'
                                                for i, t in NUMBERED) + "</rows>").encode()),
            texts=TEXTS, column="answer"),
]  # fmt: skip

BARE = [f'"{t}' if i % 3 == 0 else t.replace("the", '"the" old', 1) for i, t in NUMBERED]
CONLL = b"".join(
    b"-DOCSTART- -X- O O\n\nIt PRP O\nrained VBD O\n\nAll DT O\nday NN O\n\n" for _ in range(3)
)
CONLLU = b"# text = It rained.\n1\tIt\tit\tPRON\n2\trained\train\tVERB\n3\t.\t.\tPUNCT\n\n" * 2
WRAPPED = [textwrap.fill(f"{t} {t} {t}", 60) for t in TEXTS]
BACKSLASH = "n,text\n" + "".join(f'{i},"{t} \\"No, never\\" in C:\\new"\n' for i, t in NUMBERED)
QUOTED = csv_bytes("n", "text", rows=[(i, f'"{t}" he said') for i, t in NUMBERED])
TITLE = csv_bytes("n", "text", rows=NUMBERED)
TRAILING = "n,text\n" + "".join(f'{i},"{t}",\n' for i, t in NUMBERED)
DIALECTS = [
    Awkward("bare-quotes.tsv",
            raw(("id\tworker\ttext\n" + "".join(f"{i}\tw{i}\t{t}\n" for i, t in enumerate(BARE)))
                .encode()), texts=BARE),
    Awkward("no-header.csv", raw(csv_bytes("1", TEXTS[0], rows=[(i + 1, t) for i, t in
                                                                enumerate(TEXTS[1:], 1)]).encode()),
            texts=TEXTS, column="column_2"),
    Awkward("sep.csv", raw(("sep=;\nid;text\n" + "".join(f'{i};"{t}"\n' for i, t in NUMBERED))
                           .encode()), texts=TEXTS),
    Awkward("old-mac.txt", raw("\r".join(TEXTS).encode()), texts=TEXTS),
    Awkward("old-mac.csv", raw(csv_bytes("n", "text", rows=NUMBERED).replace("\r\n", "\r")
                               .encode()), texts=TEXTS),
    Awkward("marked.conll", raw(CONLL), texts=["It rained\nAll day"] * 3),
    Awkward("plain.conllu", raw(CONLLU), texts=["It rained."] * 2),
    Awkward("multi-line.csv", table("n", "text", rows=[(i, f"{t}\nAnd, then\n\"more\"")
                                                       for i, t in NUMBERED]),
            texts=[f"{t}\nAnd, then\n\"more\"" for t in TEXTS]),
    Awkward("title.csv", raw(f"Survey of May\n\n{TITLE}".encode()), texts=TEXTS, column="text"),
    Awkward("title-filled.csv", raw(f"Survey of May,\nMade by,a program\n,\n{TITLE}".encode()),
            texts=TEXTS, column="text"),
    Awkward("index.csv", table("", "text", rows=[(f"a{i}", t) for i, t in NUMBERED]), texts=TEXTS,
            column="text"),
    Awkward("trailing.csv", raw(TRAILING.encode()), texts=TEXTS),
    Awkward("backslash.csv", raw(BACKSLASH.encode()),
            texts=[f'{t} "No, never" in C:\\new' for t in TEXTS]),
    Awkward("survey-monkey.csv", table("Respondent ID", "Start", "What did you see there?", rows=[
        ("", "", "Open-Ended Response"), *((i, "May", t) for i, t in NUMBERED)]), texts=TEXTS),
    Awkward("cut-off.csv", raw(QUOTED.encode()[:-20]), asks=("quotes out of balance",)),
    Awkward("wrapped.txt", raw("\n\n".join(WRAPPED).encode()),
            asks=("--split paragraph", "--split file", "--split line")),
    Awkward("wrapped.txt", raw("\n\n".join(WRAPPED).encode()), {"split": "paragraph"}, WRAPPED),
]  # fmt: skip

SMART = [f"It’s a café, he said, and number {i} was “fine” with it." for i in range(ROWS)]
MIXED = b"".join(
    f"{i},{text}\n".encode("cp1252" if i % 4 == 0 else "utf-8")
    for i, text in enumerate(text.replace(",", ";") for text in SMART)
)
SMART_TEXTS = [text.replace(",", ";") for text in SMART]
CHINESE = [f"今天第{i}个人在河边散步，谁也不知道水位已经上涨了多久。" for i in range(ROWS)]
ENCODINGS = [
    Awkward("mixed.csv", raw(b"nummer,r\xc3\xa9ponse\n" + MIXED),
            asks=("10 of 40 rows", "--encoding cp1252", "--keep-going")),
    Awkward("western.txt", raw("\n".join(f"{prose(i)} A naïve café – no. {i}"
                                          for i in range(ROWS)).encode("cp1252")),
            asks=("--encoding cp1252",)),
    Awkward("mixed-named.csv", raw(b"nummer,r\xc3\xa9ponse\n" + MIXED), {"encoding": "cp1252"},
            SMART_TEXTS, column="réponse"),
    Awkward("mixed-lossy.csv", raw(b"nummer,r\xc3\xa9ponse\n" + MIXED), {"keep_going": True},
            [text for i, text in enumerate(SMART_TEXTS) if i % 4]),
    Awkward("all-cp1252.csv", raw("nummer,réponse\n".encode("cp1252") + b"".join(
        f"{i},{t}\n".encode("cp1252") for i, t in enumerate(SMART_TEXTS))),
        {"encoding": "windows-1252"}, SMART_TEXTS, column="réponse"),
    Awkward("chinese.txt", raw("\n".join(CHINESE).encode("gb18030")), asks=("--encoding gb18030",)),
    Awkward("chinese-named.txt", raw("\n".join(CHINESE).encode("gb18030")),
            {"encoding": "gb18030"}, CHINESE),
    Awkward("excel.csv", raw(csv_bytes("n", "text", rows=NUMBERED).encode("utf-16")), texts=TEXTS),
    Awkward("cut-emoji.jsonl", lines([{"text": f"{t} \ud83d"} for t in TEXTS]),
            texts=[f"{t} \N{REPLACEMENT CHARACTER}" for t in TEXTS]),
    Awkward("utf16.csv", raw(csv_bytes("n", "text", rows=NUMBERED).encode("utf-16-le")),
            {"encoding": "utf-16-le"}, TEXTS),
]  # fmt: skip
