"""Two processes under torchrun against one: the same loss curve, the same measures, one folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import wellhead.recursion

pytest.importorskip("torch", reason="needs wellhead[lm]")

CONFIG = """
regime = "replace"
generations = 1
seed = 3

[family]
name = "transformer"
parameters = 0.01
corpus = "corpus.txt"
vocabulary = 300
block = 16
epochs = 2
batch = 16
rate = 0.01
output_blocks = 17
precision = "fp32"
"""


def curves(out: Path) -> list[list[float]]:
    files = sorted((out / "generations" / "000-replace-00").glob("*/training.json"))
    return [json.loads(file.read_text())["losses"] for file in files]


def test_two_processes_train_and_write_what_one_does(tmp_path, monkeypatch):
    """Sums in another order differ in the last digits, so the curves agree to a tolerance."""
    lines = ["the well is deep and the water of the well is clear" for _ in range(220)]
    marked = [f"{line} for day {number}" for number, line in enumerate(lines)]
    (tmp_path / "corpus.txt").write_text("\n".join(marked))
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    alone = wellhead.collapse("config.toml", out="alone")
    run = ["-m", "wellhead", "collapse", "run", "config.toml", "--out", "together", "--json"]
    two = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *two, *run], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["complete"]
    one, other = curves(Path("alone")), curves(Path("together"))
    assert len(one) == len(other) == 2
    assert other[0] == pytest.approx(one[0], rel=1e-4)
    # From generation 1 on a token may fall differently where two are equally likely.
    assert other[1] == pytest.approx(one[1], rel=0.05)
    before = alone.curve("perplexity", "replace")[0].value
    assert answer["curves"]["replace"]["perplexity"][0]["value"] == pytest.approx(before, rel=1e-3)
