"""The same texts come out of every format, compressed or not, whatever characters they hold."""

import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wellhead.corpus import document_id, open_corpus

WRITTEN = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Every code point that is text, the awkward ones more often: line ends, separators, combining
# marks, direction marks, quotes and commas, characters beyond the basic plane.
AWKWARD = st.sampled_from(
    list('\r\n\t\0\x0b\x1c\x85\u2028\u2029\u0301\u202e\ufeff\U0001f30a",;\\{}[]')
)
CHARACTERS = st.characters(exclude_categories=["Cs"]) | AWKWARD
TEXTS = st.lists(
    st.text(CHARACTERS, max_size=30).map(lambda text: f"w{text}."), min_size=1, max_size=8
)


def write_jsonl(path, texts):
    lines = [json.dumps({"text": text, "n": i}) for i, text in enumerate(texts)]
    path.write_bytes("\n".join(lines).encode())


def write_jsonl_unescaped(path, texts):
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    path.write_bytes("\r\n".join(lines).encode())


def write_array(path, texts):
    rows = [{"text": text, "nested": {"a": [text, {}]}} for text in texts]
    path.write_bytes(json.dumps(rows, ensure_ascii=False, indent=1).encode())


def write_strings(path, texts):
    path.write_bytes(json.dumps(texts).encode())


def write_csv(path, texts):
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["n", "text"])
        rows.writerows(enumerate(texts))


def write_semicolons(path, texts):
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        rows = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL)
        rows.writerow(["n", "text"])
        rows.writerows(enumerate(texts))


def write_parquet(path, texts):
    pq.write_table(pa.table({"n": range(len(texts)), "text": texts}), path, row_group_size=3)


WRITERS = {
    "lines.jsonl": write_jsonl,
    "raw.ndjson": write_jsonl_unescaped,
    "array.json": write_array,
    "strings.json": write_strings,
    "comma.csv": write_csv,
    "semicolon.csv": write_semicolons,
    "group.parquet": write_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
@WRITTEN
@given(texts=TEXTS)
def test_texts_come_back_as_they_were_written(name, texts, tmp_path):
    WRITERS[name](tmp_path / name, texts)
    assert open_corpus(tmp_path / name).table()["text"].to_pylist() == texts


@WRITTEN
@given(texts=TEXTS)
def test_texts_of_a_folder_come_back_as_they_were_written(texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("folder")
    for number, text in enumerate(texts):
        (folder / f"{number:04}.txt").write_bytes(text.encode())
    table = open_corpus(folder).table()
    assert table["text"].to_pylist() == texts
    assert table["file"].to_pylist() == [f"{number:04}.txt" for number in range(len(texts))]


def _zstd(content):
    return pa.Codec("zstd").compress(content, asbytes=True)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_every_format_is_read_compressed(name, suffix, tmp_path):
    texts = ["Rain fell.", "The river rose,\nand rose.", "Then it was over."] * 700
    WRITERS[name](tmp_path / name, texts)
    pack = gzip.compress if suffix == ".gz" else _zstd
    packed = tmp_path / (name + suffix)
    packed.write_bytes(pack((tmp_path / name).read_bytes()))
    assert open_corpus(packed).table()["text"].to_pylist() == texts


@WRITTEN
@given(texts=TEXTS, cut=st.integers(1, 40))
def test_an_array_is_split_the_same_wherever_the_chunks_end(texts, cut, tmp_path, monkeypatch):
    from wellhead.corpus import jsonrows

    monkeypatch.setattr(jsonrows, "_CHUNK", cut)
    write_array(tmp_path / "array.json", texts)
    assert open_corpus(tmp_path / "array.json").table()["text"].to_pylist() == texts


def test_a_json_file_may_hold_lines(tmp_path):
    write_jsonl(tmp_path / "lines.json", ["one", "two"])
    assert open_corpus(tmp_path / "lines.json").table()["text"].to_pylist() == ["one", "two"]


@pytest.mark.parametrize(
    ("split", "texts"),
    [
        (None, ["one", "two", "three"]),
        ("line", ["one", "two", "three"]),
        ("paragraph", ["one\ntwo", "three"]),
        ("file", ["one\ntwo\n\nthree\n"]),
    ],
)
def test_a_lone_text_is_split_as_asked(split, texts, tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n\nthree\n")
    assert open_corpus(tmp_path / "a.txt", split=split).table()["text"].to_pylist() == texts


def test_other_columns_are_carried_untouched(tmp_path):
    table = pa.table(
        {
            "text": ["a", "b"],
            "score": pa.array([0.1, None], pa.float32()),
            "tags": [["x"], []],
            "meta": [{"k": 1}, {"k": None}],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    carried = open_corpus(tmp_path / "t.parquet").table().drop_columns(["id", "text"])
    assert carried.equals(table.drop_columns(["text"]))


def test_values_of_a_csv_stay_the_strings_they_are(tmp_path):
    (tmp_path / "t.csv").write_text('worker,text\n007,hello there\n1e3,"well, well"\n')
    assert open_corpus(tmp_path / "t.csv").table()["worker"].to_pylist() == ["007", "1e3"]


def test_a_column_that_changes_type_goes_on_as_text(tmp_path):
    rows = [{"text": f"t{i}", "n": i} for i in range(3)]
    rows += [{"text": "t3", "n": "n. d."}, {"text": "t4", "n": {"year": 1790}}, {"text": "t5"}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    from wellhead.corpus import unified

    corpus = open_corpus(tmp_path / "t.jsonl")
    values = unified(corpus.batches(2))["n"].to_pylist()
    assert values == ["0", "1", "2", "n. d.", '{"year": 1790}', None]
    assert any("'n'" in note and "as text" in note for note in corpus.notes)


def test_an_id_is_kept_or_made_from_the_nfc_of_the_text(tmp_path):
    (tmp_path / "t.jsonl").write_text(
        '{"id": 7, "text": "a"}\n{"id": null, "text": "cafe\\u0301"}\n'
    )
    ids = open_corpus(tmp_path / "t.jsonl").table()["id"].to_pylist()
    assert ids == ["7", document_id("caf\u00e9")]


def test_one_id_never_stands_for_two_texts():
    rows = [{"id": "x", "text": "one"}, {"id": "x", "text": "two"}, {"id": "x", "text": "one"}]
    corpus = open_corpus(rows)
    ids = corpus.table()["id"].to_pylist()
    assert ids[0] == ids[2] == "x"
    assert ids[1].startswith("x#")
    assert any("another text" in note for note in corpus.notes)


def test_columns_that_share_our_names_are_carried_under_another():
    rows = [{"summary": "The answer of a person.", "text": "the task", "sha256": "?"}]
    corpus = open_corpus(rows, text_column="summary")
    batch = next(corpus.batches(marks=True))
    assert batch["text"].to_pylist() == ["The answer of a person."]
    assert batch["source_text"].to_pylist() == ["the task"]
    assert batch["source_sha256"].to_pylist() == ["?"]
