"""A forecast carries what an assay found to what training on it would do."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wellhead
from wellhead._result import Result
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.forecast import Forecast, forecast, needed_share
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.theory import discrete
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.inflation import FreshReal, SyntheticAdded
from wellhead.recursion.theory.regimes import inflation_under
from wellhead.report.svg import LineChart

ASSAY = {"share": {"low": 0.85, "point": 0.9, "high": 0.93, "level": 0.95}}
RATES = {"true_positive_rate": 0.9, "false_positive_rate": 0.05}


def test_a_detector_takes_the_inflation_from_five_to_one_and_a_third() -> None:
    plain = forecast(real_share=0.1)
    cleaned = forecast(real_share=0.1, **RATES)
    assert plain.inflation.limit.point == pytest.approx(5.26, abs=5e-3)
    assert cleaned.inflation.limit.point == pytest.approx(1.31, abs=5e-3)


def test_the_interval_of_an_assay_becomes_the_interval_of_the_answer() -> None:
    found = forecast(assay=ASSAY, generations=20, **RATES)
    assert found.real_share == pytest.approx((0.07, 0.1, 0.15, 0.95))
    for end, a in [("low", 0.15), ("point", 0.1), ("high", 0.07)]:
        share = Detector(**RATES).effective_share(a)
        expected = FreshReal(share).after(20)
        assert getattr(found.inflation.last, end) == pytest.approx(expected)
    assert found.inflation.last.level == 0.95


def test_the_interval_covers_as_often_as_the_assays_does() -> None:
    """Monotone functions keep coverage: the truth is inside one exactly when in the other."""
    rng = np.random.default_rng(1)
    truth, inside, kept = 0.3, 0, 0
    exact = forecast(real_share=1 - truth, generations=5).inflation.last.point
    for _ in range(200):
        point = float(rng.normal(truth, 0.05))
        share = {"low": point - 0.1, "point": point, "high": point + 0.1, "level": 0.95}
        last = forecast(assay={"share": share}, generations=5).inflation.last
        inside += last.low <= exact <= last.high
        kept += share["low"] <= truth <= share["high"]
    assert inside == kept
    assert inside >= 180


def test_an_assay_may_be_a_result_a_dictionary_or_a_file(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Found(Result):
        share: Range

    path = tmp_path / "assay.json"
    path.write_text(json.dumps({"schema_version": 1, **ASSAY}))
    expected = forecast(assay=ASSAY).inflation
    assert forecast(assay=Found(Range(0.85, 0.9, 0.93, 0.95))).inflation == expected
    assert forecast(assay=path).inflation == expected


def test_an_assay_that_only_bounds_the_share_is_told_so_from_its_file_too(tmp_path: Path) -> None:
    told = {**ASSAY, "upper_bound_only": True}
    path = tmp_path / "assay.json"
    path.write_text(json.dumps(told))
    for given in (told, path):
        assert "share_bounded_above_only" in [one.code for one in forecast(assay=given).caveats]


@pytest.mark.parametrize("regime", ["fresh-real", "fixed-original"])
@pytest.mark.parametrize("generations", [5, 50, None])
@pytest.mark.parametrize("limit", [1.0, 1.5, 4.0])
def test_the_needed_share_is_the_one_that_just_keeps_the_limit(
    regime: str, generations: int | None, limit: float
) -> None:

    def reached(share: float) -> float:
        constant = inflation_under(regime, min(1.0, share))
        return float(constant.limit if generations is None else constant.after(generations))

    share = needed_share(limit, regime=regime, generations=generations)
    assert reached(share) == pytest.approx(limit, rel=1e-6)
    if share < 1:
        assert reached(share * 1.01) < limit


def test_needed_fresh_share_for_ever_has_its_closed_form() -> None:
    got = needed_share(2.0, regime="fresh-real", generations=None)
    assert got == pytest.approx(1 - math.sqrt(1 - 1 / 2.0))
    assert needed_share(20, regime="fresh-real", generations=10) == 0


def test_every_remedy_does_what_it_says() -> None:
    found = forecast(assay=ASSAY, generations=30, max_inflation=2)
    remedies = {remedy.name: remedy.answer for remedy in found.remedies}
    for end, a in [("low", 0.15), ("point", 0.1), ("high", 0.07)]:
        added = getattr(remedies["real_text_to_add"], end)
        mixed = (a + added) / (1 + added)
        assert forecast(real_share=mixed, generations=30).inflation.last.point == pytest.approx(2)
        rate = getattr(remedies["true_positive_rate"], end)
        rates = {"true_positive_rate": rate, "false_positive_rate": 0.05}
        cleaned = forecast(real_share=a, generations=30, **rates)
        assert cleaned.inflation.last.point == pytest.approx(2)
    share = remedies["fixed_original_share"].point
    kept = forecast(real_share=share, regime="fixed-original", generations=30)
    assert kept.inflation.last.point == pytest.approx(2)


SETTINGS = [
    (limit, share, generations)
    for limit in (1.01, 1.05, 1.3, 2, 3.7, 9.37)
    for share in (0.01, 0.1, 0.5)
    for generations in (2, 30, 200)
]


@pytest.mark.parametrize(("limit", "share", "generations"), SETTINGS)
def test_advice_as_it_is_written_passes_its_own_test(
    limit: float, share: float, generations: int
) -> None:
    """The numbers of the sentences, put back into a forecast, keep the limit."""

    def last(**options: Any) -> float:
        return forecast(generations=generations, **options).inflation.last.point

    found = forecast(real_share=share, generations=generations, max_inflation=limit)
    said = {
        remedy.name: re.findall(r"([\d.]+)(?: %| units)", remedy.sentence)
        for remedy in found.remedies
    }
    for name, regime in [
        ("fresh_real_share", "fresh-real"),
        ("fixed_original_share", "fixed-original"),
    ]:
        now, for_ever = (float(number) / 100 for number in said[name])
        assert last(real_share=now, regime=regime) <= limit
        assert forecast(real_share=for_ever, regime=regime).inflation.limit.point <= limit
    if last(real_share=share) <= limit:
        assert not said["real_text_to_add"]
        assert not said["true_positive_rate"]
        return
    added = float(said["real_text_to_add"][0])
    assert last(real_share=(share + added) / (1 + added)) <= limit
    tpr, fpr = (float(number) / 100 for number in said["true_positive_rate"])
    assert last(real_share=share, true_positive_rate=tpr, false_positive_rate=fpr) <= limit


def test_text_to_add_counts_the_detector_that_is_there() -> None:
    found = forecast(real_share=0.1, max_inflation=1.2, generations=200, **RATES)
    remedies = {remedy.name: remedy.answer for remedy in found.remedies}
    added = remedies["real_text_to_add"].point
    again = forecast(real_share=(0.1 + added) / (1 + added), generations=200, **RATES)
    assert again.inflation.last.point == pytest.approx(1.2)


def test_a_limit_is_exceeded_only_when_the_whole_interval_is_beyond_it() -> None:
    assert not forecast(assay=ASSAY, max_inflation=4.5).exceeds
    assert forecast(assay=ASSAY, max_inflation=2).exceeds


def test_an_interval_holds_the_peak_that_lies_inside_it() -> None:
    """Inflation by added synthetic text rises and falls with the share of originals."""
    shares = np.linspace(0.01, 0.9, 400)
    values = [SyntheticAdded(float(a)).after(5) for a in shares]
    peak = int(np.argmax(values))
    assert 0 < peak < 399
    found = forecast(real_share=(0.01, 0.5, 0.9), regime="synthetic-added", generations=5)
    assert found.inflation.last.high == pytest.approx(max(values), rel=1e-3)
    assert found.inflation.last.low == pytest.approx(min(values), rel=1e-6)


@pytest.mark.parametrize("regime", ["fresh-real", "fixed-original"])
def test_more_real_text_never_inflates(regime: str) -> None:
    shares = np.concatenate([[1e-9, 1e-6], np.linspace(1e-4, 1, 300)])
    for n in (2, 10, 100):
        values = [float(inflation_under(regime, float(a)).after(n)) for a in shares]
        assert (np.diff(values) <= 1e-9).all()
        assert values[0] == pytest.approx(n, rel=1e-6)


def test_no_real_text_is_replacement_and_has_no_bound() -> None:
    found = forecast(assay={"share": {"low": 0.5, "point": 1.0, "high": 1.0, "level": 0.9}})
    assert found.inflation.last.point == 10
    assert found.inflation.limit.high == math.inf
    assert found.to_dict()["inflation"]["limit"]["high"] is None
    found.page().to_html()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"real_share": 1.2}, "share"),
        ({"real_share": (0.3, 0.2, 0.4)}, "low <= point"),
        ({"real_share": 0.1, "assay": ASSAY}, "not both"),
        ({"regime": "replace", "real_share": 0.1}, "does not depend"),
        ({"regime": "fresh-real"}, "needs a real share"),
        ({"regime": "acumulate"}, "did you mean 'accumulate'"),
        ({"real_share": 0.1, "true_positive_rate": 0.9}, "both"),
        ({"regime": "replace", **RATES}, "fresh-real"),
        ({"generations": 0}, "generations"),
        ({"real_share": 0.1, "max_inflation": 0.5}, "at least 1"),
        ({"effective_samples": 100}, "belongs to a corpus"),
        ({"counts": [1, 2], "effective_samples": -3}, "effective_samples"),
        ({"counts": [0, 2]}, "above 0"),
        ({"counts": []}, "empty"),
        ({"counts": [1], "corpus": ["a b"]}, "not both"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        forecast(**wrong)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"share": None},
        {"share": {"low": 0.1, "point": None, "high": 0.3}},
        {"share": {"low": 0.4, "point": 0.2, "high": 0.3, "level": 0.95}},
        {"share": {"low": -0.1, "point": 0.2, "high": 0.3, "level": 0.95}},
        {"share": {"low": 0.1, "point": 0.2, "high": 0.3, "level": 95}},
        "missing.json",
    ],
)
def test_an_assay_without_a_usable_share_is_refused(broken: Any) -> None:
    with pytest.raises(BadInput):
        forecast(assay=broken)


def test_a_regime_without_a_theory_of_words_still_tells_inflation() -> None:
    found = forecast(counts=[1, 2, 3], regime="golden-ratio")
    assert found.vocabulary is None
    assert found.inflation.limit.point == pytest.approx(0.618, abs=5e-4)
    assert "no_theory_of_words" in [caveat.code for caveat in found.caveats]
    assert found.page().to_html()


def test_the_page_says_where_language_models_leave_the_theory() -> None:
    page = forecast(real_share=0.1, max_inflation=2).page()
    text = page.to_markdown()
    assert "language model" in text
    assert "orientation" in text
    assert "29.3 %" in text
    assert len(page.to_html()) < 300_000


def test_the_verb_is_on_the_front_page_and_its_result_travels() -> None:
    found = wellhead.forecast(real_share=0.2, counts=[1, 1, 5])
    assert isinstance(found, Forecast)
    known = json.loads(found.to_json())
    assert known["schema_version"] == 1
    assert known["inflation"]["last"]["point"] == found.inflation.last.point
    assert known["regimes"][0]["regime"] == "replace"


def test_the_command_reads_an_assay_and_stops_at_the_limit(  # type: ignore[no-untyped-def]
    wellhead, tmp_path: Path
) -> None:
    (tmp_path / "assay.json").write_text(json.dumps(ASSAY))
    done = wellhead("forecast", "--assay", "assay.json", "--max-inflation", "2", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["exceeds"] is True
    assert "the limit is 2" in done.stderr


def test_the_command_writes_a_page_about_a_corpus(wellhead, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "text.txt").write_text("the river rose and the well was clean\n" * 5 + "once\n")
    done = wellhead("forecast", "text.txt", "--generations", "5", "--html", "out.html")
    assert done.returncode == 0, done.stderr
    assert "distinct words" in done.stdout
    assert "<svg" in (tmp_path / "out.html").read_text()


def test_the_headline_has_the_very_interval_of_the_last_row_of_its_figure() -> None:
    """Both round outwards, so that neither claims more than the other, and both name the mean."""
    words = [f"w{n}" for n in range(90) for _ in range(1 + n % 7)]
    for left in np.linspace(0.5, 0.9, 9):
        found = forecast([" ".join(words)], generations=6, words="spaces", observed={1: left})
        page = found.page()
        figure = next(
            block
            for section in page.sections
            for block in section.blocks
            if isinstance(block, LineChart) and block.title.startswith("Words that are still")
        )
        assert "Numbers are means over repetitions" in page.lead
        assert "in the mean" in figure.description
        assert "Mean excess error" in page.to_markdown()
        rows = [row for row in figure.to_table().cells if row[0] == "distinct words"]
        low, high = rows[-1][3].removesuffix(" %").split("–")
        assert f"({low.removesuffix(' %')} % to {high} %) of the distinct words" in page.lead


def test_shares_of_a_zipf_law_agree_with_redrawing_it() -> None:
    """Vocabulary left under fresh text, against literal multinomial draws."""
    rng = np.random.default_rng(2)
    law = discrete.zipf_mandelbrot(5_000)
    counts = rng.multinomial(20_000, law)
    counts = counts[counts > 0]
    found = forecast(counts=counts.tolist(), regime="replace", generations=6, models="counts")
    assert found.vocabulary is not None
    last = found.vocabulary.generations[-1]
    left, text, inside = [], [], 0
    for _ in range(40):
        now = counts
        for _ in range(6):
            now = rng.multinomial(20_000, now / now.sum())
        left.append((now > 0).mean())
        text.append(counts[now > 0].sum() / 20_000)
        inside += last.words.low <= left[-1] <= last.words.high
    assert np.mean(left) == pytest.approx(last.words.point, abs=4 * np.std(left) / 40**0.5)
    assert np.mean(text) == pytest.approx(last.text.point, abs=4 * np.std(text) / 40**0.5)
    assert inside >= 34
