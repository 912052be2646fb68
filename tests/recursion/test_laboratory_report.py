"""Verdicts and reports of runs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

import wellhead
import wellhead.recursion
from wellhead.errors import BadSetting
from wellhead.recursion.closed_form import closed_form_curves
from wellhead.recursion.measure.catalogue import CATALOGUE, MEANINGS
from wellhead.recursion.terminal import show
from wellhead.report.numbers import number

RUN = {
    "name": "small",
    "family": "gaussian",
    "size": 20,
    "generations": 30,
    "chains": 300,
    "settings": [
        {"regime": "replace"},
        {"regime": "accumulate"},
        {"label": "<b>10 %</b> fresh", "regime": "fresh-real"},
    ],
}


@pytest.fixture(scope="module")
def result():
    return wellhead.collapse(RUN)


def words(result, setting):
    return [verdict.word for verdict in result.verdicts(setting)]


def test_replacement_and_accumulation_get_different_verdicts(result):
    """Variance and tails collapse under one and stay under the other; risk rises under both."""
    replaced, accumulated = words(result, "replace"), words(result, "accumulate")
    assert (replaced[1], replaced[3], replaced[6]) == ("shown",) * 3
    assert (accumulated[3], accumulated[6]) == ("not shown",) * 2
    assert replaced[5] == replaced[7] == "not measurable"


def test_the_scaling_law_changes_under_replacement_and_needs_three_sizes():
    table = {"family": "gaussian", "regime": "replace", "generations": 20, "chains": 200}
    swept = wellhead.collapse(table | {"sweep": {"size": [10, 40, 160]}})
    assert words(swept, "size 10")[4] == "shown"
    two = wellhead.collapse(table | {"sweep": {"size": [10, 40]}})
    assert "needs 3 sizes" in two.verdicts("size 10")[4].reason


def test_verdicts_are_not_shown_where_nothing_happens():
    still = wellhead.collapse(
        RUN | {"size": 2000, "generations": 10, "settings": [{"regime": "accumulate"}]}
    )
    assert "shown" not in words(still, "accumulate")[2:]


def test_vanishing_modes_of_a_mixture_are_seen():
    lost = wellhead.collapse(
        {"family": {"name": "mixture", "components": 3}, "regime": "replace"}
        | {"size": 20, "generations": 100, "chains": 60, "every": 50}
    )
    assert words(lost, "replace")[5] == "shown"


def test_the_report_is_small_offline_and_escapes_labels(result, tmp_path):
    result.save_html(tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text()
    assert len(html.encode()) < 300_000
    assert "<b>10 %</b> fresh" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    for text in ("exact (theory)", "collapsing variance", "not measurable", "config.toml"):
        assert text in html


def test_every_setting_has_a_verdict_and_each_family_a_figure_of_its_own():
    """`kazdan` has nine settings of three families."""
    short = {"generations": 3, "seeds": 2}
    run = wellhead.collapse("kazdan", changes=short)
    page = run.page().to_markdown()
    verdicts = page[page.index("## Is it collapse") : page.index("## What happened")]
    rows = [row for row in verdicts.splitlines() if row.count(" | ") == 1 and ": " in row]
    assert len(rows) == 16
    labels = [setting.label for setting in run.plan.settings]
    assert max(len(row.split(" | ")[1]) for row in rows[:8]) < 130
    assert any("of 9 settings" in row for row in rows[:8])
    for row in rows[8:]:
        said = row.split(" | ")[1].strip("| ")
        named = [label for part in said.split(". ") for label in part.split(": ")[1].split("; ")]
        assert sorted(named) in (sorted(labels), ["every setting"])
    for family in ("gaussian", "kde"):
        assert f"Variance, {family}" in page
    assert "2 repetitions" in page
    run_as = page[page.index("## What was run") :].split("What each measure is")[0]
    assert [row.count(" | ") for row in run_as.splitlines() if row.startswith("| ")] == [1] * 11
    for label in labels:
        assert f"| {label} | " in run_as
    assert "100 samples per generation; real data in each after the first: none" in run_as


def test_a_narrow_terminal_cuts_no_name_and_no_number_short(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    written = io.StringIO()
    show(wellhead.collapse("kazdan", changes={"generations": 3, "seeds": 2}), file=written)
    assert "…" not in written.getvalue()


def test_the_page_names_the_counts_that_the_run_used():
    """A share of .1 of 14 and 25 items is 1 and 2 of them."""
    table = {"family": "gaussian", "generations": 3, "chains": 20, "regime": "fresh-real"}
    settings = [{"label": str(size), "size": size} for size in (14, 25)]
    mixed = {"label": "kept", "size": 25, "regime": {"name": "fixed-original", "share": 0.1}}
    grown = {"label": "grown", "size": 10, "schedule": "linear"}
    run = wellhead.collapse(table | {"settings": [*settings, mixed, grown]})
    page = run.page().to_markdown()
    for told in ("1 of 14 (0.0714), fresh", "2 of 25 (0.08), fresh", "2 of 25 (0.08), original"):
        assert told in page
    assert "2 of 20 (0.1), fresh to 3 of 30 (0.1), fresh" in page


def test_every_measure_of_a_report_has_its_definition_on_the_page_and_in_the_docs():
    docs = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")
    for name, measure in CATALOGUE.items():
        assert f"| `{name}` | {measure.title} | {MEANINGS[name]} |" in docs
    run = wellhead.collapse("golden-ratio", changes={"chains": 20, "seeds": 1})
    page = run.page().to_markdown()
    part = page[page.index("What each measure is") :]
    for name in run.measures:
        assert MEANINGS[name] in part.replace("\\", "")


def test_a_variance_below_the_range_of_numbers_never_stands_under_another_generation():
    """Two samples a generation halve the log variance so fast that it underflows."""
    run = wellhead.collapse(
        {"family": "gaussian", "regime": "replace", "size": 2, "generations": 1500}
        | {"chains": 40, "every": 500}
    )
    last = run.curve("log_variance", "replace")[-1]
    assert (last.generation, last.value) == (1500, -np.inf)
    with pytest.raises(BadSetting, match="beyond the range of numbers"):
        run.curve("log_variance", "replace", "mean")
    written = io.StringIO()
    show(run, file=written)
    assert "-inf" in written.getvalue()


def test_a_terminal_claims_no_interval_where_there_is_none():
    run = wellhead.collapse(
        {"family": "gaussian", "regime": "replace", "size": 9, "generations": 2}
    )
    written = io.StringIO()
    show(run, file=written)
    assert "in brackets" not in written.getvalue()


def test_dashed_curves_wear_the_colour_of_their_run(result):
    figure = next(block for block in result.page().sections[1].blocks if hasattr(block, "lines"))
    svg = figure.to_svg()
    dashed = [part for part in svg.split("<g ") if 'dasharray="3 7"' in part and "tone" in part]
    assert [f's{i}"' in part for i, part in enumerate(dashed)] == [True] * 3


def test_headline_and_figure_show_the_same_statistic_of_what_the_preset_is_about():
    run = wellhead.collapse("golden-ratio", changes={"chains": 300, "seeds": 1})
    page = run.page()
    assert "mean of squared error of the mean" in page.lead
    figure = next(block for block in page.sections[1].blocks if hasattr(block, "lines"))
    assert figure.title == "Squared error of the mean"
    assert number(min(line.y[-1] for line in figure.lines)) in page.lead


def test_a_tail_mass_is_drawn_by_its_median_with_no_mean_in_sight(result):
    page = result.page().to_markdown()
    part = page[page.index("Mass in the true tail") :]
    assert "The median over chains" in part[:400]


def test_exact_curves_follow_the_measured_means(result):
    for setting in result.plan.settings:
        curves = closed_form_curves(setting)
        assert "variance" in curves
        for point in result.curve("mean_square_error", setting.label, "mean")[1:]:
            half = (point.high - point.low) / 2
            assert abs(point.value - curves["mean_square_error"][point.generation]) < 3 * half


@pytest.mark.parametrize(
    "change",
    [
        {"sampler": {"name": "bias", "strength": 0.9}},
        {"sampler": {"name": "bias", "strength": 0.7}, "regime": "fresh-real"},
        {"regime": "synthetic-added"},
        {"regime": {"name": "synthetic-added", "ratio": 0.4}, "family": {"ddof": 1}},
    ],
)
def test_a_narrow_sampler_and_added_output_have_exact_curves(change):
    """Both moments at the last generation, and at the first, which is a fit of real data."""
    table = {"family": {"name": "gaussian"}, "regime": "replace", "size": 20, "generations": 12}
    result = wellhead.collapse(table | {"chains": 4000}, changes=change)
    setting = result.plan.settings[0]
    for measure in ("variance", "mean_square_error"):
        for generation in (1, 12):
            values = result.values(measure, setting.label, generation)
            away = values.mean() - closed_form_curves(setting)[measure][generation]
            assert abs(away) < 4 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize(
    "change",
    [
        {"regime": "accumulate", "sampler": {"name": "bias", "strength": 0.9}},
        {"regime": "synthetic-added", "sampler": {"name": "bias", "strength": 0.9}},
        {"regime": {"name": "fixed-original", "redraw": True}},
        {"selector": {"name": "oracle"}},
        {"schedule": {"name": "sizes", "values": [20] * 30}},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_no_exact_curve_is_drawn_where_there_is_no_closed_form(change):
    plan = wellhead.recursion.make_plan(RUN | {"settings": [{"regime": "replace"} | change]})
    assert closed_form_curves(plan.settings[0]) == {}


def test_json_has_curves_and_verdicts_without_numbers_that_do_not_exist(result):
    found = json.loads(result.to_json())
    assert found["schema_version"] == 2
    assert found["verdicts"]["replace"][3]["verdict"] == "shown"
    assert len(found["curves"]["replace"]["variance"]) == 31
    assert found["verdicts"]["replace"][5]["value"] is None


def test_a_report_from_the_command_line(wellhead, tmp_path):
    import wellhead as library

    library.collapse(RUN | {"generations": 3, "chains": 20}, out=tmp_path / "run")
    made = wellhead("collapse", "report", tmp_path / "run")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "run" / "report.html").exists()
    none = wellhead("collapse", "report", tmp_path)
    assert none.returncode == 3
    assert "holds no run" in none.stderr


def test_a_text_run_reports_perplexities_and_their_histogram(tmp_path):
    rng, vocabulary = np.random.default_rng(0), [f"w{n}" for n in range(80)]
    lines = [" ".join(rng.choice(vocabulary, 20)) for _ in range(200)]
    (tmp_path / "corpus.txt").write_text("\n".join(lines))
    family = {"name": "ngram", "corpus": str(tmp_path / "corpus.txt"), "output_words": 2000}
    run = wellhead.collapse({"family": family, "regime": "replace", "generations": 3})
    page = run.page().to_markdown()
    assert "What generation 0 thinks of later output" in page
    assert run.verdicts("replace")[7].shown is not None
