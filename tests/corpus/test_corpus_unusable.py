"""Rows that cannot be used are counted and shown by reason; they are never lost and never fatal."""

import json
import tracemalloc
import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.corpus import open_corpus
from wellhead.corpus.signs import are_spaces, code_points, stay_in_nfc
from wellhead.corpus.usable import usable_texts
from wellhead.errors import BadInput


def census(source, **options):
    return open_corpus(source, keep_going=True, **options).census


def test_every_row_of_jsonl_is_a_document_or_has_a_reason(tmp_path):
    lines = [
        b'{"text": "fine"}',
        b'{"text": null}',
        b'{"other": "no text here"}',
        b'{"text": " \\n\\t"}',
        b'{"text": 12}',
        b'{"text": ["a"]}',
        b'{"text": "\xff"}',
        b'{"text": "\\udc80"}',
        b'{"text": "cut',
        b"[1, 2]",
        b"null",
        b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": "' + b"x" * 300_000 + b'"}',
        b"",
    ]
    (tmp_path / "t.jsonl").write_bytes(b"\n".join(lines))
    found = census(tmp_path / "t.jsonl", max_bytes=250_000)
    assert found.documents == 1
    assert found.unusable == {
        "null": 2,
        "empty": 1,
        "not text": 2,
        "invalid UTF-8": 2,
        "broken JSON": 2,
        "not an object": 2,
        "over the size bound": 1,
    }
    assert found.rows == 13
    assert ("t.jsonl", 9, "broken JSON") in found.examples


def test_one_row_that_cannot_be_read_stops_where_it_is_more_than_one_in_a_hundred(tmp_path):
    lines = [json.dumps({"text": f"Text {number}."}) for number in range(99)]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([*lines[:49], '{"text": "cut o']))
    with pytest.raises(BadInput, match=r"1 of 50 rows would be lost .*--keep-going"):
        open_corpus(path).table()
    path.write_text("\n".join([*lines, '{"text": "cut o']))
    assert open_corpus(path).table().num_rows == 99


def test_an_answer_that_nobody_gave_is_no_lost_row(tmp_path):
    lines = [json.dumps({"text": f"Text {number}." if number % 2 else ""}) for number in range(50)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    corpus = open_corpus(tmp_path / "t.jsonl")
    assert corpus.table().num_rows == 25
    assert corpus.census.unusable == {"empty": 25}


def test_a_broken_item_costs_that_item_of_an_array(tmp_path):
    (tmp_path / "t.json").write_text('[{"text": "one"}, {"text": tru}, 5, {"text": "two"}, {"te')
    found = census(tmp_path / "t.json")
    assert (found.documents, found.unusable) == (2, {"broken JSON": 2, "not an object": 1})


def test_a_csv_row_with_another_number_of_fields_is_set_aside(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"n,text\n1,one\n2\n3,three,more\n4,\xff\n5,\n\n6,six\n")
    found = census(tmp_path / "t.csv")
    assert found.documents == 2
    assert found.unusable == {"wrong number of fields": 2, "invalid UTF-8": 1, "empty": 1}
    assert ("t.csv", 4, "invalid UTF-8") in found.examples


def test_a_quote_that_is_never_closed_costs_no_more_than_the_bound(tmp_path):
    rows = [f"{i},some text of row {i}{' and so on' * 20}" for i in range(2000)]
    rows[1900] = '10,"a quote that never ends'
    rows[0] = '0,"some text in quotes, with a comma"'
    (tmp_path / "t.csv").write_text("n,text\n" + "\n".join(rows))
    found = census(tmp_path / "t.csv", max_bytes=1000)
    assert found.unusable == {"over the size bound": 1}
    assert found.documents > 1900


def test_a_number_among_texts_of_a_frame_is_not_text():
    frame = pd.DataFrame({"text": ["one", 2, None, float("nan"), b"bytes", "six"]})
    found = census(frame)
    assert (found.documents, found.unusable) == (3, {"null": 2, "not text": 1})


def test_parquet_strings_that_are_not_utf8_are_set_aside(tmp_path):
    broken = pa.array([b"fine", b"\xff\xfe", None, b"also"]).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "t.parquet")
    found = census(tmp_path / "t.parquet")
    assert (found.documents, found.unusable) == (2, {"invalid UTF-8": 1, "null": 1})


def test_a_line_without_end_is_passed_by_in_little_memory(tmp_path):
    with (tmp_path / "t.jsonl").open("wb") as stream:
        stream.write(b'{"text": "before"}\n{"text": "')
        for _ in range(200):
            stream.write(b"x" * (1 << 20))
        stream.write(b'"}\n{"text": "after"}\n')
    tracemalloc.start()
    found = census(tmp_path / "t.jsonl", max_bytes=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.documents, found.unusable) == (2, {"over the size bound": 1})
    assert peak < 20 << 20


def test_an_item_of_an_array_without_end_is_passed_by_too(tmp_path):
    item = '{"text": "' + "x" * 5_000_000 + '"}'
    (tmp_path / "t.json").write_text(f'[{{"text": "before"}}, {item}, {{"text": "after"}}]')
    found = census(tmp_path / "t.json", max_bytes=100_000)
    assert (found.documents, found.unusable) == (2, {"over the size bound": 1})


def test_examples_are_few_however_many_rows_fail(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"text": "one"}\n' + "broken\n" * 5000)
    found = census(tmp_path / "t.jsonl")
    assert found.unusable == {"broken JSON": 5000}
    assert len(found.examples) == 20


def test_exact_duplicates_are_counted_and_marked_but_still_listed():
    texts = ["caf\u00e9", "other", "cafe\u0301", "other", "third"]
    corpus = open_corpus(texts)
    batch = next(corpus.batches(marks=True))
    assert batch["first"].to_pylist() == [True, True, False, False, True]
    assert (corpus.census.documents, corpus.census.duplicates, corpus.census.distinct) == (5, 2, 3)
    assert batch["text"].to_pylist() == texts


def test_the_fingerprint_is_of_the_content_not_of_the_file(tmp_path):
    texts = ["one", "two", "three"]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps({"text": t, "n": 1}) for t in texts))
    pq.write_table(pa.table({"body": texts}), tmp_path / "t.parquet")
    prints = {census(tmp_path / name).sha256 for name in ("t.jsonl", "t.parquet")}
    assert len(prints) == 1
    assert census(texts[::-1]).sha256 not in prints


def test_a_corpus_without_one_usable_row_says_what_is_wrong_with_them():
    with pytest.raises(BadInput, match=r"none of its 3 rows can be used \(2 null, 1 empty\)"):
        _ = census([{"text": None}, {"text": ""}, {"text": None}], text_column="text")


# Spaces, signs that NFC composes or replaces, halves of Korean syllables, and plain ones.
SIGNS = st.sampled_from(
    [
        *"aN/\t\n .\xa0\u2003\u2028\u2000\u205f\u3000é\u0301\u212b\u201c中か\u3099д\u0387",
        *"\u1100\u1161\ufeff\x7f😀\U0001d15e",
        "a word ",
    ]
)
CELLS = st.none() | st.lists(SIGNS, max_size=14).map("".join) | st.sampled_from(["n/a", "null"])


@given(st.lists(CELLS, max_size=8), st.integers(0, 8), st.sampled_from([12, 1000]))
def test_a_column_of_arrow_is_judged_as_its_values_are(
    cells: list[str | None], start: int, limit: int
) -> None:
    for kind in (pa.string(), pa.large_string()):
        ours, plain = (
            usable_texts(values, limit)
            for values in (pa.array(cells, kind).slice(start), cells[start:])
        )
        assert ours.column.to_pylist() == plain.column.to_pylist()
        assert (ours.digests, ours.rejected) == (plain.digests, plain.rejected)
        assert ours.kept.tolist() == plain.kept.tolist()
        assert ours.lengths.tolist() == plain.lengths.tolist()


def test_no_character_that_joins_another_is_taken_for_one_that_stays() -> None:
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    parts = (unicodedata.decomposition(chr(code)).split() for code in codes)
    joining = {int(part[1], 16) for part in parts if len(part) == 2 and part[0][0] != "<"}
    joining |= {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # of Korean, by arithmetic
    for code in stay_in_nfc_of(codes):
        assert code not in joining
        assert not unicodedata.combining(chr(code))
        assert unicodedata.is_normalized("NFC", chr(code))


def test_characters_are_read_from_their_bytes() -> None:
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    data = np.frombuffer("".join(map(chr, codes)).encode(), np.uint8)
    found = code_points(data, np.flatnonzero((data & 0xC0) != 0x80))
    assert found.tolist() == codes
    assert are_spaces(found).tolist() == [chr(code).isspace() for code in codes]


def stay_in_nfc_of(codes: list[int]) -> list[int]:
    every = np.array(codes, np.uint32)
    return every[stay_in_nfc(every)].tolist()
