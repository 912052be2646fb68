"""The figures in the pages of presets come from one script, which runs here at a small setting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "benchmarks" / "preset_figures.py"


def figures(*told: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(SCRIPT), "--workers", "1", *map(str, told)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


def test_every_page_has_the_rows_and_columns_that_its_preset_gives_today():
    pytest.importorskip("numba")
    done = figures("--small", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_whose_preset_has_changed_is_named_as_stale_and_written_anew(tmp_path):
    page = (ROOT / "docs" / "presets" / "gerstgrasser.md").read_text(encoding="utf-8")
    assert "| accumulate, fresh inputs |" in page
    stale = tmp_path / "gerstgrasser.md"
    stale.write_text(page.replace("| accumulate, fresh inputs |", "| accumulate, other |"))
    told = figures("gerstgrasser", "--small", "--check", "--pages", tmp_path)
    assert told.returncode == 1
    assert "stale: gerstgrasser" in told.stderr
    assert figures("gerstgrasser", "--pages", tmp_path).returncode == 0
    assert stale.read_text(encoding="utf-8") == page
