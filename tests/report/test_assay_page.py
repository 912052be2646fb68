"""What the report of an assay says, and that it says no more than the result."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from wellhead._stats import Interval
from wellhead.prevalence.result import AssayResult, GroupShare, Passage, References
from wellhead.report.terminal import show

from .assays import CALM, assay_result, without_reference
from .markup import Markup
from .samples import HOSTILE


def _text(result: AssayResult) -> str:
    return Markup(result.page().to_html()).text.replace("\u00a0", " ")


def _first(result: AssayResult) -> str:
    return result.page().lead.split("\n\n")[0]


def test_the_first_sentence_gives_range_best_estimate_and_bound():
    assert _first(assay_result()) == (
        "Between 12 % and 32 % of these 812 texts were probably written by machines (best "
        "estimate 21 %)."
    )


def test_the_at_least_figure_stands_on_a_line_of_its_own():
    second = assay_result().page().lead.split("\n\n")[1]
    assert second == "At least 9.8 % were, whichever program wrote them."


def test_the_heading_of_the_page_is_that_sentence():
    heading = re.search(r"<h1>(.*?)</h1>", assay_result().page().to_html(), re.S)[1]
    assert heading.replace("\u00a0", " ") == _first(assay_result())


def test_the_last_paragraph_says_what_must_be_true():
    last = assay_result().page().lead.split("\n\n")[-1]
    assert "100 texts that people certainly wrote" in last
    assert "95 % confidence if those are the same kind of text" in last


def test_a_bar_under_the_headline_shows_the_range_the_estimate_and_the_bound():
    html = assay_result().page().to_html()
    header = html[: html.index("</header>")]
    bar = re.search(r"<svg.*?</svg>", header, re.S)[0]
    assert ">12–32 %</text>" in bar
    assert "<circle" in bar
    assert "the tick is the “at least” figure" in bar
    assert header.index("</h1>") < header.index("<svg") < header.index("At least")


def test_a_bar_without_an_estimate_has_no_dot():
    result = assay_result(share=Interval(0.0, 0.02, 0.08), at_least=0.0, upper_bound_only=True)
    html = result.page().to_html()
    assert "<circle" not in html[: html.index("</header>")]


def test_an_at_least_figure_is_rounded_down_everywhere():
    result = assay_result(at_least=0.1478, share=Interval(0.16, 0.25, 0.31))
    assert "At least 14 % were" in result.page().lead
    assert "15 %" not in _text(result).split("Flagged texts")[0]


def test_an_upper_bound_is_not_told_as_an_estimate():
    result = assay_result(share=Interval(0.0, 0.02, 0.08), at_least=0.0, upper_bound_only=True)
    assert "No machine-written texts stand out" in _first(result)
    assert "at most 8 %" in _first(result)
    assert "best estimate" not in _first(result)
    assert result.page().facts[0] == ("machine-written", "at most 8 %")
    assert "held to be machine-written" not in _text(result)


def test_a_range_from_zero_says_that_it_may_be_none():
    result = assay_result(share=Interval(0.0, 0.04, 0.16), at_least=0.0)
    assert "At most 16 %" in _first(result)
    assert "it may also be none" in _first(result)


def test_a_range_that_leaves_everything_open_says_so_first():
    assert "cannot be said" in _first(without_reference(share=Interval(0.0, 0.5, 0.97)))


def test_without_a_reference_nothing_is_flagged_and_the_page_says_what_would_help():
    text = _text(without_reference())
    assert "50 to 100 texts of the same kind that people certainly wrote" in text
    assert "Single texts can only be flagged by comparison" in text
    assert "where the bars would end if people" not in text


def test_a_sample_is_told_as_one():
    bare = assay_result()
    result = replace(bare, documents=bare.documents._replace(population=40_000))
    assert "of these 40,000 texts" in _first(result)
    assert "812 read of 40,000" in _text(result)


def test_flags_come_with_the_meaning_of_the_false_discovery_rate():
    result = assay_result(false_discovery_rate=0.05)
    flagged = result.documents.flagged
    assert f"{flagged} of 812 texts" in _text(result)
    assert f"at most 5 % of it, here about {round(0.05 * flagged)}, are texts" in _text(result)
    assert "not proof about its author" in _text(result)


def test_no_flags_does_not_read_as_no_machine_text():
    bare = assay_result()
    none = bare.table.set_column(3, "flag", pa.array(np.zeros(812, dtype=bool)))
    documents = bare.documents._replace(flagged=0)
    text = _text(replace(bare, table=none, documents=documents, passages={}))
    assert "No text is flagged" in text
    assert "can still be above zero" in text


def test_flagged_texts_are_listed_surest_first_and_repeats_once():
    bare = assay_result()
    top = int(np.argmax(bare.table["score"].to_numpy()))
    duplicate = np.zeros(812, dtype=bool)
    duplicate[top] = True
    table = bare.table.set_column(5, "duplicate", pa.array(duplicate))
    text = replace(bare, table=table).page().to_markdown()
    ids = re.findall(r"^\| (answer-\d+)", text, re.M)
    scores = dict(zip(table["id"].to_pylist(), table["score"].to_pylist(), strict=True))
    p = dict(zip(table["id"].to_pylist(), table["p_value"].to_pylist(), strict=True))
    assert ids == sorted(ids, key=lambda i: (p[i], -scores[i]))
    assert f"answer-{top:04d}" not in ids
    assert len(ids) == 100


def test_the_strongest_passage_is_marked_deepest_and_human_ones_not_at_all():
    html = assay_result().page().to_html()
    assert '<mark class="w5">In conclusion, it is important to note this.</mark>' in html
    assert '<mark class="w3">It plays a crucial role' in html
    assert "My nan used to fetch" in html
    assert not re.search(r"<mark[^>]*>My nan", html)


def test_passages_stand_on_lines_of_their_own_since_they_need_not_be_neighbours():
    html = assay_result().page().to_html()
    quote = re.search(r"<blockquote>(.*?)</blockquote>", html, re.S)[1]
    assert len(quote.split("\n")) == 4


def test_what_a_warning_found_stands_above_the_figures():
    html = assay_result().page().to_html()
    finding, figures = html.index("Median length 312 characters"), html.index('class="key"')
    assert finding < figures
    assert "Match the lengths." in html[finding:figures]
    assert "Warning" not in _text(assay_result(diagnostics=(CALM,)))


def test_documents_are_named_by_file_row_and_first_words_never_by_a_hash_alone():
    bare = assay_result()
    hashes = [f"{i:032x}" for i in range(812)]
    columns = {
        "id": hashes,
        "file": ["answers.jsonl"] * 812,
        "row": list(range(1, 813)),
        "first_words": [f"Opening words {i} …" for i in range(812)],
    }
    table = bare.table.drop_columns(["id"])
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    top = int(np.argmax(bare.table["score"].to_numpy()))
    passages = {hashes[top]: (Passage("A telling passage.", 1.0),)}
    html = replace(bare, table=table, passages=passages).page().to_html()
    assert f">answers.jsonl, row {top + 1}: Opening words {top} …</span>" in html
    assert f"<td>Opening words {top} …</td>" in html or f">Opening words {top} …</td>" in html
    assert hashes[top] not in html


def test_p_is_explained_in_words_before_the_first_one():
    text = _text(assay_result())
    assert text.index("how often a text that a person wrote would score that high") < text.index(
        "p < 0" if "p < 0" in text else "p = 0.0"
    )


def test_groups_that_cannot_be_told_apart_are_folded_with_that_sentence():
    alike = tuple(
        GroupShare(f"A{i}", 50, Interval(0.1, 0.2, 0.4), 0.05, 3) for i in range(12, 0, -1)
    )
    page = assay_result(groups=alike).page()
    html = page.to_html()
    assert "None of the 12 groups can be told apart from another" in html
    assert "<summary>The ranges of the groups</summary>" in html
    names = re.findall(r"^\| (A\d+) ", page.to_markdown(), re.M)
    assert names == [f"A{i}" for i in range(1, 13)]
    assert "can be told apart from another" not in assay_result().page().to_html()


def test_one_of_a_thing_is_told_in_the_singular():
    one = replace(
        assay_result(references=References(1, {"gpt": 1}, 1), diagnostics=(CALM,)),
        method="audited+anchored",
    )
    text = _text(one)
    assert "1 human text, 1 machine text, 1 checked text" in text
    assert "1 of the texts was checked" in text
    assert "1 check found nothing" in text


def test_every_group_is_in_the_picture_and_in_the_table():
    text = assay_result().page().to_markdown()
    assert "| worker 0 | 200 | 80 | 50 % | 40–65 % | 35 % |" in text
    assert "## Groups" not in assay_result(groups=()).page().to_markdown()


def test_the_page_says_how_to_make_it_again():
    text = _text(assay_result())
    assert "wellhead assay answers.jsonl --human known.jsonl --group-by worker" in text
    assert "general, revision 3f1c9a2b" in text
    assert "9a3e" * 16 in text


def test_a_hundred_thousand_hostile_documents_make_a_small_page():
    n = 100_000
    big = assay_result()
    table = pa.table(
        {
            "id": [f"{i}{HOSTILE[:-1]}" for i in range(n)],
            "score": np.arange(n, dtype=float),
            "p_value": np.full(n, 1e-6),
            "flag": np.ones(n, dtype=bool),
            "posterior": np.ones(n),
            "duplicate": np.zeros(n, dtype=bool),
            "group": [HOSTILE[:-1]] * n,
        }
    )
    top = {table["id"][n - 1 - i].as_py(): (Passage(HOSTILE * 400, 1.0),) * 12 for i in range(25)}
    groups = tuple(big.groups[0]._replace(name=f"{HOSTILE} {i}") for i in range(200))
    page = Markup(replace(big, table=table, passages=top, groups=groups).page().to_html())
    assert page.problems == []
    assert "of 100,000 rows shown" in page.text


@pytest.mark.parametrize("make", [assay_result, without_reference])
def test_terminal_markdown_and_html_tell_the_same_share(make):
    result, stream = make(), io.StringIO()
    show(result.page(), file=stream, more=["report: report.html"])
    lines = stream.getvalue().splitlines()
    assert len(lines) <= 10
    for twin in (stream.getvalue(), result.page().to_markdown(), _text(result)):
        assert _first(result) in twin


def test_json_holds_what_the_page_is_made_of():
    found = assay_result().to_dict(rows=5)
    assert list(found)[:4] == ["schema_version", "share", "at_least", "method"]
    assert found["share"] == {"low": 0.124, "point": 0.21, "high": 0.314, "level": 0.95}
    assert found["table"]["total"] == 812
