"""What every result can do."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from wellhead._result import Result
from wellhead.report import Page


class Ends(NamedTuple):
    low: float
    high: float


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Sample(Result):
    schema_version = 3
    zebra: float
    apple: object
    _secret: str = "kept"

    def page(self) -> Page:
        return Page("Sample", f"Zebra is {self.zebra}.")


def test_json_keeps_the_order_of_fields_with_the_schema_version_first():
    assert list(Sample(1.0, 2).to_dict()) == ["schema_version", "zebra", "apple"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (np.float64("-inf"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.0, np.nan]]), [[1.0, None]]),
        (Ends(0.1, 0.2), {"low": 0.1, "high": 0.2}),
        ({1: (1, 2), Colour.RED: {"b", "a"}}, {"1": [1, 2], "red": ["a", "b"]}),
        (Path("a/b"), "a/b"),
        ("broken \ud800", "broken ?"),
        (pa.array([1.5, None]), [1.5, None]),
        (np.datetime64("2024-05-06"), "2024-05-06"),
    ],
)
def test_values_become_strict_json(value, expected):
    assert json.loads(Sample(0.0, value).to_json())["apple"] == expected


def test_a_table_is_written_with_its_total_and_as_many_rows_as_asked():
    table = pa.table({"id": [f"d{i}" for i in range(30)], "p": [math.nan] * 30})
    written = Sample(0.0, table).to_dict(rows=2)["apple"]
    assert written == {"total": 30, "rows": [{"id": "d0", "p": None}, {"id": "d1", "p": None}]}
    assert len(Sample(0.0, table).to_dict(rows=None)["apple"]["rows"]) == 30


def test_what_has_no_json_form_is_refused_by_kind():
    with pytest.raises(TypeError, match="a bytes has no JSON form"):
        Sample(0.0, b"raw").to_dict()


def test_files_and_the_notebook_show_the_page(tmp_path):
    sample = Sample(1.5, None)
    sample.save_html(tmp_path / "a.html")
    sample.save_markdown(tmp_path / "a.md")
    sample.save_json(tmp_path / "a.json")
    assert "Zebra is 1.5." in (tmp_path / "a.html").read_text()
    assert "Zebra is 1.5." in (tmp_path / "a.md").read_text()
    assert json.loads((tmp_path / "a.json").read_text()) == sample.to_dict()
    assert "Zebra is 1.5." in sample._repr_html_()
