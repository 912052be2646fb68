"""Answers leave the database and foreign recordings come in."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from collect_helpers import Clock, Writer

from wellhead.collect.answers import load_records, settle
from wellhead.collect.export import export_study
from wellhead.collect.importers import read_import
from wellhead.collect.importers.gpturk import judge, read_log
from wellhead.collect.server.host import Host
from wellhead.collect.store.erasure import expire
from wellhead.collect.verify import verify_study
from wellhead.consensus import evidence
from wellhead.errors import BadInput

MakeWriter = Callable[..., Writer]
FOREIGN = "A vibrant tapestry of cherished memories, standing as a testament to the spirit of it."


@pytest.fixture
def filled(host: Host, writer: MakeWriter, clock: Clock) -> Host:
    """Three answers: typed, pasted, and one whose recording is missing."""
    writer(query="?worker=a").write("Typed by hand, word by word.\nWith 😀.")
    clock.now += 10
    pasted = writer(query="?worker=b")
    pasted.start()
    pasted.pen.paste(FOREIGN)
    pasted.send()
    pasted.submit()
    clock.now += 10
    lost = writer(query="?worker=c")
    lost.start()
    lost.pen.type("Nobody saw this.")
    lost.pen.batch(lost.sid, lost.receipt)
    lost.submit()
    settle(host.store, host.studies["demo"], host.keys["demo"], now_ms=host.now_ms)
    return host


def test_provenance_in_parquet_sums_to_the_text(filled: Host, tmp_path: Path) -> None:
    """Run lengths and shares account for every character."""
    export_study(filled.store, filled.studies["demo"], "parquet", tmp_path)
    rows = pq.read_table(tmp_path / "answers.parquet").to_pylist()
    assert [row["outcome"] for row in rows] == ["typed", "pasted_outside", "incomplete_log"]
    for row in rows:
        assert sum(run["length"] for run in row["provenance"]) == len(row["text"])
        assert sum(part["share"] for part in row["shares"]) == pytest.approx(1.0)
        assert row["chain_ok"] is True
    assert pq.read_table(tmp_path / "events.parquet").num_rows > 50


def test_what_was_pasted_and_taken_back_is_told_apart_from_what_stayed(
    host: Host, writer: MakeWriter, tmp_path: Path
) -> None:
    """Each paste with how much of it is left; the typing's score with the keys it rests on."""
    alice = writer()
    alice.start()
    alice.pen.paste(FOREIGN)
    alice.pen.erase(len(FOREIGN) - 10)
    alice.pen.type("and then in my own words " * 3)
    alice.send()
    alice.submit()
    settle(host.store, host.studies["demo"], host.keys["demo"], now_ms=host.now_ms)
    for format in ("parquet", "csv"):
        export_study(host.store, host.studies["demo"], format, tmp_path)
    (row,) = pq.read_table(tmp_path / "answers.parquet").to_pylist()
    (paste,) = row["pastes"]
    assert (paste["length"], paste["kept"]) == (len(FOREIGN), 10)
    assert row["transcription"]["keys"] == 75 + len(FOREIGN) - 10
    with (tmp_path / "answers.csv").open(encoding="utf-8-sig", newline="") as stream:
        (cells,) = csv.DictReader(stream)
    assert json.loads(cells["transcription"]) == row["transcription"]


def test_times_leave_in_steps_of_ten_milliseconds(filled: Host, tmp_path: Path) -> None:
    """Fine timing is a fingerprint; it stays here."""
    export_study(filled.store, filled.studies["demo"], "parquet", tmp_path)
    times = pq.read_table(tmp_path / "events.parquet")["ms"].to_pylist()
    assert all(time % 10 == 0 for time in times)


def test_no_platform_id_leaves(filled: Host, tmp_path: Path) -> None:
    """Pseudonyms only, in every format."""
    worker = filled.keys["demo"].pseudonym("link", "a")
    for format in ("csv", "parquet", "huggingface", "idfx", "evidence"):
        export_study(filled.store, filled.studies["demo"], format, tmp_path / format)
    rows = pq.read_table(tmp_path / "parquet" / "answers.parquet").to_pylist()
    assert {row["worker"] for row in rows} > {worker}
    with (tmp_path / "csv" / "answers.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["worker"] for row in csv.DictReader(stream)} > {worker}


def test_the_dataset_folder_loads_with_its_card(filled: Host, tmp_path: Path) -> None:
    """`load_dataset` reads the folder as it is."""
    from datasets import load_dataset

    export_study(filled.store, filled.studies["demo"], "huggingface", tmp_path / "out")
    cache = str(tmp_path / "cache")
    loaded = load_dataset(str(tmp_path / "out"), "answers", split="train", cache_dir=cache)
    assert loaded.num_rows == 3
    card = (tmp_path / "out" / "README.md").read_text()
    assert "3 texts by 3 writers" in card
    assert "| incomplete log | 1 | 33 % |" in card


def test_a_recording_that_is_missing_is_no_evidence(filled: Host, tmp_path: Path) -> None:
    """What was not observed has no value, so that silence is not read as innocence."""
    export_study(filled.store, filled.studies["demo"], "evidence", tmp_path)
    rows = evidence.read(tmp_path / "evidence.parquet").to_pylist()
    assert [row["value"] for row in rows] == [0.0, 1.0, None]
    assert rows[2]["outcome"] == evidence.NOT_OBSERVABLE
    assert {row["method"] for row in rows} == {"process"}


def test_idfx_comes_back_as_the_same_text(filled: Host, tmp_path: Path) -> None:
    """What we write as IDFX we read as the text that was handed in."""
    files = export_study(filled.store, filled.studies["demo"], "idfx", tmp_path)
    (typed,) = read_import(files[0], "idfx")
    assert typed.text == "Typed by hand, word by word.\nWith 😀."
    (pasted,) = read_import(files[1], "idfx")
    assert (pasted.text, pasted.outcome) == (FOREIGN, "unobservable")


def test_idfx_counts_an_emoji_as_the_two_units_that_word_and_browsers_count(
    host: Host, writer: MakeWriter, tmp_path: Path
) -> None:
    """Written behind one, over one and in front of one: read anew it is the same text."""
    ann = writer()
    ann.start()
    ann.pen.type("Sheep 😀🐑")
    ann.pen.erase(1)
    ann.pen.type("! And 🚢 sailed")
    ann.pen.erase(9)
    ann.pen.type("⛵🐑.")
    ann.send()
    ann.submit()
    settle(host.store, host.studies["demo"], host.keys["demo"], now_ms=host.now_ms)
    (log,) = export_study(host.store, host.studies["demo"], "idfx", tmp_path)
    (read,) = read_import(log, "idfx")
    assert read.text == ann.pen.text == "Sheep 😀! And⛵🐑."
    assert log.read_text().count("<value>🐑</value>") == 1


def test_idfx_erases_an_emoji_with_one_key(tmp_path: Path) -> None:
    """From behind and from in front, wherever a logger puts its half."""
    part = '<event type="keyboard"><part type="wordlog"><position>{}</position></part>'
    part += '<part type="winlog"><startTime>{}</startTime><key>{}</key><value>{}</value></part>'
    keys = [(0, "VK_A", "a"), (1, "VK_PACKET", "😀"), (3, "VK_PACKET", "🐑"), (5, "VK_B", "b")]
    keys += [(5, "VK_BACK", ""), (1, "VK_DELETE", ""), (2, "VK_C", "c")]
    events = "".join(
        f"{part.format(position, 100 * number, key, value)}</event>"
        for number, (position, key, value) in enumerate(keys)
    )
    (tmp_path / "x.idfx").write_text(f"<log>{events}</log>", encoding="utf-8")
    (read,) = read_import(tmp_path / "x.idfx", "idfx")
    assert (read.text, read.outcome) == ("abc", "typed")


BOMB = '<?xml version="1.0"?>{}<!DOCTYPE l [<!ENTITY a "aaaa">]><log><event>&a;</event></log>'


@pytest.mark.parametrize(
    "raw",
    [
        BOMB.format("").encode(),
        BOMB.format("<!--" + "x" * 10_000 + "-->").encode(),
        BOMB.format("").encode("utf-16"),
    ],
    ids=["at the start", "behind a long comment", "in another encoding"],
)
def test_idfx_with_entities_is_refused(tmp_path: Path, raw: bytes) -> None:
    """No document of a stranger expands anything, wherever it hides the declaration."""
    (tmp_path / "x.idfx").write_bytes(raw)
    with pytest.raises(BadInput, match="entities"):
        list(read_import(tmp_path / "x.idfx", "idfx"))


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("x.json", "recordings"),
        ("x.jsonl", "recordings"),
        ("x.csv", "recordings"),
        ("x.idfx", "idfx"),
        ("x.csv", "gpturk"),
    ],
)
def test_a_foreign_file_without_end_or_bottom_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, format: str
) -> None:
    """Neither its size nor its depth nor a compressed disguise gets it read whole."""
    import gzip

    from wellhead.collect.importers import bounds, idfx, recordings

    path = tmp_path / name
    header = "Answer.taskAnswers,Input.texts\n" if format == "gpturk" else "a,b\n"
    deep = '{"recorder": "wellhead", "x": ' + "[" * 200_000
    for content in (deep.encode(), gzip.compress(b" " * 1_000_000), b"\xff\xfe\x00"):
        path.write_bytes(header.encode() + content if name.endswith("csv") else content)
        with pytest.raises(BadInput):
            list(read_import(path, format))
    if name.endswith("csv"):
        path.write_text(header + '"' + "x" * (bounds.LARGEST_CELL + 1) + '",y\n')
    else:
        small = partial(bounds.read_bounded, most=1_000)
        for module in (idfx, recordings):
            monkeypatch.setattr(module, "read_bounded", small)
        path.write_text("x" * 1_001)
    with pytest.raises(BadInput, match="larger"):
        list(read_import(path, format))


@pytest.mark.parametrize("shape", ["jspsych.json", "qualtrics.csv", "lines.jsonl"])
def test_recordings_in_other_tools_exports_are_derived(
    command,
    writer: MakeWriter,
    tmp_path: Path,
    shape: str,  # type: ignore[no-untyped-def]
) -> None:
    """A column with the recorder's data is enough."""
    alice = writer()
    alice.start()
    alice.pen.paste(FOREIGN)
    body = alice.pen.batch("form", "0" * 64).body
    recording = json.dumps(
        {"v": 1, "recorder": "wellhead", "level": "process", "bodies": [body], "text": FOREIGN}
    )
    row = {"ResponseId": "R_1", "recording": recording, "other": "x"}
    path = tmp_path / shape
    if path.suffix == ".csv":
        with path.open("w", newline="") as stream:
            table = csv.DictWriter(stream, row)
            table.writeheader()
            table.writerows([{**row, "ResponseId": "text row"} | {"recording": "label"}, row])
    elif path.suffix == ".json":
        path.write_text(json.dumps([{"trial_type": "consent"}, row]))
    else:
        path.write_text(json.dumps(row) + "\n")
    finished = command("collect", "import", path, "--out", tmp_path / "out", "--json")
    assert json.loads(finished.stdout)["outcomes"] == {"pasted_outside": 1}
    assert evidence.read(tmp_path / "out" / "evidence.parquet")["id"].to_pylist() == ["R_1"]


def test_the_crowd_studys_logs_give_its_findings(data: Path) -> None:
    """48 answers, 19 with foreign text, 15 of them round trips, 5 typed only."""
    batch = data / "gpturk" / "Batch_5083843_batch_results.csv"
    answers = list(read_import(batch, "gpturk"))
    foreign = [answer for answer in answers if "foreign_paste" in answer.flags]
    assert len(answers) == 48
    assert len(foreign) == 19
    assert sum("round_trip" in answer.flags for answer in foreign) == 15
    assert Counter(answer.outcome for answer in answers)["typed"] == 5


@pytest.mark.parametrize("name", ["", "2", "3"])
def test_the_crowd_studys_logs_agree_with_its_detector(data: Path, name: str) -> None:
    """Between 83 and 87 percent, whichever prediction file."""
    folder = data / "gpturk"
    answers = read_import(folder / "Batch_5083843_batch_results.csv", "gpturk")
    known = {(answer.task, answer.text.strip()): answer for answer in answers}
    file = folder / f"processed_responses_with_predictions{name}.csv"
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    same = [
        (known[row["HITId"], row["text"].strip()].outcome == "pasted_outside")
        == (row["predicted"] == "synthetic")
        for row in rows
    ]
    assert 0.825 <= sum(same) / len(same) <= 0.875


def test_a_log_that_is_code_is_not_run(tmp_path: Path) -> None:
    """The field that the study's own script evaluated is parsed as JSON and nothing else."""
    marker = tmp_path / "ran"
    log = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    answers = json.dumps([{"summary": "x", "log_of_what_they_did": log}])
    path = tmp_path / "batch.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([["Answer.taskAnswers", "Input.texts"], [answers, "y"]])
    with pytest.raises(BadInput, match="not the JSON"):
        list(read_import(path, "gpturk"))
    assert not marker.exists()


def test_a_keyless_answer_without_a_paste_is_not_called_typed() -> None:
    """Drag and drop and phones leave no keys; the log cannot tell."""
    log = read_log('[["key", "Unidentified", "t"]]')
    assert judge("some words that appeared", "another text", log, id="a").outcome == "unobservable"


def test_retention_forgets_events_and_keeps_answers_verifiable(filled: Host, clock: Clock) -> None:
    """After its time the recording is gone, its result and its chain stay."""
    clock.now += 366 * 86_400
    keys = filled.keys["demo"]
    touched = filled.store.write(
        lambda c: expire(c, "demo", days=365, actor="test", now_ms=filled.now_ms)
    )
    assert touched == 3
    records = filled.store.read(lambda c: list(load_records(c, "demo")))
    assert [record.outcome for record in records][:2] == ["typed", "pasted_outside"]
    assert filled.store.read(lambda c: verify_study(c, filled.studies["demo"], keys).breaks) == []
    path = filled.studies["demo"].database_url.removeprefix("sqlite:///")
    filled.store.close()
    assert b"insertText" not in Path(path).read_bytes()


def test_the_level_summary_keeps_no_events(host: Host, writer: MakeWriter, clock: Clock) -> None:
    """Once the answer is derived and late batches are over, only the result is left."""
    study = host.studies["demo"]
    level = replace(study, writing=replace(study.writing, privacy="summary"))
    host.studies["demo"] = level
    alice = writer()
    alice.write("Nothing but the answer.")
    settle(host.store, level, host.keys["demo"], now_ms=host.now_ms)
    clock.now += 31 * 60
    settle(host.store, level, host.keys["demo"], now_ms=host.now_ms)
    result = host.store.read(lambda c: verify_study(c, level, host.keys["demo"]))
    assert (result.breaks, result.conclusions) == ([], 0)
    assert any("summary" in words for words in result.not_covered)
    (record,) = host.store.read(lambda c: list(load_records(c, "demo")))
    assert record.outcome == "typed"
    path = study.database_url.removeprefix("sqlite:///")
    host.store.close()
    assert b"insertText" not in Path(path).read_bytes()
