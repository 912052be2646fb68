"""Whatever bytes a file holds, it is read or refused; nothing else happens."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wellhead.corpus import open_corpus
from wellhead.errors import BadInput

MANY = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Bytes that mean something to a reader, among any others.
TOKENS = [
    b'{"text": "a"}', b'{"text"', b"text,n\n", b'"', b"\\", b"[", b"]", b"{", b"}", b",", b"\n",
    b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"1e999",
    b"\\ud800", b"text", b"null", b" ",
]  # fmt: skip
BYTES = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=4), max_size=20).map(b"".join)


def read(path):
    """The census of `path`, or None when it is refused."""
    try:
        census = open_corpus(path, max_bytes=64).census
    except BadInput:
        return None
    assert census.rows == census.documents + sum(census.unusable.values())
    assert census.documents > 0
    return census


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet", ""])
@MANY
@given(content=BYTES)
def test_any_bytes_are_read_or_refused(suffix, content, tmp_path):
    (tmp_path / f"t{suffix}").write_bytes(content)
    read(tmp_path / f"t{suffix}")


@MANY
@given(place=st.integers(0, 2000), byte=st.integers(0, 255))
def test_a_parquet_with_one_wrong_byte_is_read_or_refused(place, byte, tmp_path):
    pq.write_table(pa.table({"text": ["rain", "river", None] * 20}), tmp_path / "t.parquet")
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    content[place % len(content)] = byte
    (tmp_path / "t.parquet").write_bytes(content)
    read(tmp_path / "t.parquet")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@MANY
@given(rows=st.lists(st.dictionaries(st.sampled_from("abc"), JSON), min_size=1, max_size=8))
def test_carried_json_of_any_shape_is_carried(rows, tmp_path):
    lines = [json.dumps({"text": f"text {i}", **row}) for i, row in enumerate(rows)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    table = open_corpus(tmp_path / "t.jsonl").table()
    assert table.num_rows == len(rows)
    for name in "abc":
        if any(row.get(name) is not None for row in rows):
            there = [value is not None for value in table[name].to_pylist()]
            assert there == [row.get(name) is not None for row in rows]
    pq.write_table(table, tmp_path / "t.parquet")
