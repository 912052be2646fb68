"""What the report of an assay says, and that it says no more than the result."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from wellhead._stats import Interval
from wellhead.prevalence.result import AssayResult, Passage
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
        "estimate 21 %). At least 9.8 % were, whichever program wrote them."
    )


def test_the_heading_of_the_page_is_that_sentence():
    heading = re.search(r"<h1>(.*?)</h1>", assay_result().page().to_html(), re.S)[1]
    assert heading.replace("\u00a0", " ") == _first(assay_result())


def test_the_second_paragraph_says_what_must_be_true():
    second = assay_result().page().lead.split("\n\n")[1]
    assert "100 texts that people certainly wrote" in second
    assert "95 % confidence if those are the same kind of text" in second


def test_an_at_least_figure_is_rounded_down_everywhere():
    result = assay_result(at_least=0.1478, share=Interval(0.16, 0.25, 0.31))
    assert "At least 14 % were" in _first(result)
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


def test_warnings_are_announced_at_the_top_and_told_with_their_consequence():
    page = assay_result().page()
    assert "read the warning under “Checks”" in page.lead
    assert "Match the lengths." in _text(assay_result())
    assert "Checks" not in assay_result(diagnostics=(CALM,)).page().lead


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
