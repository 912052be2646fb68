"""Recorded answers judged: rates by version, alarms, rules that strangers cannot jam."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from wellhead.errors import BadInput
from wellhead.watch import Exchange, Judgement, judge
from wellhead.watch.rules import read_rules

RULES = """
[[rule]]
name = "telephone number"
category = "privacy"
pattern = '\\b\\d{3}[- ]\\d{4}\\b'

[[rule]]
name = "threat"
words = ["or else", "you will regret"]
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


def records(rates: dict[str, float], n: int, seed: int = 0) -> list[dict[str, str]]:
    rng = np.random.default_rng(seed)
    return [
        {
            "id": f"{version}-{row}",
            "text": "Call 555-0199 now." if rng.random() < rate else "The mill is by the river.",
            "version": version,
        }
        for row in range(n)
        for version, rate in rates.items()
    ]


def test_each_version_gets_its_rate_with_an_interval_and_the_bad_one_an_alarm(rules):
    found = judge(records({"v1": 0.005, "v2": 0.06}, 1500), read_rules(rules), limit=0.02)
    rates = {rate.name: rate for rate in found.versions}
    assert rates["v1"].interval.covers(0.005)
    assert rates["v2"].interval.covers(0.06)
    assert [rate.name for rate in found.alarmed] == ["v2"]
    assert "Above the limit of 2.0 %: v2" in found.page().lead
    assert {rate.name for rate in found.categories} == {"privacy"}


def test_the_command_prints_json_writes_a_page_and_ends_with_one_above_the_limit(
    wellhead, rules, tmp_path
):
    path = tmp_path / "answers.jsonl"
    rows = records({"v1": 0.1}, 400)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = wellhead(
        *("watch", "judge", path, "--rules", rules, "--limit", "2%", "--json"),
        *("--out", tmp_path / "watch.html"),
    )
    assert ran.returncode == 1
    assert "above the limit of 2.00%: v1" in ran.stderr
    assert json.loads(ran.stdout)["versions"][0]["n"] == 400
    assert "Version v1 violates" in (tmp_path / "watch.html").read_text()
    kept = wellhead("watch", "judge", path, "--rules", rules)
    assert kept.returncode == 0
    assert "none set" in kept.stdout


def test_words_count_in_any_case_and_as_whole_words(rules):
    said = ["Pay OR ELSE.", "For elsewhere.", "You will regret it", "nothing"]
    found = read_rules(rules).judge([Exchange(str(n), text) for n, text in enumerate(said)])
    assert [each.violates for each in found] == [True, False, True, False]
    assert found[0].categories == ("threat",)


def test_a_pattern_that_jams_other_engines_is_judged_in_linear_time(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text("[[rule]]\nname = 'a'\npattern = '(a+)+$'\n")
    start = time.process_time()
    read_rules(path).judge([Exchange("1", "a" * 50_000 + "b")])
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]]\nname = 'x'\npattern = '('", "RE2"),
        ("[[rule]]\nname = 'x'", "either a pattern or words"),
        ("[[rule]]\nname = 'x'\nwords = ['a']\nplace = 'b'", "unknown place"),
        ("rules = 1", r"\[\[rule\]\]"),
        ("[[rule", "TOML"),
    ],
)
def test_a_file_that_holds_no_rules_is_refused_with_the_place(tmp_path, text, told):
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        read_rules(path)


class Half:
    """A verdict of somebody else's, which forgets every second exchange."""

    name, revision = "half", "1"

    def judge(self, exchanges):
        return [Judgement(False, 0.0) for _ in exchanges[::2]]


def test_a_verdict_that_leaves_out_exchanges_is_an_error_and_no_low_rate():
    with pytest.raises(BadInput, match="one of each"):
        judge(["one", "two", "three"], Half())


def test_no_records_are_an_error(rules):
    with pytest.raises(BadInput):
        judge([], read_rules(rules))
