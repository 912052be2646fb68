"""What cannot be read is told in one line with the way out, and the exit code says bad data."""

import gzip
import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wellhead.cli import main
from wellhead.corpus import open_corpus
from wellhead.errors import BadInput

GOOD = '{"text": "It rained all day."}\n'


@pytest.fixture
def wellhead(wellhead, tmp_path, monkeypatch, capsys):
    """The command line, in this process unless something is piped in: it starts sooner."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **options):
        if options:
            return wellhead(*arguments, **options)
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        code = stop.value.code or 0
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return run


def refused(wellhead, *arguments, says, code=3, **options):
    done = wellhead("corpus", "inspect", *arguments, **options)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for words in says:
        assert words in done.stderr
    return done


def test_a_corrupt_parquet(wellhead, tmp_path):
    pq.write_table(pa.table({"text": ["words"] * 1000}), tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[: len(whole) // 2])
    refused(wellhead, "t.parquet", says=["t.parquet", "Parquet", "broken"])


def test_a_parquet_with_a_broken_page(wellhead, tmp_path):
    pq.write_table(pa.table({"text": [f"words {i}" for i in range(5000)]}), tmp_path / "t.parquet")
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    content[100:2000] = b"\xff" * 1900
    (tmp_path / "t.parquet").write_bytes(content)
    refused(wellhead, "t.parquet", says=["t.parquet", "broken"])


def test_a_csv_without_the_column(wellhead, tmp_path):
    (tmp_path / "t.csv").write_text("answer,worker\nIt rained.,7\n")
    says = ["t.csv", "answer, worker", "did you mean 'answer'?"]
    refused(wellhead, "t.csv", "--text-column", "answers", says=says)


def test_an_empty_file(wellhead, tmp_path):
    (tmp_path / "t.jsonl").touch()
    refused(wellhead, "t.jsonl", says=["t.jsonl", "empty"])


@pytest.mark.parametrize("name", ["t.csv", "t.json", "t.jsonl"])
def test_a_file_with_no_rows(name, wellhead, tmp_path):
    (tmp_path / name).write_text({"t.csv": "text,n\n", "t.json": "[]"}.get(name, "\n\n"))
    refused(wellhead, name, says=[name, "no row"])


PEAK = """
import sys
from wellhead import cli
try:
    cli.main(["corpus", "inspect", *sys.argv[1:]])
finally:
    status = open("/proc/self/status").read().splitlines()
    print(next(line.split()[1] for line in status if "VmHWM" in line), file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_a_line_of_two_gigabytes_is_passed_by_in_little_memory(tmp_path):
    with (tmp_path / "t.jsonl").open("wb") as stream:
        stream.write(GOOD.encode())
        stream.seek(1 << 31, os.SEEK_CUR)  # two gigabytes of zero bytes that take no room on disk
        stream.write(b"\n" + GOOD.encode())
    command = [sys.executable, "-c", PEAK, tmp_path / "t.jsonl", "--json", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["documents"], found["unusable"]) == (2, {"over the size bound": 1})
    assert int(done.stderr) < 300_000  # kilobytes


def test_a_folder_with_nothing_usable(wellhead, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG")
    refused(wellhead, "pictures", says=["pictures", "1 file (a.png)", ".jsonl"])


def test_a_missing_file(wellhead):
    refused(wellhead, "nowhere.jsonl", says=["nowhere.jsonl", "no such file"])


def test_an_empty_name_and_an_address_that_lost_a_slash(wellhead):
    refused(wellhead, "", says=["an empty one"])
    refused(wellhead, "hf:/datasets/a/b", says=["hf:/datasets/a/b: an address has two slashes"])


def test_a_glob_without_match(wellhead):
    refused(wellhead, "*.jsonl", says=["*.jsonl", "no file matches"])


def test_an_unreadable_file(wellhead, tmp_path):
    (tmp_path / "t.jsonl").symlink_to(tmp_path / "t.jsonl")
    refused(wellhead, "t.jsonl", says=["t.jsonl", "cannot be read"])


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_forbidden_file(wellhead, tmp_path):
    (tmp_path / "t.jsonl").write_text(GOOD)
    (tmp_path / "t.jsonl").chmod(0)
    refused(wellhead, "t.jsonl", says=["t.jsonl", "Permission denied"])


def test_files_of_a_folder_that_do_not_share_the_text_column(wellhead, tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.jsonl").write_text(GOOD)
    (folder / "b.csv").write_text("essay,n\nIt rained.,1\n")
    refused(wellhead, "mixed", says=["mixed/b.csv", "expected a column 'text'", "essay, n"])


def test_files_of_a_folder_may_differ_in_other_columns(wellhead, tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"text": "one", "n": 1}')
    (folder / "b.csv").write_text("text,n,worker\ntwo,x,w\n")
    pq.write_table(pa.table({"text": ["three"], "n": [[1]]}), folder / "c.parquet")
    done = wellhead("corpus", "inspect", "mixed", "--json")
    found = json.loads(done.stdout)
    assert found["documents"] == 3
    assert {"name": "n", "type": "large_string"} in found["columns"]
    assert any("'n'" in note for note in found["notes"])


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_ends_early(suffix, wellhead, tmp_path):
    content = b"".join(b"%s\n" % os.urandom(50).hex().encode() for _ in range(20_000))
    whole = gzip.compress(content) if suffix == ".gz" else pa.compress(content, "zstd", True)
    (tmp_path / f"t.txt{suffix}").write_bytes(whole[: len(whole) // 2])
    refused(wellhead, f"t.txt{suffix}", says=[f"t.txt{suffix}", "compressed", "broken"])


def test_a_file_of_another_kind(wellhead, tmp_path):
    (tmp_path / "t.bin").write_bytes(b"\x7fELF" + bytes(100))
    refused(wellhead, "t.bin", says=["t.bin", "binary"])


def test_utf16_without_its_mark(wellhead, tmp_path):
    (tmp_path / "t.csv").write_bytes("text\nIt rained.\n".encode("utf-16-le"))
    refused(wellhead, "t.csv", says=["t.csv", "UTF-16", "--encoding utf-16-le"])


LETTERS = {
    "latin": "Il a plu toute la journée.\n",
    "cyrillic": "Весь день шёл дождь.\n",
    "chinese": "整天都在下雨，河水涨了起来，没有人知道。\n",
}


@pytest.mark.parametrize("width", [16, 32])
@pytest.mark.parametrize("end", ["le", "be"])
@pytest.mark.parametrize("letters", LETTERS)
@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.jsonl", "folder"])
def test_no_encoding_of_wide_letters_is_read_as_another(letters, width, end, name, tmp_path):
    """Without its mark it is named with the flag that reads it; with it, it is read."""
    text = LETTERS[letters].strip()
    rows = {"t.csv": f"text\n{text}\n{text}!\n", "t.jsonl": f'{{"text": "{text}"}}\n' * 2}
    content = rows.get(name, f"{text}\n{text}!\n")
    path = tmp_path / name
    file = path / "a.txt" if name == "folder" else path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content.encode(f"utf-{width}-{end}"))
    told = f"UTF-{width} without its mark; add --encoding utf-{width}-{end}"
    with pytest.raises(BadInput, match=told):
        open_corpus(path).table()
    named = open_corpus(path, encoding=f"utf-{width}-{end}").table()["text"].to_pylist()
    file.write_bytes(content.encode(f"utf-{width}"))
    marked = open_corpus(path).table()["text"].to_pylist()
    assert named == marked
    assert marked[0].startswith(text)


def test_another_encoding(wellhead, tmp_path):
    (tmp_path / "t.csv").write_bytes("text\nUn café.\nUn thé.\n".encode("latin-1"))
    refused(wellhead, "t.csv", says=["t.csv", "2 invalid UTF-8", "--encoding cp1252"])


def test_a_text_inside_another_column(wellhead, tmp_path):
    row = {"id": 1, "messages": [{"role": "assistant", "content": "It rained all day in May."}]}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    refused(wellhead, "t.jsonl", says=["--text-column 'messages[-1].content'"], code=2)


def test_a_setting_that_is_none(wellhead, tmp_path):
    (tmp_path / "t.txt").write_text("words")
    refused(wellhead, "t.txt", "--split", "page", says=["file, line, paragraph"], code=2)
    refused(wellhead, "t.txt", "--max-bytes", "0", says=["max_bytes"], code=2)


@pytest.mark.parametrize(
    ("piped", "texts"),
    [
        (GOOD * 2, 2),
        ('["one", "two", "three"]', 3),
        ("one\ntwo\n", 2),
    ],
)
def test_standard_input_is_recognised_and_read(piped, texts, wellhead):
    done = wellhead("corpus", "inspect", "-", "--json", stdin=piped)
    assert json.loads(done.stdout)["documents"] == texts


def test_empty_standard_input(wellhead):
    refused(wellhead, "-", says=["standard input", "empty"], stdin="")


def test_a_pipe_by_name_is_read(tmp_path):
    command = f"{sys.executable} -m wellhead corpus inspect --json <(echo '{GOOD.strip()}')"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["documents"] == 1


def test_a_text_in_place_of_a_path(wellhead):
    done = refused(wellhead, "It rained. " * 500, says=["no such file", "pass a list of texts"])
    assert len(done.stderr) < 400


def test_one_object_that_is_cut_off(wellhead, tmp_path):
    whole = json.dumps({"data": [{"text": "It rained."}]}, indent=1)
    (tmp_path / "t.json").write_text(whole[:-10])
    refused(wellhead, "t.json", says=["t.json", "broken JSON"])


def test_keys_that_are_data(wellhead, tmp_path):
    rows = [{"text": "words", f"key {i}": i} for i in range(1500)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    refused(wellhead, "t.jsonl", says=["at most 1000 different columns", "nested"])


@pytest.mark.parametrize("arguments", [(), ("--text-column", "text")])
def test_a_text_that_comes_late_is_found(arguments, wellhead, tmp_path):
    (tmp_path / "t.jsonl").write_text('{"n": 1}\n' * 3000 + GOOD)
    found = json.loads(wellhead("corpus", "inspect", "t.jsonl", "--json", *arguments).stdout)
    assert (found["documents"], found["unusable"]) == (1, {"null": 3000})


def test_a_parquet_whose_column_name_is_no_text(wellhead, tmp_path):
    pq.write_table(pa.table({"text": ["words"]}), tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes().replace(b"text", b"\xfftxt")
    (tmp_path / "t.parquet").write_bytes(content)
    refused(wellhead, "t.parquet", says=["t.parquet", "broken"])
