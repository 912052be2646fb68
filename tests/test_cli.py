"""The command line as a whole: version, help, usage errors."""

import wellhead as package


def test_version_is_printed(wellhead):
    assert wellhead("--version").stdout.strip() == f"wellhead {package.__version__}"


def test_an_unknown_verb_is_a_usage_error(wellhead):
    done = wellhead("asay")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
