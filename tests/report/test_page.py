"""What a report page promises: whole, offline, escaped, small, the same every time."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from wellhead.errors import BadInput
from wellhead.report import Column, Excerpt, Excerpts, Page, Section, Span, Table
from wellhead.report.svg import Axis, Line, LineChart

from .markup import Markup
from .samples import page_saying


def test_every_block_renders_to_well_formed_html():
    page = Markup(page_saying("plain words").to_html())
    assert page.problems == []
    assert {"main", "nav", "section", "table", "figure", "svg", "details"} <= {
        tag for tag, _ in page.tags
    }


def test_hostile_text_is_shown_and_never_becomes_markup(hostile):
    harmless, page = Markup(page_saying("x").to_html()), Markup(hostile.to_html())
    assert page.problems == []
    assert "<script>alert(1)</script>" in page.text
    for tag in ("script", "style", "title", "img", "a"):
        assert page.count(tag) == harmless.count(tag)
    assert all(name[:2] != "on" for _, attributes in page.tags for name in attributes)
    assert "49" not in page.text


def test_links_stay_inside_the_page(hostile):
    page = Markup(hostile.to_html())
    places = [a[name] or "" for _, a in page.tags for name in ("href", "src") if name in a]
    assert places
    assert all(re.fullmatch(r"#s\d", place) for place in places)


def test_the_policy_allows_nothing_but_the_pages_own_style_and_script(hostile):
    html = hostile.to_html()
    policy = next(a["content"] for _, a in Markup(html).tags if a.get("http-equiv"))
    for kind in ("script", "style"):
        code = re.search(f"<{kind}>(.*?)</{kind}>", html, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not [a for _, a in Markup(html).tags if "style" in a]


def test_what_cannot_be_shown_is_replaced_so_that_the_file_can_be_written(hostile, tmp_path):
    hostile.save_html(tmp_path / "page.html")
    hostile.save_markdown(tmp_path / "page.md")
    for name in ("page.html", "page.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert "\ufffd" in text


def test_markdown_shows_hostile_text_without_acting_on_it(hostile):
    text = hostile.to_markdown()
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.S | re.M)
    assert "<" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows[:3]} == {3}


def test_the_same_page_is_the_same_bytes():
    assert page_saying("x").to_html() == page_saying("x").to_html()


def _long(rows: int, text: str = "some words of a document " * 20) -> Page:
    table = Table(
        [Column("n", "count"), Column("text")], [[i, text] for i in range(rows)], cap=rows
    )
    return Page("Long", "A long page.", sections=[Section("Rows", [table])])


def test_a_long_table_is_cut_to_the_size_bound_and_the_page_says_how_much():
    html = _long(5000).to_html()
    assert len(html.encode()) <= 300_000
    shown = html.count("<tr><td")
    assert 0 < shown < 5000
    assert f"{shown:,} of 5,000 rows shown, {5000 - shown:,} more." in html


def test_one_enormous_text_is_cut_and_the_page_says_how_much():
    html = _long(1, "x" * 2_000_000).to_html()
    assert len(html.encode()) <= 300_000
    cut = re.search(r"x(\d?) … \(([\d,]+) more characters\)", html)
    assert int(cut[2].replace(",", "")) > 1_900_000


def test_enormous_excerpts_are_cut():
    documents = [Excerpt(f"d{i}", "p = 0.01", [Span("y" * 50_000, 1)] * 40) for i in range(500)]
    page = Page("Long", "x", sections=[Section("Documents", [Excerpts(documents, cap=500)])])
    html = page.to_html()
    assert len(html.encode()) <= 300_000
    assert "of 500 documents shown" in html
    assert "more characters" in html


def test_pictures_give_way_to_their_numbers_before_the_bound_is_broken():
    chart = LineChart("c", "d", [Line("a", range(2000), range(2000))], Axis("x"), Axis("y"))
    html = Page("Many", "x", sections=[Section("Charts", [chart] * 60)]).to_html()
    assert len(html.encode()) <= 300_000
    assert html.count("The picture is left out") == 60


def test_prose_that_cannot_fit_is_refused_rather_than_cut():
    with pytest.raises(BadInput, match="300,000 bytes"):
        Page("Long", "x", sections=[Section("s", ["word " * 100_000])]).to_html()


def test_html_and_markdown_tell_the_same_figures():
    page = Page(
        "T", "L", [("share", "21 %")], [Section("S", [Table([Column("p", "p")], [[0.0312]])])]
    )
    for twin in (page.to_html().replace("\u00a0", " "), page.to_markdown()):
        assert "21 %" in twin
        assert "0.031" in twin


def test_a_notebook_shows_the_page_in_a_frame_that_runs_nothing(hostile):
    frame = Markup(hostile._repr_html_())
    assert frame.problems == []
    ((tag, attributes),) = frame.tags
    assert (tag, attributes["sandbox"]) == ("iframe", "")
    assert attributes["srcdoc"] == hostile.to_html()


def test_a_table_row_of_the_wrong_width_is_an_error():
    page = Page("T", "L", sections=[Section("S", [Table([Column("a")], [[1, 2]])])])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        page.to_html()


def test_the_example_in_the_docs_runs_and_saves_its_page(tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], {})
    html = (tmp_path / "variance.html").read_text(encoding="utf-8")
    assert Markup(html).problems == []
    assert "a fifth less" in html
