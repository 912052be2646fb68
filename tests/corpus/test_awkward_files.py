"""Any file that people have is read as it is meant, or asked about; never wrongly in silence."""

import builtins
import json
import threading
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from wellhead.corpus import inspect_corpus, open_corpus
from wellhead.errors import BadInput, BadSetting, MissingExtra

from . import awkward
from .awkward import ROWS, TEXTS, Awkward, csv_bytes, prose, task


def check(case: Awkward, folder):
    path = folder / case.name
    case.write(path)
    if case.asks:
        with pytest.raises((BadSetting, BadInput)) as told:
            open_corpus(path, **case.options).table()
        for words in case.asks:
            assert words in str(told.value)
        return
    corpus = open_corpus(path, **case.options)
    assert corpus.table()["text"].to_pylist() == case.texts
    assert case.column in (None, corpus.text_column)


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@named(awkward.COLUMNS)
def test_the_text_is_taken_from_the_answer_or_asked_for(case, tmp_path):
    check(case, tmp_path)


@named(awkward.CHOSEN_ROWS)
def test_only_rows_that_the_condition_keeps_are_read(case, tmp_path):
    check(case, tmp_path)


@named(awkward.CONTAINERS)
def test_containers_are_opened(case, tmp_path):
    check(case, tmp_path)


@named(awkward.OFFICE)
def test_office_and_web_files_are_read_through_their_libraries(case, tmp_path):
    pytest.importorskip("docx")
    check(case, tmp_path)


@named(awkward.DIALECTS)
def test_the_dialect_of_a_file_is_found(case, tmp_path):
    check(case, tmp_path)


@named(awkward.ENCODINGS)
def test_no_encoding_makes_rows_vanish(case, tmp_path):
    check(case, tmp_path)


def test_where_leaves_out_and_counts(tmp_path):
    awkward.YEARS(tmp_path / "t.jsonl")
    census = open_corpus(tmp_path / "t.jsonl", where="split != 'test'").census
    assert (census.rows, census.filtered) == (ROWS / 2, ROWS / 2)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("split = 'test'", "split «=» 'test' (to compare, write ==)"),
        ("split == 'test' && year > 2", "«&&» year > 2 (write and, or, not)"),
        ("split == 'test' OR year > 2", "«OR» year"),
        ("year <> 2", "year «<>» 2 (write !=)"),
        ("year => 2", "«=>» 2 (write >= or <=)"),
        ("split IS NULL", "year is None"),
        ("split == “test”", "quotes are straight"),
        ("Work time > 2", "«Work time» > 2 (a name of several words stands in backticks"),
        ("from == 'gpt'", "stands in backticks: `from`"),
        ("split == 'test", "«'test» (the quote is not closed)"),
        ("(`split` == 'a' or (year > 2)", "«(»`split` == 'a' or (year > 2) (the bracket is not"),
        ("year >= 2000 and", "and«» (it ends too early)"),
        (" ", "got nothing"),
        ("__import__('os').system('true')", "calls no functions"),
        ("split.__class__ == 'test'", "leaves none"),
        ("split('test')", "calls no functions"),
        ("lambda: split", "it only compares"),
        ("text * 1000000 == split", "does not calculate"),
        ("year > 2,000", "a number has no comma"),
        ("year > 2; split", "one comparison"),
        ("True", "no column is named"),
        ("splitt == 'test'", "did you mean 'split'"),
        ("split == test", "stands in quotes: 'test'"),
    ],
)
def test_a_condition_compares_and_does_nothing_else(condition, says, tmp_path):
    awkward.YEARS(tmp_path / "t.jsonl")
    with pytest.raises((BadSetting, BadInput)) as told:
        open_corpus(tmp_path / "t.jsonl", where=condition).table()
    assert says in str(told.value)


def test_a_number_is_found_among_numbers_however_the_file_writes_it():
    rows = [{"text": prose(n), "year": str(2000 + n)} for n in range(5)]
    assert open_corpus(rows, where="year in (2000, 2003)").census.documents == 2
    assert open_corpus(rows, where="year not in [2000]").census.documents == 4
    assert open_corpus(rows, where="'2002' in text or year == 2001").census.documents == 1


def test_a_path_that_cannot_be_read_is_refused_as_a_setting():
    with pytest.raises(BadSetting, match="a path such as messages"):
        open_corpus([{"turns": [{"v": "a"}]}], text_column="turns[").table()


def test_folders_become_a_column(tmp_path):
    for kind in ("human", "machine"):
        (tmp_path / "essays" / kind).mkdir(parents=True)
        (tmp_path / "essays" / kind / "a.txt").write_text(f"written by {kind}")
    assert open_corpus(tmp_path / "essays").table()["folder"].to_pylist() == ["human", "machine"]
    for year in (2023, 2024):
        folder = tmp_path / "rows" / f"year={year}"
        folder.mkdir(parents=True)
        (folder / "a.jsonl").write_text(json.dumps({"text": "It rained."}))
    assert open_corpus(tmp_path / "rows").table()["year"].to_pylist() == ["2023", "2024"]


def test_xml_or_json_in_a_column_is_never_taken_for_prose_unasked(tmp_path):
    rows = [
        {"Answer": f"<?xml version='1.0'?><a><t>We walked {i} miles home in the rain.</t></a>"}
        for i in range(20)
    ]
    path = tmp_path / "batch.jsonl"
    path.write_text(
        "".join(json.dumps(row | {"TimeSpent": f"{len(row)} days"}) + "\n" for row in rows)
    )
    with pytest.raises(BadSetting, match=r"XML or JSON.*--text-column 'Answer'.*take the text out"):
        list(open_corpus(path).batches())
    assert sum(len(batch) for batch in open_corpus(path, text_column="Answer").batches()) == 20


def test_texts_beside_one_table_are_asked_about(tmp_path):
    (tmp_path / "labels.csv").write_text("file,label\na.txt,human\n")
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("It rained.")
    with pytest.raises(BadSetting, match=r"say which: '.*\*\.txt' or '.*labels\.csv'"):
        open_corpus(tmp_path)


def test_a_readme_beside_a_table_is_no_question(tmp_path):
    (tmp_path / "README.md").write_text("About the data.")
    (tmp_path / "LICENSE.txt").write_text("Free.")
    (tmp_path / "t.csv").write_text("text,n\nIt rained.,1\n")
    assert open_corpus(tmp_path).table()["text"].to_pylist() == ["It rained."]


@pytest.mark.parametrize("suffix", ["doc", "rtf", "odt", "xls", "epub", "7z", "sqlite"])
def test_other_formats_are_refused_with_the_command_that_converts_them(suffix, tmp_path):
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(b"\xd0\xcf\x11\xe0" * 10)
    with pytest.raises(BadInput, match=r"is not read; convert it: .*t\." + suffix):
        open_corpus(path)


def test_an_extra_that_is_missing_is_named(tmp_path, monkeypatch):
    (tmp_path / "t.html").write_text("<p>It rained.</p>")
    without(monkeypatch, "bs4")
    with pytest.raises(MissingExtra, match=r"reading HTML.*wellhead\[files\]"):
        open_corpus(tmp_path / "t.html")


@pytest.mark.parametrize(("address", "package"), [("hf://datasets/a/b", "huggingface_hub"),
                                                  ("s3://bucket/a.jsonl", "s3fs")])  # fmt: skip
def test_an_address_without_its_package_is_refused_with_it(address, package, monkeypatch):
    without(monkeypatch, "fsspec")
    with pytest.raises(MissingExtra, match=f"pip install fsspec {package}"):
        open_corpus(address)


def without(monkeypatch, package):
    """Importing `package` fails as if it were not installed."""
    real = builtins.__import__

    def imports(name, *arguments, **options):
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named '{package}'", name=package)
        return real(name, *arguments, **options)

    import importlib

    plain = importlib.import_module
    monkeypatch.setattr(builtins, "__import__", imports)
    monkeypatch.setattr(
        importlib, "import_module", lambda name, *rest: imports(name) and plain(name, *rest)
    )


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_an_address_is_read(tmp_path):
    (tmp_path / "t.jsonl").write_bytes(awkward.JSONL)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        corpus = open_corpus(f"{base}/t.jsonl")
        with pytest.raises(BadInput, match=r"none.jsonl: cannot be fetched, as .* has nothing"):
            open_corpus(f"{base}/none.jsonl")
        (tmp_path / "shown.jsonl").write_text("<!DOCTYPE html><title>a file</title>")
        with pytest.raises(BadInput, match="got a web page"):
            open_corpus(f"{base}/shown.jsonl")
        server.shutdown()
    assert corpus.table()["text"].to_pylist() == TEXTS


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/a.jsonl", "https://no-such-host.invalid/a.csv"]
)
def test_an_address_that_is_not_reached_is_told_in_one_sentence(address):
    with pytest.raises(BadInput) as told:
        open_corpus(address)
    said = str(told.value)
    assert said.startswith(f"{address}: cannot be fetched, as ")
    assert "cannot be reached; check the address and the connection" in said
    assert len(said) < 200


def test_a_kind_of_address_that_nobody_knows_is_no_missing_package():
    pytest.importorskip("fsspec")
    with pytest.raises(BadInput, match="abc:// are not known"):
        open_corpus("abc://bucket/a.jsonl")


def test_a_file_system_of_fsspec_is_read():
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    files.pipe("/study/a.jsonl", awkward.JSONL)
    files.pipe("/study/picture.png", b"\x89PNG")
    assert open_corpus("memory://study").table()["text"].to_pylist() == TEXTS


@pytest.fixture
def bucket():
    """A stand-in for `s3fs`: a bucket with two files and a picture."""
    fsspec = pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    class Bucket(MemoryFileSystem):
        protocol = "s3"
        store = {}  # noqa: RUF012  (fsspec's own class attribute)
        pseudo_dirs = [""]  # noqa: RUF012

        @classmethod
        def _strip_protocol(cls, path):
            return "/" + path.removeprefix("s3://").strip("/")

    fsspec.register_implementation("s3", Bucket, clobber=True)
    files = fsspec.filesystem("s3")
    for name in ("a", "year=2019/a", "year=2020/a"):
        files.pipe(f"/bucket/study/{name}.jsonl", awkward.JSONL)
    files.pipe("/bucket/study/picture.png", b"\x89PNG")
    yield
    fsspec.register_implementation("s3", "s3fs.S3FileSystem", clobber=True)


@pytest.mark.parametrize(
    ("address", "copies"),
    [
        ("s3://bucket/study/a.jsonl", 1),
        ("s3://bucket/study", 3),
        ("s3://bucket/study/*.jsonl", 1),
        ("s3://bucket/study/year=*/a.jsonl", 2),
    ],
)
def test_a_bucket_is_read_by_file_folder_and_pattern(bucket, address, copies):
    table = open_corpus(address).table()
    assert table["text"].to_pylist() == TEXTS * copies
    if copies == 2:
        assert table["year"].to_pylist()[:: len(TEXTS)] == ["2019", "2020"]


@pytest.mark.parametrize("address", ["s3://bucket/none.jsonl", "s3://bucket/study/*.csv"])
def test_an_address_with_nothing_there_says_what_was_expected(bucket, address):
    with pytest.raises(BadInput, match="expected a file, or a folder with files that can be read"):
        open_corpus(address)


def test_a_name_that_leads_out_of_its_folder_is_refused():
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    name = "/climbing/../../evil.jsonl"
    memory.store[name] = type(memory.open("/climbing.txt", "wb"))(memory, name, awkward.JSONL)
    with pytest.raises(BadInput, match="leads out of its folder"):
        open_corpus("memory://climbing")


class Hub(BaseHTTPRequestHandler):
    """A dataset of one file, as the Hugging Face Hub answers."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        entry = {
            "type": "file",
            "oid": "b" * 40,
            "size": len(awkward.JSONL),
            "path": "data/a.jsonl",
        }
        about = {"id": "who/what", "sha": "a" * 40, "siblings": [], "tags": []}
        body = awkward.JSONL
        if "/resolve/" not in self.path:
            body = json.dumps([entry] if "/tree/" in self.path else about).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(body)


def test_a_dataset_of_the_hub_is_read(wellhead):
    pytest.importorskip("huggingface_hub")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hub = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "NO_PROXY": "127.0.0.1"}
        done = wellhead("corpus", "inspect", "hf://datasets/who/what/data", "--json", env=hub)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"] == len(TEXTS)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_on_standard_input_is_told_from_lines(delimiter, wellhead):
    piped = csv_bytes("n", "text", rows=awkward.NUMBERED)
    if delimiter != ",":
        piped = "".join(f"{i}{delimiter}{t}\n" for i, t in [("n", "text"), *awkward.NUMBERED])
    found = json.loads(wellhead("corpus", "inspect", "-", "--json", stdin=piped).stdout)
    assert (found["documents"], found["text_column"]) == (ROWS, "text")


def test_prose_with_commas_on_standard_input_is_lines(wellhead):
    piped = "\n".join(TEXTS)
    found = json.loads(wellhead("corpus", "inspect", "-", "--json", stdin=piped).stdout)
    assert found["documents"] == ROWS


def test_quotes_that_swallow_rows_stop_the_reading(tmp_path):
    rows = [f"{i},worker {i},{prose(i)}" for i in range(4000)]
    rows[3000] = '3000,worker,"a quote that opens'
    rows[3001] = '3001,worker,and closes here"'
    (tmp_path / "t.csv").write_text("n,who,text\n" + "\n".join(r.replace(", ", " ") for r in rows))
    census = open_corpus(tmp_path / "t.csv").census
    assert census.unusable == {"quotes out of balance": 1}


def test_what_stands_above_a_table_is_said_to_be_left_out(tmp_path):
    (tmp_path / "t.csv").write_text(
        "Survey of May\n\n" + csv_bytes("n", "text", rows=awkward.NUMBERED)
    )
    notes = " ".join(open_corpus(tmp_path / "t.csv").notes)
    assert "its first 2 lines stand above the table and are left out" in notes


def test_a_file_of_an_unknown_name_that_is_read_by_line_says_so(tmp_path):
    (tmp_path / "answers.log").write_text("\n".join(TEXTS))
    assert "each line of answers.log" in " ".join(open_corpus(tmp_path / "answers.log").notes)


def test_files_of_a_folder_without_the_column_are_told_what_to_do(tmp_path):
    for name, column in (("a.csv", "text"), ("b.csv", "answer")):
        (tmp_path / name).write_text(csv_bytes("n", column, rows=awkward.NUMBERED))
    with pytest.raises(BadInput, match="by themselves"):
        open_corpus(tmp_path).table()


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_a_member_that_leads_out_of_its_archive_stays_inside(name, tmp_path):
    awkward.archive(tmp_path / name, ("../../../../out.jsonl", "/tmp/../b.jsonl"))
    assert open_corpus(tmp_path / name).census.documents == ROWS
    assert not list(tmp_path.parent.glob("out.jsonl"))


def test_what_was_read_can_be_looked_at(tmp_path):
    rows = [*({"text": text} for text in TEXTS), {"text": None}, {"text": TEXTS[3] + " 3"}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = inspect_corpus(open_corpus(tmp_path / "t.jsonl")).to_dict()
    assert [row["text"] in TEXTS for row in found["sample"]] == [True] * 3
    for row in found["sample"]:
        assert rows[row["row"] - 1]["text"] == row["text"]
    lengths = sorted(len(row["text"]) for row in rows if row["text"])
    assert found["characters_quantiles"][0] == lengths[0]
    assert found["characters_quantiles"][-1] == lengths[-1]
    assert found["near_duplicates"] >= 1
    assert list(found["languages"]) == ["en"]
    assert found["examples"] == [{"file": "t.jsonl", "row": ROWS + 1, "reason": "null"}]


def test_the_question_on_the_command_line_is_usage(tmp_path, wellhead):
    rows = [{"answer": prose(i), "summary": task(i)} for i in range(ROWS)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = wellhead("corpus", "inspect", str(tmp_path / "t.jsonl"))
    assert done.returncode == 2
    assert "--text-column 'answer' or --text-column 'summary'" in done.stderr


def test_members_of_an_archive_whose_names_lead_to_one_place_are_all_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for number, name in enumerate(["../a.jsonl", "a.jsonl", "/a.jsonl"]):
            packed.writestr(name, json.dumps({"text": f"This is text number {number}."}) + "\n")
    texts = open_corpus(tmp_path / "a.zip").table()["text"].to_pylist()
    assert sorted(texts) == [f"This is text number {number}." for number in range(3)]
