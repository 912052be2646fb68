"""A real share that changes: theory, laboratory and forecast of the same schedule."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from laboratory import errors_from

import wellhead
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.closed_form import closed_form_curves
from wellhead.recursion.theory.branching import ChangingShare
from wellhead.recursion.theory.inflation import ChangingShare as Inflated
from wellhead.recursion.theory.shares import Shares

SHARES = (0.9, 0.5, 0.1)


def test_a_gaussian_follows_its_exact_moments_while_the_share_falls():
    regime = {"name": "changing-share", "shares": SHARES, "machine_growth": 1.5}
    table = {"family": {"name": "gaussian", "ddof": 1}, "size": 20, "generations": 5}
    run = wellhead.collapse(table | {"regime": regime, "chains": 20_000})
    setting = run.plan.settings[0]
    curves = closed_form_curves(setting)
    for measure in ("variance", "mean_square_error"):
        for generation in range(1, 6):
            values = run.values(measure, setting.label, generation)
            assert errors_from(values, curves[measure][generation]) < 4


def test_inflation_is_the_excess_error_of_a_mean_when_share_and_size_change():
    """Means of 40,000 chains; each training set has a share of new real numbers."""
    rng, shares = np.random.default_rng(5), Shares((0.8, 0.3, 0.5), sizes=(2.0, 1.5, 0.5))
    size, mean = 200, rng.standard_normal(40_000) / np.sqrt(200)
    for k in range(1, 4):
        count, a = size * shares.size_at(k), shares.at(k)
        mean = (1 - a) * mean + rng.standard_normal(40_000) / np.sqrt(count)
        assert errors_from(size * mean**2, float(Inflated(shares).after(k + 1))) < 4


def test_rare_symbols_are_lost_as_branching_says_when_share_and_size_change():
    rng = np.random.default_rng(1)
    shares = Shares((0.9, 0.5, 0.1, 0.3), sizes=(1.0, 1.5, 2.0, 1.0))
    symbols, tokens = 100_000, 200_000
    original = rng.multinomial(tokens, np.full(symbols, 1 / symbols))
    now = original
    for k in range(1, 5):
        count, a = round(tokens * shares.size_at(k)), shares.at(k)
        machine = rng.multinomial(round(count * (1 - a)), now / now.sum())
        now = machine + rng.multinomial(round(count * a), original / tokens)
        loss = ChangingShare(shares=shares).losses(k)[k]
        for seen in (1, 2, 3):
            assert errors_from(now[original == seen] == 0, float(loss.of(seen))) < 4


def test_a_schedule_that_does_not_change_is_fresh_real_data():
    still = wellhead.forecast(counts=[1, 1, 2, 5, 9], schedule=[0.1], max_inflation=2)
    known = wellhead.forecast(counts=[1, 1, 2, 5, 9], real_share=0.1, max_inflation=2)
    assert [row.inflation.point for row in still.inflation.generations] == pytest.approx(
        [row.inflation.point for row in known.inflation.generations]
    )
    assert still.inflation.limit.point == pytest.approx(known.inflation.limit.point)
    words = zip(still.vocabulary.generations, known.vocabulary.generations, strict=True)
    assert all(a.words == pytest.approx(b.words) for a, b in words if a.words.level)
    assert still.first_beyond == known.first_beyond


def test_the_first_generation_beyond_the_limit_has_the_interval_of_the_share():
    found = wellhead.forecast(
        real_share=(0.6, 0.8, 0.9), machine_growth=2, max_inflation=2, generations=20
    )
    first = found.first_beyond
    assert first.earliest < first.point < first.latest
    for end, when in (("high", first.earliest), ("low", first.latest)):
        course = [getattr(row.inflation, end) for row in found.inflation.generations]
        assert course[when - 2] <= 2 < course[when - 1]
    assert f"generation {first.point}" in dict(found.page().facts)["first beyond 2"]


def test_the_command_names_the_year_beyond_the_limit(wellhead, tmp_path):
    table = "year,real,machine\n2020,900,0\n2021,800,100\n2022,300,600\n2023,90,810\n2024,1,899\n"
    (tmp_path / "years.csv").write_text(table)
    told = wellhead(
        "forecast", "--years", tmp_path / "years.csv", "--generations", 5, "--max-inflation", 2
    )
    assert told.returncode == 1
    line = next(line for line in told.stdout.splitlines() if "first beyond 2" in line)
    kappa, year = 1.0, None
    for name, real in (("2021", 8 / 9), ("2022", 1 / 3), ("2023", 0.1), ("2024", 1 / 900)):
        kappa = 1 + (1 - real) ** 2 * kappa
        year = year or (name if kappa > 2 else None)
    assert line.split()[-1] == year
    as_json = wellhead("forecast", "--shares", ".9,.5,.1", "--max-inflation", 2, "--json")
    assert json.loads(as_json.stdout)["first_beyond"]["point"] == 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"schedule": [0.5], "real_share": 0.5}, "not both"),
        ({"machine_growth": 2}, "share to start from"),
        ({"schedule": []}, "at least one share"),
        ({"schedule": [1.5]}, "share in"),
        ({"regime": "changing-share"}, "needs a schedule"),
        ({"schedule": [0.5], "regime": "accumulate"}, "changing-share"),
        ({"schedule": [0.5], "counts": [1, 2], "calibrate": True}, "one share throughout"),
    ],
)
def test_schedules_that_make_no_sense_are_refused(wrong, said):
    with pytest.raises(BadSetting, match=said):
        wellhead.forecast(**wrong)


def test_a_table_of_years_that_cannot_be_used_says_what_was_expected(tmp_path):
    file = tmp_path / "years.csv"
    for text, said in (
        ("year,real\n2020,1\n2021,1\n", "columns year, real and machine"),
        ("year,real,machine\n2020,1,0\n", "two years or more"),
        ("year,real,machine\n2020,1,0\n2021,0,0\n", "has no text"),
        ("year,real,machine\n2020,1,0\n2021,-1,3\n", "numbers of tokens"),
        ("year,real,machine\n2020,1,0\n2019,1,3\n", "got 2019 after 2020"),
        ("year,real,machine\n20/21,1,0\n20/21,1,3\n", "got 20/21 twice"),
        ("year,real,machine\n2020,1,9\n2021,1,9\n", "real text alone in the first row"),
    ):
        file.write_text(text)
        with pytest.raises(BadInput, match=said):
            wellhead.forecast(schedule=file)


def test_sets_that_grow_are_named_where_answers_are_for_sets_of_one_size():
    growing = wellhead.forecast(schedule=Shares((0.5,), sizes=(6.0,)), max_inflation=2)
    steady = wellhead.forecast(schedule=Shares((0.5,), sizes=(1.0,)), max_inflation=2)
    for found, told in ((growing, True), (steady, False)):
        assert ("sizes_change" in {caveat.code for caveat in found.caveats}) == told


def test_a_share_that_rounds_to_none_later_in_the_schedule_is_refused():
    table = {"family": "gaussian", "size": 20, "generations": 6}
    growing = {"name": "changing-share", "shares": [0.5], "machine_growth": 4}
    with pytest.raises(BadSetting, match="rounds to none"):
        wellhead.recursion.make_plan(table | {"regime": growing})


def test_the_forecast_of_a_schedule_holds_the_words_that_ngrams_keep(tmp_path):
    """Raw bigram counts over a Zipf law, with new text that uses words as the corpus does."""
    rng, law = np.random.default_rng(2), 1 / np.arange(3, 6003)
    words = rng.choice(6000, size=(1000, 30), p=law / law.sum())
    lines = [" ".join(f"w{word}" for word in line) for line in words]
    # The laboratory deals lines out in this order: nine copies of each become the reserve.
    dealt = [""] * 10_000
    for place, line in enumerate(np.random.default_rng(0).permutation(10_000)):
        dealt[line] = lines[place % 1000]
    corpus, test = tmp_path / "corpus.txt", tmp_path / "test.txt"
    corpus.write_text("\n".join(dealt))
    test.write_text(lines[0])
    family = {"name": "ngram", "order": 2, "smoothing": "linear", "split": "spaces"}
    family |= {"corpus": str(corpus), "test": str(test), "reserve": 0.9, "output_words": 200}
    run = wellhead.collapse(
        {"family": family, "sampler": "unsmoothed", "generations": 5, "seeds": 2}
        | {"regime": {"name": "changing-share", "shares": SHARES}}
    )
    counts = Counter([*" ".join(lines).split(), *["</s>"] * 1000])
    found = wellhead.forecast(counts=counts, schedule=SHARES, generations=5, models="counts")
    for point in run.curve("vocabulary", run.plan.settings[0].label)[1:]:
        kept = found.vocabulary.generations[point.generation].words
        assert kept.low <= point.value <= kept.high
