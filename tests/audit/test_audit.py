"""An audit by people: drawn once, labelled blind in a browser, never lost, and used as it is."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

import wellhead
from wellhead.audit import AuditFolder, begin, read_audit
from wellhead.audit.labelling import Given
from wellhead.audit.server import application
from wellhead.errors import BadInput, BadSetting

TEXTS = [
    f"Text number {i} tells of mill {i % 7} and of the people who went there." for i in range(90)
]


@pytest.fixture
def corpus(tmp_path) -> Path:
    path = tmp_path / "corpus.jsonl"
    rows = [{"id": f"d{i}", "text": text, "task": "ab"[i % 2]} for i, text in enumerate(TEXTS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]))
    return path


class Running(NamedTuple):
    process: subprocess.Popen[str]
    address: str


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "wellhead", "audit", *arguments]
    environment = os.environ | {"BROWSER": "true"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    found = re.search(r"http://\S+", process.stderr.readline())
    assert found
    try:
        yield Running(process, found.group())
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)


def enter(page, address: str, rater: str) -> None:
    page.goto(address)
    page.get_by_label("Your name").fill(rater)
    page.keyboard.press("Enter")
    page.locator("#text").wait_for()


def press(page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


@pytest.mark.browser
def test_fifty_labels_by_keyboard_survive_a_reload_and_a_killed_server(corpus, tmp_path, chromium):
    out = tmp_path / "audit"
    page = chromium.new_page()
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text))
    with running(str(corpus), "--n", "50", "-o", str(out)) as first:
        enter(page, first.address, "Ada")
        for _ in range(20):
            press(page, "1")
        page.reload()
        assert "20 labelled" in page.inner_text("main")
        first.process.kill()
        first.process.wait()
    with running("-o", str(out)) as second:
        enter(page, second.address, "Ada")
        assert "20 labelled" in page.inner_text("main")
        for _ in range(30):
            press(page, "2")
        assert "All 50 documents are labelled" in page.inner_text("main")
    result = read_audit(out)
    assert (result.raters[0].human, result.raters[0].machine, result.open) == (20, 30, 0)
    assert len((out / "labels.jsonl").read_text().splitlines()) == 50
    assert broken == []


@pytest.mark.browser
def test_two_raters_see_other_orders_and_are_compared(corpus, tmp_path, chromium):
    out = tmp_path / "audit"
    orders = {}
    with running(str(corpus), "--n", "12", "-o", str(out)) as server:
        for rater, keys in (("Ada", "112211221122"), ("Ben", "111111111113")):
            page = chromium.new_page()
            enter(page, server.address, rater)
            orders[rater] = []
            for key in keys:
                orders[rater].append(page.inner_text("#text"))
                press(page, key)
    assert sorted(orders["Ada"]) == sorted(orders["Ben"])
    assert orders["Ada"] != orders["Ben"]
    (pair,) = read_audit(out).agreement
    assert (pair.first, pair.second, pair.both) == ("Ada", "Ben", 11)
    joined = wellhead.joint(out / "evidence.parquet")
    assert {method.name for method in joined.methods} == {"Ada", "Ben"}


@pytest.mark.browser
def test_the_page_fits_a_phone_and_a_label_can_be_changed(corpus, tmp_path, chromium):
    out = tmp_path / "audit"
    with running(str(corpus), "--n", "3", "-o", str(out)) as server:
        page = chromium.new_page(viewport={"width": 390, "height": 700})
        enter(page, server.address, "Ada")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_label("Note").fill("she told me")
        page.get_by_role("button", name="A machine").click()
        page.get_by_role("link", name="Back").click()
        assert page.get_by_label("Note").input_value() == "she told me"
        page.get_by_role("button", name="A person").click()
    result = read_audit(out)
    assert (result.raters[0].human, result.raters[0].machine) == (1, 0)


def test_a_text_cannot_act_on_the_page_that_shows_it(tmp_path):
    texts = [f"<script>alert({i})</script> <img src=x onerror=alert(1)>" for i in range(12)]
    audit = begin(tmp_path / "audit", texts, n=5)
    client = TestClient(application(audit, "secret"))
    shown = client.get("/secret/label?rater=Ada")
    assert "<script>alert" not in shown.text
    assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", shown.text)
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_nobody_labels_without_the_secret_or_with_nonsense(tmp_path):
    audit = begin(tmp_path / "audit", TEXTS, n=5)
    client = TestClient(application(audit, "secret"))
    good = {"rater": "Ada", "id": audit.documents[0].id, "label": "human", "note": "", "at": "0"}
    assert client.post("/guess/label", data=good).status_code == 404
    for bad in ({"label": "robot"}, {"id": "elsewhere"}, {"rater": ""}, {"rater": "x" * 200}):
        assert client.post("/secret/label", data=good | bad).status_code == 400
    assert client.post("/secret/label", data=good | {"note": "x" * 200_000}).status_code == 413
    assert client.get("/secret/label?rater=Ada&at=-1").status_code == 200
    assert audit.given() == []


def test_a_page_shows_no_score(corpus, tmp_path):
    audit = begin(tmp_path / "audit", corpus, n=20)
    shown = TestClient(application(audit, "s")).get("/s/label?rater=Ada").text
    assert "probab" not in shown
    assert "score" not in shown


def test_the_labels_give_an_audited_assay(corpus, tmp_path):
    audit = begin(tmp_path / "audit", corpus, n=40)
    for number, document in enumerate(audit.documents):
        audit.give(Given("Ada", document.id, "machine" if number % 4 == 0 else "human", ""))
    saved = read_audit(audit).save(tmp_path / "audit")
    result = wellhead.assay(corpus, labels=saved["labels"])
    assert result.method == "audited"
    assert result.share.covers(0.25)


def test_an_active_draw_takes_the_assays_probabilities_and_keeps_its_own(corpus, tmp_path):
    found = wellhead.assay(corpus, human=[f"A person wrote line {i} here." for i in range(60)])
    found.save(tmp_path / "report")
    audit = begin(tmp_path / "audit", corpus, n=30, way="active", assay=tmp_path / "report")
    drawn = [document.probability for document in audit.documents]
    assert all(0 < probability <= 1 for probability in drawn)
    with pytest.raises(BadSetting, match="needs an assay"):
        begin(tmp_path / "other", corpus, n=30, way="active")
    with pytest.raises(BadInput, match="of another corpus"):
        begin(tmp_path / "third", TEXTS[:20], n=9, way="active", assay=tmp_path / "report")


def test_repeated_texts_are_drawn_once(corpus, tmp_path):
    audit = begin(tmp_path / "audit", corpus, n=90)
    assert len({document.text for document in audit.documents}) == audit.design.size == 90


def test_another_draw_never_replaces_one_that_was_begun(corpus, tmp_path):
    begin(tmp_path / "audit", corpus, n=10)
    assert begin(tmp_path / "audit", corpus, n=10).design.n == 10
    with pytest.raises(BadSetting, match="holds another audit"):
        begin(tmp_path / "audit", corpus, n=12)
    with pytest.raises(BadInput, match="no audit here"):
        AuditFolder(tmp_path)


def test_raters_who_are_split_leave_a_document_undecided(tmp_path):
    audit = begin(tmp_path / "audit", TEXTS, n=2)
    first, second = (document.id for document in audit.documents)
    for rater, label in (("Ada", "human"), ("Ben", "machine"), ("Cy", "unsure")):
        audit.give(Given(rater, first, label, ""))
        audit.give(Given(rater, second, "machine", ""))
    result = read_audit(audit)
    assert [label.id for label in result.labels] == [second]
    assert result.unsure == 1


def test_a_label_counts_by_the_inverse_of_its_probability(corpus):
    rows = [
        {"id": f"d{i}", "label": "machine" if i < 20 else "human", "probability": chance}
        for i, chance in enumerate([0.8] * 20 + [0.2] * 20)
    ]
    weighed = wellhead.assay(corpus, labels=pa.Table.from_pylist(rows).to_reader())
    alike = wellhead.assay(corpus, labels=pa.Table.from_pylist(rows).drop(["probability"]))
    # 20 / .8 machine texts stand for 25, 20 / .2 human ones for 100.
    assert weighed.share.point == pytest.approx(0.2, abs=0.08)
    assert alike.share.covers(0.5)
    assert not weighed.share.covers(0.5)


def test_a_probability_that_cannot_be_is_refused(corpus):
    rows = [{"id": f"d{i}", "label": "human", "probability": 1.5} for i in range(20)]
    with pytest.raises(BadInput, match=r"1\.5 of document 'd0' is not above 0"):
        wellhead.assay(corpus, labels=pa.Table.from_pylist(rows))


def test_a_broken_file_of_labels_is_named_and_nothing_is_lost(corpus, tmp_path):
    audit = begin(tmp_path / "audit", corpus, n=5)
    kept = tmp_path / "audit" / "given.sqlite"
    kept.write_bytes(b"junk")
    with pytest.raises(BadInput, match=r"given\.sqlite: the labels given cannot be read"):
        AuditFolder(audit.folder)
    assert kept.read_bytes() == b"junk"
