"""People's labels: drawn at random, blind, and rates that are corrected by them at every look."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest

from wellhead.audit.labelling import Given
from wellhead.audit.server import application
from wellhead.errors import BadInput, BadSetting
from wellhead.prevalence.labelled import Least, Sampled, labelled_excess, labelled_rate
from wellhead.prevalence.misjudged import corrected_once, corrected_rate
from wellhead.watch import Exchange, Judgement, ReviewQueue, begin_review, judge
from wellhead.watch.design import Design

LEAST = Least(0.5, 0.05)


def sampled(flagged, truth, drawn, labelled=None) -> list[Sampled]:
    """The counts of observations in arrays; all that are drawn are labelled, or `labelled`."""
    known = drawn if labelled is None else drawn & labelled
    cells = []
    for word, probability in ((True, LEAST.flagged), (False, LEAST.others)):
        mine = flagged == word
        counts = [(mine & known & ~truth), (mine & known & truth), (mine & drawn & ~known)]
        cells.append(Sampled(word, probability, int(mine.sum()), *(int(c.sum()) for c in counts)))
    return cells


def drawn_from(rng, rates: np.ndarray, sensitivity: float, false_alarms: float):
    n = rates.size
    truth = rng.random(n) < rates
    flagged = np.where(truth, rng.random(n) < sensitivity, rng.random(n) < false_alarms)
    drawn = rng.random(n) < np.where(flagged, *LEAST)
    return flagged, truth, drawn


@pytest.mark.parametrize(
    ("sensitivity", "false_alarms"), [(0.9, 0.01), (0.3, 0.001), (0.5, 0.5), (0.1, 0.6)]
)
def test_the_corrected_rate_is_never_missed_at_any_look_however_bad_the_judge(
    sensitivity, false_alarms
):
    n, trials, missed = 4000, 40, 0
    rates = 0.04 + 0.03 * np.sin(np.arange(n) / 300)
    average = np.cumsum(rates) / np.arange(1, n + 1)
    rng = np.random.default_rng(int(100 * sensitivity))
    for _ in range(trials):
        flagged, truth, drawn = drawn_from(rng, rates, sensitivity, false_alarms)
        looks = np.geomspace(20, n, 12).astype(int)
        missed += not all(
            labelled_rate(sampled(flagged[:m], truth[:m], drawn[:m]), LEAST).covers(average[m - 1])
            for m in looks
        )
    # 5 % are allowed; 40 trials at 5 % exceed 5 with probability 1.4 %.
    assert missed <= 5


@pytest.mark.parametrize(
    ("rate", "recall", "false_alarms", "canaries"),
    [(0.01, 0.8, 0.01, 200), (0.05, 0.6, 0.02, 400), (0.2, 0.7, 0.1, 400)],
)
def test_canaries_take_the_judges_errors_out_at_one_look_and_at_every_look(
    rate, recall, false_alarms, canaries
):
    rng, trials = np.random.default_rng(31), 250
    flags = rate * recall + (1 - rate) * false_alarms
    counts = [
        [(int(k), n) for k, n in zip(rng.binomial(of, p), of, strict=True)]
        for of, p in (
            (np.full(trials, 8000), flags),
            (np.full(trials, canaries), recall),
            (np.full(trials, canaries), false_alarms),
        )
    ]
    once = [corrected_once(*each).covers(rate) for each in zip(*counts, strict=True)]
    assert 0.92 <= np.mean(once) <= 0.985  # 93 to 98 %, within the error of 250 trials
    for _ in range(25):
        seen = rng.random(8000) < flags
        caught, cried = rng.random(canaries) < recall, rng.random(canaries) < false_alarms
        for part in (0.1, 0.5, 1.0):
            looks = [each[: int(part * each.size)] for each in (seen, caught, cried)]
            found = corrected_rate(*[(int(each.sum()), each.size) for each in looks])
            assert found.covers(rate)


def test_labels_that_come_late_or_never_cannot_push_the_interval_past_the_truth():
    rng, missed, narrower = np.random.default_rng(4), 0, 0
    for _ in range(40):
        flagged, truth, drawn = drawn_from(rng, np.full(4000, 0.05), 0.7, 0.02)
        # People label what is clean first, and lose half of the violations.
        labelled = ~truth | (rng.random(truth.size) < 0.5)
        part = labelled_rate(sampled(flagged, truth, drawn, labelled), LEAST)
        whole = labelled_rate(sampled(flagged, truth, drawn), LEAST)
        missed += not part.covers(0.05)
        narrower += whole.width < part.width
    assert missed <= 5
    assert narrower == 40


def test_labels_ever_accuse_a_version_that_keeps_the_limit_in_at_most_five_percent():
    rng, accused, caught = np.random.default_rng(5), 0, 0
    for _ in range(60):
        flagged, truth, drawn = drawn_from(rng, np.full(4000, 0.02), 0.7, 0.02)
        looks = [sampled(flagged[:m], truth[:m], drawn[:m]) for m in range(400, 4001, 400)]
        accused += any(labelled_excess(cells, LEAST, 0.02) > np.log(20) for cells in looks)
        caught += labelled_excess(looks[-1], LEAST, 0.005) > np.log(20)
    assert accused <= 7
    assert caught >= 57


def test_a_good_judge_makes_the_interval_narrower_than_labels_alone():
    rng = np.random.default_rng(6)
    flagged, truth, _ = drawn_from(rng, np.full(20_000, 0.1), 0.97, 0.002)
    drawn = rng.random(truth.size) < 0.05
    least = Least(0.05, 0.05)

    def width(word):
        cells = [
            Sampled(w, 0.05, int((word == w).sum()))._replace(
                good=int(((word == w) & drawn & ~truth).sum()),
                bad=int(((word == w) & drawn & truth).sum()),
            )
            for w in (True, False)
        ]
        return labelled_rate(cells, least).width

    assert width(flagged) < 0.75 * width(np.zeros_like(flagged))


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(BadSetting, match="at most 5"):
        labelled_rate([Sampled(True, 0.5, 5, good=6)], LEAST)
    with pytest.raises(BadSetting, match="probability"):
        labelled_rate([Sampled(False, 0.01, 5, good=1)], LEAST)
    assert labelled_rate([], LEAST).width == 1


class Word:
    """A judge that flags what holds a word; another judge flags another word."""

    revision = "1"

    def __init__(self, word: str = "flag") -> None:
        self.name = self.word = word

    def judge(self, exchanges):
        return [
            Judgement(self.word in each.answer, float(self.word in each.answer))
            for each in exchanges
        ]


def log(n=1600, seed=1, rates=(("a", 0.02), ("b", 0.1))):
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(n):
        version, rate = rates[at % len(rates)]
        bad = rng.random() < rate
        flag = rng.random() < (0.7 if bad else 0.02)
        text = f"{'bad' if bad else 'fine'} {'flag' if flag else ''} {at}"
        rows.append({"id": str(at), "text": text, "version": version, "question": f"q{at}"})
    return rows


def label_all(queue: ReviewQueue, rater: str = "ann") -> None:
    documents = queue.documents
    for place in queue.order_for(rater):
        document = documents[place]
        said = "violation" if "bad" in document.text else "clean"
        queue.give(Given(rater, document.id, said, ""))


def test_labels_correct_the_rates_of_each_version_and_tell_what_the_judge_misses(tmp_path):
    queue = begin_review(tmp_path / "review", Design(flagged=1, others=0.15), seed=1)
    before = judge(log(), Word(), review=queue)
    assert before.review.labels == 0
    assert before.review.open == before.review.drawn > 150
    label_all(queue)
    found = judge(log(), Word(), review=queue, limit=0.03)
    rates = {rate.name: rate for rate in found.versions}
    assert rates["a"].labelled.interval.covers(0.02)
    assert rates["b"].labelled.interval.covers(0.1)
    assert rates["b"].labelled.once.covers(0.1)
    assert rates["b"].labelled.once.width < rates["b"].labelled.interval.width
    assert rates["b"].labelled.over
    assert not rates["a"].labelled.over
    assert found.review.recall.covers(0.7)
    # 6 % are violations, 70 % of them flagged, beside 2 % of the others.
    assert found.review.precision.covers(0.69)
    assert found.review.drawn == before.review.drawn
    html = found.page().to_html()
    assert "errors are taken out" in html
    assert "by people&#39;s labels, at all times" in html or "by people's labels" in html


def test_a_log_that_has_grown_draws_what_is_new_and_keeps_what_was_drawn(tmp_path):
    queue = begin_review(tmp_path / "review", seed=5)
    judge(log()[:1000], Word(), review=queue)
    first = queue.drawn()
    judge(log(), Word(), review=queue)
    assert list(queue.drawn())[: len(first)] == list(first)
    assert len(queue.drawn()) > len(first)


def test_the_same_text_many_times_is_drawn_as_many_exchanges(tmp_path):
    queue = begin_review(tmp_path / "review", Design(flagged=1, others=0.5), seed=2)
    judge(["the same text"] * 200, Word(), review=queue)
    assert 60 < len(queue.drawn()) < 140


def test_another_judge_uses_the_labels_that_are_there(tmp_path):
    queue = begin_review(tmp_path / "review", Design(flagged=0.5, others=0.3), seed=3)
    judge(log(), Word(), review=queue)
    label_all(queue)
    found = judge(log(), Word("bad"), review=queue)
    assert found.review.labels > 150
    assert {
        rate.name: rate.labelled.interval.covers(true)
        for rate, true in zip(found.versions, (0.02, 0.1), strict=True)
    } == {"a": True, "b": True}


def test_nobody_without_the_secret_can_tell_who_is_drawn_and_the_draw_never_changes(tmp_path):
    one, two = (begin_review(tmp_path / name, Design(0.5, 0.5)) for name in "ab")
    for queue in (one, two):
        judge(log(400), Word(), review=queue)
    assert set(one.drawn()) != set(two.drawn())
    assert (tmp_path / "a" / "review.json").stat().st_mode & 0o077 == 0
    with pytest.raises(BadSetting, match="cannot change"):
        begin_review(tmp_path / "a", Design(0.5, 0.4))
    with pytest.raises(BadSetting, match="above 0"):
        Design(others=0)
    with pytest.raises(BadInput, match="no review queue"):
        ReviewQueue(tmp_path)


def test_a_second_person_labels_what_the_first_one_and_the_judge_see_differently(tmp_path):
    queue = begin_review(tmp_path / "review", Design(1, 1), seed=4)
    answers = [("0", "flag and bad"), ("1", "flag and fine"), ("2", "bad"), ("3", "fine")]
    answers += [(str(n), "fine") for n in range(4, 60)]
    exchanges = [Exchange(id, text, "q") for id, text in answers]
    queue.offer(zip(exchanges, Word().judge(exchanges), strict=True), "word@1")
    label_all(queue, "ann")
    assert len(queue.order_for("ann")) == 60

    def asked(rater):
        return {queue.documents[place].id for place in queue.order_for(rater)}

    assert {"1", "2"} <= asked("bob")
    # One in ten of the others, so that raters can be compared.
    assert 2 < len(asked("bob")) < 20
    queue.give(Given("bob", "2", "clean", ""))
    assert queue.labels()["2"] == (None, 2)
    assert "2" in asked("cyd")
    queue.give(Given("cyd", "2", "violation", ""))
    assert queue.labels()["2"] == (True, 3)
    assert {pair[:2] for pair in queue.agreement()} == {
        ("ann", "bob"),
        ("ann", "cyd"),
        ("bob", "cyd"),
    }


def test_a_long_queue_is_labelled_as_fast_as_a_short_one(tmp_path):
    client = pytest.importorskip("starlette.testclient")
    queue = begin_review(tmp_path / "review", Design(1, 1), seed=4)
    exchanges = (Exchange(str(n), "word " * 200, "q") for n in range(20_000))
    queue.offer(((each, Judgement(False, 0.0)) for each in exchanges), "word@1")
    page = client.TestClient(application(queue, "s3cret"), base_url="http://127.0.0.1")
    page.get("/s3cret/label?rater=ann")
    began = time.process_time()
    for _ in range(20):
        shown = page.get("/s3cret/label?rater=ann").text
        id = re.search('name="id" value="([0-9]+)"', shown)[1]
        given = {"rater": "ann", "id": id, "label": "clean", "note": "", "at": "0"}
        assert page.post("/s3cret/label", data=given).status_code == 200
    # Reading all texts for each page took seconds a label.
    assert time.process_time() - began < 15
    assert sum(each.violates is False for each in queue.labels().values()) == 20


def test_labels_train_a_judge(tmp_path):
    queue = begin_review(tmp_path / "review", Design(1, 1), seed=4)
    judge(log(100), Word(), review=queue)
    label_all(queue)
    clean, violating = queue.export(tmp_path)
    rows = [json.loads(line) for line in violating.read_text().splitlines()]
    assert rows
    assert all("bad" in row["text"] for row in rows)
    assert len(clean.read_text().splitlines()) + len(rows) == 100


def test_the_page_shows_question_and_answer_and_no_verdict(tmp_path):
    client = pytest.importorskip("starlette.testclient")
    queue = begin_review(tmp_path / "review", Design(1, 1), seed=6)
    exchange = Exchange("1", "<b>flag</b> answer", "what <i>was</i> asked")
    queue.offer([(exchange, Judgement(True, 1.0, ("privacy",), "a number"))], "word@1")
    page = client.TestClient(application(queue, "s3cret"), base_url="http://127.0.0.1")
    assert "drawn at random" in page.get("/s3cret/").text
    shown = page.get("/s3cret/label?rater=ann").text
    assert "Does this answer break the rules?" in shown
    assert "&lt;b&gt;flag&lt;/b&gt; answer" in shown
    assert "what &lt;i&gt;was&lt;/i&gt; asked" in shown
    assert not re.search("privacy|a number|judge found", shown)
    given = {"rater": "ann", "id": "1", "label": "violation", "note": "", "at": "0"}
    assert "Thank you" in page.post("/s3cret/label", data=given).text
    assert queue.labels()["1"].violates is True
    refused = page.post("/s3cret/label", data={**given, "label": "machine"})
    assert refused.status_code == 400
    # Nobody else is asked: the label and the judge agree, and the lot asks for no second one.
    assert "Thank you" in page.get("/s3cret/label?rater=bob").text


def test_the_command_draws_and_corrects(wellhead, tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in log(1000)))
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nname = 'flag'\nwords = ['flag']\n")
    command = ("watch", "judge", path, "--rules", rules, "--review", "review", "--json")
    # Who is drawn is secret and random; how wide an interval is depends on it, so here it is fixed.
    begin_review(tmp_path / "review", Design(others=0.1), seed=6)
    ran = wellhead(*command, "--label-others", "10%")
    assert ran.returncode == 0, ran.stderr
    label_all(ReviewQueue(tmp_path / "review"))
    done = wellhead("watch", "label", "review", "--no-page", "--export", "labelled")
    assert "have a label that counts" in done.stderr
    assert (tmp_path / "labelled" / "violating.jsonl").exists()
    found = json.loads(wellhead(*command).stdout)
    assert found["review"]["open"] == 0
    assert found["versions"][1]["labelled"]["interval"]["high"] < 0.3
    assert wellhead(*command, "--label-others", "20%").returncode == 2
    assert (
        wellhead("watch", "judge", path, "--rules", rules, "--label-others", "1%").returncode == 2
    )


def test_the_command_begins_a_queue_with_all_that_is_flagged_and_some_of_the_others(
    wellhead, tmp_path
):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in log(1000)))
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nname = 'flag'\nwords = ['flag']\n")
    command = ("watch", "judge", path, "--rules", rules, "--review", "review")
    ran = wellhead(*command, "--label-others", "10%")
    assert ran.returncode == 0, ran.stderr
    drawn = {document.id for document in ReviewQueue(tmp_path / "review").documents}
    flagged = {row["id"] for row in log(1000) if "flag" in row["text"]}
    assert flagged < drawn < {row["id"] for row in log(1000)}


def test_a_running_watch_draws_answers_and_no_canary_and_labels_correct_its_rates(tmp_path):
    from tests.watch.running_watch import until, watched_model

    (tmp_path / "bad.txt").write_text("Call 555-0000.\n")
    (tmp_path / "good.txt").write_text("The mill.\n")
    more = (
        "limit = 0.9\n"  # no breaker opens on the way
        "[review]\nfolder = 'review'\nothers = 1.0\n"
        "[canaries]\nbad = 'bad.txt'\ngood = 'good.txt'\nevery = 3\n"
    )
    with watched_model(tmp_path, more) as watch:
        for at in range(30):
            watch.ask(f"{'555-1234 bad' if at % 5 == 0 else 'bad' if at % 5 == 1 else 'fine'} {at}")
        until(lambda: watch.status().versions[0].judged == 30)
        before = watch.status().versions[0].labelled
        assert (before.labels, before.open) == (0, 30)
        label_all(ReviewQueue(tmp_path / "review"))
        after = watch.status().versions[0]
    assert (after.labelled.labels, after.labelled.open) == (30, 0)
    # Six are flagged and six more are bad: people see twelve of thirty.
    assert after.flagged == 6
    assert after.true.point == pytest.approx(0.4)
    assert after.true.covers(0.4)
    assert "The review queue" in watch.status().page().to_html()


def test_canaries_in_a_log_take_out_the_errors_of_the_judge_and_count_towards_no_rate():
    rng = np.random.default_rng(7)
    rows = [{**row, "canary": ""} for row in log(4000, rates=(("a", 0.1),))]
    for at in range(600):
        bad = at % 2 == 0
        flag = rng.random() < (0.7 if bad else 0.02)
        text = f"canary {'flag' if flag else ''} {at}"
        told = "bad" if bad else "good"
        rows.append({"id": f"c{at}", "text": text, "version": "a", "question": "", "canary": told})
    found = judge(rows, Word(), known_column="canary")
    assert (found.n, found.canaries.bad, found.canaries.good) == (4000, 300, 300)
    assert found.canaries.recall.covers(0.7)
    (rate,) = found.versions
    assert rate.corrected.covers(0.1)
    assert rate.best == rate.corrected
    assert rate.corrected_once.covers(0.1)
    assert rate.corrected_once.width < 0.7 * rate.corrected.width
    page = found.page().to_markdown()
    assert "without its errors, at all times" in page
    assert "Of 300 bad canaries it flags" in page
    with pytest.raises(BadInput, match="bad, good or nothing"):
        judge([{**rows[0], "canary": "maybe"}], Word(), known_column="canary")
