"""The example of docs/lineage.md, run whole: collect, filter, laboratory, sign, export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wellhead.lineage import Store

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_example_of_the_documentation_runs_from_a_study_to_a_signed_export(tmp_path):
    pytest.importorskip("torch", reason="needs wellhead[lm]")
    out, page = tmp_path / "out", tmp_path / "page.md"
    done = subprocess.run(
        [sys.executable, "benchmarks/lineage_example.py", "--out", out, "--page", page],
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
    assert (out / "out.sig").exists()
    assert "Generation 2" in (out / "out" / "README.md").read_text()
    store = Store(out / "store")
    curated = store.read(store.find("curated"))
    assert [store.read(id).name for id in curated.parents] == ["demo-other"]
    assert curated.human_share.method == "wellhead curate"
    documented = (ROOT / "docs" / "lineage-example.md").read_text(encoding="utf-8")
    assert told_by(page.read_text(encoding="utf-8")) == told_by(documented)


def told_by(page: str) -> list[str]:
    """Everything but what commands answered, which differs a little from machine to machine."""
    kept, inside = [], False
    for line in page.splitlines():
        inside ^= line.startswith("```")
        if not inside or line.startswith(("$", "```")):
            kept.append(line)
    return kept
