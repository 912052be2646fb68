"""The command line as a whole: version, help, usage errors."""

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
    assert done.returncode == 1
    assert done.stderr.startswith("wellhead: taken")
    assert len(done.stderr.splitlines()) == 1
