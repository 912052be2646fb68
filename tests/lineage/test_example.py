"""The example of docs/lineage.md, run whole: collect, filter, laboratory, sign, export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_example_of_the_documentation_runs_from_a_study_to_a_signed_export(tmp_path):
    pytest.importorskip("torch", reason="needs wellhead[lm]")
    done = subprocess.run(
        [sys.executable, "benchmarks/lineage_example.py", "--out", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["intact"]
    assert found["depth"] == 2
    assert (tmp_path / "out" / "out.sig").exists()
    assert "Generation 2" in (tmp_path / "out" / "out" / "README.md").read_text()
