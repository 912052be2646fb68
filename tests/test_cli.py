"""The command line as a whole: version, help, usage errors."""

import pytest

import wellhead as package


def test_version_is_printed(wellhead):
    assert wellhead("--version").stdout.strip() == f"wellhead {package.__version__}"


def test_an_unknown_verb_is_a_usage_error(wellhead):
    done = wellhead("asay")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_is_told_in_one_line(wellhead, tmp_path):
    (tmp_path / "taken").write_text("a file where a folder is wanted")
    done = wellhead("plan", "--width", "0.5", "--documents", "20", "--out", "taken/plan.html")
    assert done.returncode == 5
    assert done.stderr.startswith("wellhead: taken")
    assert len(done.stderr.splitlines()) == 1


def test_a_wanted_width_may_be_a_percentage_and_a_bad_one_is_named_with_its_flag(wellhead):
    small = ("--answers", "100", "--warm-ups", "50", "--audits", "0", "--repeats", "5", "--json")
    by_percent = wellhead("plan", "study", "--width", "30%", *small)
    assert by_percent.returncode == 0, by_percent.stderr
    assert by_percent.stdout == wellhead("plan", "study", "--width", "0.3", *small).stdout
    wrong = wellhead("plan", "--width", "wide")
    assert wrong.returncode == 2
    assert "--width" in wrong.stderr


def test_an_option_that_is_given_twice_is_an_error(wellhead):
    done = wellhead("plan", "--width", "0.1", "--width", "0.2")
    assert done.returncode == 2
    assert "--width was given 2 times" in done.stderr


def test_a_terminal_without_curly_quotes_gets_plain_ones(wellhead):
    done = wellhead("plan", "--width", "“wide”", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2
    assert "UnicodeEncodeError" not in done.stderr
    assert '"wide"' in done.stderr or '"wide"' in done.stderr


def test_where_results_go_is_checked_before_the_work(wellhead, tmp_path):
    (tmp_path / "texts.jsonl").write_text("kept\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "card.json").write_text("{}")
    page = wellhead("plan", "--width", "10%", "--out", "texts.jsonl")
    folder = wellhead("assay", "absent.jsonl", "--out", "texts.jsonl")
    detector = wellhead("detector", "train", "--human", "a", "--machine", "b", "--out", "mine")
    for done in (page, folder, detector):
        assert done.returncode == 2
        assert "--out" in done.stderr
    assert (tmp_path / "texts.jsonl").read_text() == "kept\n"


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--width", "10%", "--out", "page.html"),
        ("plan", "study", "--width", "10%", "--out", "page.html"),
        ("watch", "status", "WATCH.toml", "--out", "page.html"),
        ("watch", "report", "WATCH.toml", "--out", "page.html"),
        ("watch", "judge", "absent.jsonl", "--out", "page.html"),
        ("lineage", "show", "absent", "--out", "page.html"),
        ("lineage", "verify", "absent", "--out", "page.html"),
        ("lineage", "sign", "absent", "--key", "absent", "--out", "head.json"),
        ("lineage", "export", "absent", "name", "--out", "head.json"),
        ("forecast", "absent.txt", "--html", "page.html"),
        ("collapse", "report", "absent", "--out", "page.html"),
        ("assay", "absent.jsonl", "--out", "mine"),
        ("curate", "absent.jsonl", "--assay", "mine", "--out", "mine"),
        ("study", "absent.csv", "--out", "mine"),
        ("demo", "--out", "mine"),
        ("collect", "export", "absent.toml", "--out", "mine"),
        ("collect", "import", "absent.csv", "--out", "mine"),
        ("collect", "pay", "absent.toml", "--out", "mine"),
        ("collect", "tokens", "absent.toml", "--count", "1", "--out", "head.json"),
    ],
    ids=" ".join,
)
def test_what_an_earlier_run_wrote_is_kept_and_the_way_out_is_told(wellhead, tmp_path, words):
    earlier = {
        *("page.html", "head.json", "mine/report.html", "mine/assay.json", "mine/plan.html"),
        *("mine/study.html", "mine/answers.parquet", "mine/answers.csv"),
    }
    (tmp_path / "mine").mkdir()
    for name in earlier:
        (tmp_path / name).write_text("of before")
    done = wellhead(*words)
    assert done.returncode == 2, done.stderr
    assert "--replace" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert all((tmp_path / name).read_text() == "of before" for name in earlier)


def test_what_may_be_replaced_is(wellhead, tmp_path):
    (tmp_path / "page.html").write_text("of before")
    small = ("--answers", "100", "--warm-ups", "50", "--audits", "0", "--repeats", "5")
    words = ("plan", "study", "--width", "30%", *small, "--out", "page.html")
    done = wellhead(*words, "--replace")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page.html").read_text() != "of before"


def test_a_folder_with_other_things_in_it_is_no_report_of_before(wellhead, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    done = wellhead("assay", "absent.jsonl", "--out", ".")
    assert "absent.jsonl: no such file" in done.stderr
