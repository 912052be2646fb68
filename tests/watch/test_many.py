"""Many rates at once, versions beside each other, and measures that may go with harm."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wellhead.errors import BadInput, BadSetting
from wellhead.prevalence.sequential import confidence_sequence
from wellhead.watch import Judgement, judge
from wellhead.watch.many import Lot, contrasts, exceeding
from wellhead.watch.measures import Measured
from wellhead.watch.result import Rate


class Told:
    """A judge that reads its verdict from the text."""

    name, revision = "told", "1"

    def judge(self, exchanges):
        return [
            Judgement("bad" in each.answer, 1.0, tuple(each.answer.split()[1:]))
            if "bad" in each.answer
            else Judgement(False, 0.0)
            for each in exchanges
        ]


def test_of_the_rates_said_to_exceed_at_most_five_percent_keep_the_limit():
    rng, wrong, covered, found_all = np.random.default_rng(3), [], [], 0
    for _ in range(150):
        rates = {("v", "group", str(k)): 0.01 if k < 36 else 0.06 for k in range(40)}
        cells = {key: (int(rng.binomial(1500, rate)), 1500) for key, rate in rates.items()}
        found = exceeding(cells, 0.01, error=0.05)
        named = [(each.version, each.of, each.name) for each in found]
        wrong.append(sum(rates[key] == 0.01 for key in named) / max(len(named), 1))
        missed = [
            not each.interval.covers(rates[key]) for each, key in zip(found, named, strict=True)
        ]
        covered.append(sum(missed) / max(len(named), 1))
        found_all += len(found) >= 4
    assert np.mean(wrong) <= 0.05
    # e-BY: of the intervals of those that were chosen at most 5 % miss.
    assert np.mean(covered) <= 0.05
    assert found_all >= 140


def rows(n, rates, seed, groups=("old", "young"), extra=0.0):
    """Exchanges by version drawn at random; `extra` is added in the last group, in one category."""
    rng = np.random.default_rng(seed)
    names = list(rates)
    made = []
    for at in range(n):
        version, group = names[rng.integers(len(names))], groups[rng.integers(len(groups))]
        bad = rng.random() < rates[version]
        rude = group == groups[-1] and rng.random() < extra
        text = "bad privacy" if bad else "bad rude" if rude else "fine"
        made.append({"id": str(at), "text": text, "version": version, "who": group})
    return made


def test_the_one_group_and_kind_that_exceeds_is_named_among_all_of_them():
    made = rows(6000, {"a": 0.01, "b": 0.01}, 1, groups=("x", "y", "z"), extra=0.04)
    found = judge(made, Told(), limit=0.024, group_column="who")
    # Two versions, each with three groups and two kinds.
    assert found.looked_at == 12
    assert {(each.of, each.name) for each in found.exceeding} == {("group", "z")}
    assert "12 rates were compared" in found.page().to_html()


def test_versions_by_lot_are_told_apart_where_they_differ_and_seldom_where_not():
    shares = {"a": 1, "b": 1, "c": 1}
    found = judge(rows(6000, {"a": 0.02, "b": 0.02, "c": 0.08}, 2), Told(), lot=shares)
    versions = {each.version: each for each in found.contrasts}
    reference = found.contrasts[0].other
    apart = {name for name, each in versions.items() if each.differs}
    assert apart == ({"c"} if reference != "c" else {"a", "b"})
    ratio = versions["c"].ratio if reference != "c" else versions["a"].ratio
    assert ratio[0] <= (4 if reference != "c" else 0.25) <= ratio[1]
    false, rng = 0, np.random.default_rng(9)
    for _ in range(60):
        lot, names = Lot(shares), np.array(list(shares))
        drawn, bad = names[rng.integers(3, size=1200)], rng.random(1200) < 0.05
        for version, violates in zip(drawn, bad, strict=True):
            lot.add(str(version), bool(violates))
        counts = [
            (name, int((drawn == name).sum()), int(bad[drawn == name].sum())) for name in names
        ]
        same = [Rate(str(name), n, hits, confidence_sequence(hits, n)) for name, n, hits in counts]
        false += any(each.differs for each in contrasts(same, lot, error=0.05))
    # 5 % are allowed; 60 trials at 5 % exceed 7 with probability 1 %.
    assert false <= 7


def test_without_a_lot_versions_have_a_difference_and_no_verdict():
    found = judge(rows(3000, {"a": 0.02, "b": 0.2}, 5), Told())
    (one,) = found.contrasts
    assert one.difference.covers(0.18 if one.version == "b" else -0.18)
    assert one.ratio is None
    assert not one.differs
    assert "need not be due to the version" in found.page().to_html()


def test_a_lot_that_was_not_kept_to_is_refused():
    made = rows(2000, {"a": 0.02, "b": 0.2}, 6)
    with pytest.raises(BadInput, match="not drawn with the stated shares"):
        judge(made, Told(), lot={"a": 9, "b": 1})
    with pytest.raises(BadInput, match="not one of those drawn"):
        judge(made, Told(), lot={"a": 1, "c": 1})
    with pytest.raises(BadSetting, match="above 0"):
        judge(made, Told(), lot={"a": 1, "b": 0})


def measured(rng, n, rate, *, tilt=0.0, trend=0.0):
    """Minutes that rise by `trend`, and violations that fall `tilt` more on long conversations."""
    one = Measured("minutes")
    for at in range(n):
        noise = rng.gamma(2.0)
        bad = rng.random() < rate * (1 + tilt * (noise > 2))
        one.add("v", 5 + trend * at / n + noise, bad)
    return one


def test_a_measure_that_has_nothing_to_do_with_harm_is_accused_in_at_most_five_percent():
    rng = np.random.default_rng(8)
    plain = [measured(rng, 3000, 0.03).log_e for _ in range(50)]
    # A trend in the minutes is no association.
    rising = [measured(rng, 3000, 0.03, trend=20.0).log_e for _ in range(50)]
    assert np.mean(np.array(plain) > np.log(20)) <= 0.1
    assert np.mean(np.array(rising) > np.log(20)) <= 0.1
    tied = [measured(rng, 3000, 0.03, tilt=4.0).log_e for _ in range(20)]
    assert np.mean(np.array(tied) > np.log(20)) >= 0.9


def test_the_page_charts_minutes_and_warns_that_they_rise_with_harm(tmp_path, wellhead):
    rng = np.random.default_rng(9)
    made = []
    for at in range(3000):
        minutes = float(rng.gamma(2.0))
        bad = rng.random() < (0.15 if minutes > 3 else 0.02)
        made.append(
            {
                "text": "Call 555-0199 now." if bad else "The mill is by the river.",
                "minutes": round(minutes, 2),
                "stars": int(rng.integers(1, 6)) if at % 3 else None,
            }
        )
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in made))
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nname = 'number'\npattern = '555'\n")
    ran = wellhead(
        *("watch", "judge", path, "--rules", rules, "--measure", "minutes", "--measure", "stars"),
        *("--text-column", "text", "--json", "--out", tmp_path / "page.html"),
    )
    assert ran.returncode == 0, ran.stderr
    minutes, stars = json.loads(ran.stdout)["measures"]
    assert (minutes["associated"], stars["associated"]) == (True, False)
    assert minutes["rank"]["low"] > 0.5
    assert stars["n"] == 2000
    html = (tmp_path / "page.html").read_text()
    assert "Violations go with minutes" in html
    assert "can rise with harm" in html
    wrong = wellhead("watch", "judge", path, "--rules", rules, "--measure", "text")
    assert wrong.returncode == 3


def test_a_version_is_made_of_several_columns():
    made = [
        {"text": "fine" if at % 9 else "bad", "model": "m", "prompt": f"p{at % 2}"}
        for at in range(100)
    ]
    found = judge(made, Told(), version_column="model,prompt", text_column="text")
    assert {rate.name for rate in found.versions} == {"m · p0", "m · p1"}
    with pytest.raises(BadInput, match="no column 'config'"):
        judge(made, Told(), version_column="model,config", text_column="text")
