"""What a running watch counts beside the rate: many rates, votes, measures, people's labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.watch.running_watch import log_lines, settings_file, watching
from tests.watch.stand_in import endpoint, whole
from wellhead._waiting import wait_for
from wellhead.audit.labelling import Given
from wellhead.watch.ledger import Ledger
from wellhead.watch.monitor import Monitor
from wellhead.watch.record import Recorder, Relayed
from wellhead.watch.report import report_on
from wellhead.watch.serving import Overseer
from wellhead.watch.settings import read_settings
from wellhead.watch.status import status_of
from wellhead.watch.switch import Drawn, Switch
from wellhead.watch.verdict import Exchange, Judgement

MORE = 'limit = 0.05\nmeasures = ["minutes", "stars"]\n'
REVIEW = '[review]\nfolder = "review"\nflagged = 1.0\nothers = 0.25\n'
TWO = '[[verdict]]\nkind = "rules"\nfile = "rules.toml"\n'


def watch_of(folder, tables=REVIEW):
    path = settings_file(folder, ["http://127.0.0.1:9"] * 2, MORE)
    path.write_text(path.read_text() + tables)
    return read_settings(path)


class Logged:
    """A gateway and a meter that log what they are told, in the order of the calls."""

    def __init__(self, settings) -> None:
        self.settings, self.recorder = settings, Recorder(settings)
        self.verdicts = Ledger(settings.folder / "verdicts.jsonl")
        self.said = []

    def answer(self, violates, *, at=0, group="", kinds=(), votes=(), measures=None):
        """One exchange with its verdict; its id."""
        version = self.settings.versions[at]
        shares = {each.name: 0.5 for each in self.settings.versions}
        exchange = Relayed(Drawn(version, shares), b"{}", group, status=200, chunks=1)
        self.recorder.asked(exchange)
        self.recorder.answered(exchange, "whole")
        if measures:
            self.recorder.measured(exchange.id, measures)
        told = {"violates": violates, "categories": kinds, "votes": votes, "at": 0}
        self.verdicts.append({"kind": "verdict", "id": exchange.id, **told})
        one = Exchange(exchange.id, "answer", "question", version.name, group)
        self.said.append((one, Judgement(violates, float(violates))))
        return exchange.id


def test_of_many_rates_those_above_the_limit_are_named_with_false_discoveries_bounded(tmp_path):
    settings = watch_of(tmp_path, "")
    logged, rng = Logged(settings), np.random.default_rng(5)
    for n in range(1200):
        group = f"g{n % 6}"
        bad = bool(rng.random() < (0.4 if group == "g3" else 0.02))
        logged.answer(bad, group=group, kinds=["privacy"] if bad else [])
    found = status_of(settings)
    assert found.looked_at == 8  # all, six groups, one kind
    assert ("v1", "group", "g3") in {each[:3] for each in found.exceeding}
    assert {each.name for each in found.exceeding} <= {"g3", "privacy", ""}
    assert "8 rates were compared with the limit" in found.page().to_markdown()


def test_votes_of_a_second_judge_are_joined_as_they_come(tmp_path):
    settings = watch_of(tmp_path, TWO)
    logged, rng = Logged(settings), np.random.default_rng(6)
    truth = []
    for n in range(900):
        rate = (0.1, 0.5)[n % 2]
        bad = bool(rng.random() < rate)
        votes = [bool(rng.random() < (0.85 if bad else 0.1)) for _ in range(2)]
        truth.append(bad)
        logged.answer(votes[0], at=n % 2, votes=votes)
    found = status_of(settings)
    assert found.consensus.identified
    assert found.consensus.rate.covers(float(np.mean(truth)))
    assert "By all judges together" in found.page().to_markdown()


def test_minutes_that_go_with_violations_are_charted_and_said_so(tmp_path):
    settings = watch_of(tmp_path, "")
    logged, rng = Logged(settings), np.random.default_rng(7)
    for _ in range(800):
        bad = bool(rng.random() < 0.1)
        minutes, stars = rng.normal(5 + 4 * bad), rng.normal(3)
        logged.answer(bad, measures={"minutes": minutes, "stars": stars})
    found = status_of(settings)
    assert [(each.name, each.n, each.associated) for each in found.measures] == [
        ("minutes", 800, True),
        ("stars", 800, False),
    ]
    page = found.page().to_markdown()
    assert "Violations go with minutes" in page
    assert "can rise with harm" in page


def test_clients_report_measures_beside_an_answer_and_nothing_else(tmp_path):
    import httpx

    with endpoint(lambda _: whole("hello")) as address:
        path = settings_file(tmp_path, [address], MORE)
        with watching(path, "--no-meter") as watch:
            id = watch.ask("hello").headers["x-wellhead-exchange"]
            url = f"{watch.url}/measures"
            told = httpx.post(url, json={"exchange": id, "minutes": 3.5})
            assert told.status_code == 200, told.text
            for wrong in ({"exchange": id}, {"minutes": 1}, {"exchange": id, "mood": 1}, []):
                assert httpx.post(url, json=wrong).status_code == 400
            late = json.dumps({"exchange": id, "stars": float("nan")})
            assert httpx.post(url, content=late).status_code == 400
            vast = f'{{"exchange": "{id}", "stars": 1{"0" * 400}}}'
            assert httpx.post(url, content=vast).status_code == 400
        [entry] = log_lines(watch.settings, "measures.jsonl")
        assert (entry["id"], entry["values"]) == (id, {"minutes": 3.5})


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A watch of two versions, one of which is worse than its meter says, with people's labels."""
    settings = watch_of(tmp_path_factory.mktemp("labelled"))
    logged, rng, truth = Logged(settings), np.random.default_rng(8), {}
    for n in range(1500):
        at, group = n % 2, ("new", "old")[n % 3 == 0]
        bad = bool(rng.random() < (0.3 if at == 0 else 0.01))
        flagged = bool(rng.random() < (0.1 if bad else 0.005))
        truth[logged.answer(flagged, at=at, group=group)] = bad
    queue = settings.queue()
    queue.offer(logged.said, "judge@1")
    for place, id in enumerate(queue.drawn()):
        for rater in ("ann", "bob")[: 1 + (place < 60)]:
            queue.give(Given(rater, id, "violation" if truth[id] else "clean", ""))
    return settings, truth


def test_labels_correct_versions_and_groups_and_tell_how_good_the_meter_is(labelled):
    settings, _ = labelled
    found = status_of(settings)
    first, second = found.versions
    assert first.labelled.over
    assert first.labelled.interval.covers(0.3)
    assert not second.labelled.over
    assert {each.name: each.labelled.interval.covers(0.155) for each in found.groups} == {
        "new": True,
        "old": True,
    }
    assert found.review.recall.covers(0.1)
    assert found.review.precision.point > 0.5
    [pair] = found.review.agreement
    assert pair.kappa.point == 1
    page = found.page().to_markdown()
    assert "of all violations, it flags" in page
    assert "kappa" in page


def test_labels_open_the_breaker_of_a_version_that_its_meter_finds_clean(labelled):
    settings, _ = labelled
    switch = Switch(settings)
    assert all(each.breaker == "closed" for each in status_of(settings).versions)
    over = Overseer(settings, switch, None)
    wait_for(over.once())
    assert (switch.breakers["v1"].state, switch.breakers["v2"].state) == ("open", "closed")
    assert "labels by people refute" in switch.breakers["v1"].why
    # Whoever lets it answer again has seen these labels.
    switch.close("v1", by="ann", why="a new prompt")
    wait_for(Overseer(settings, switch, None).once())
    assert switch.breakers["v1"].state == "closed"


def test_a_report_on_a_period_has_the_labels_of_that_period(labelled):
    settings, _ = labelled
    asked = [e for e in log_lines(settings, "exchanges.jsonl") if e["kind"] == "asked"]
    middle = asked[len(asked) // 2]["at"]
    early, late = (report_on(settings, **each) for each in ({"until": middle}, {"since": middle}))
    whole_ = report_on(settings)
    reports = [early.status, late.status]
    n = [sum(each.labelled.labels for each in status.versions) for status in reports]
    assert min(n) > 100
    assert sum(n) == sum(each.labelled.labels for each in whole_.status.versions)
    assert "What people's labels say" in early.page().to_markdown()
    monitor = Monitor(settings, until=middle)
    monitor.step()
    assert early.status.versions[0].judged == monitor.tallies["v1"].n
    assert early.status.versions[0].once.covers(0.3)
