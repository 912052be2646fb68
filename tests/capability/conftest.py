"""A run of tiny language models that keeps its generations, shared by every test here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wellhead

LINE = (
    "the well is deep and the water of the well is clear so the people of the town drink it while "
    "their children play near old stones that keep cold even in summer heat"
)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three generations, the later ones trained on the first one's narrow output."""
    for module in ("torch", "transformers", "lm_eval"):
        pytest.importorskip(module, reason="needs wellhead[lm,evaluate]")
    folder = tmp_path_factory.mktemp("models")
    rng = np.random.default_rng(7)
    words = LINE.split()
    starts = rng.integers(0, len(words) - 8, 300)
    lines = [" ".join([*words[at : at + 7], *rng.choice(words, 2)]) + "." for at in starts]
    (folder / "corpus.txt").write_text("\n".join(lines))
    family = {
        "name": "transformer",
        "parameters": 0.01,
        "corpus": str(folder / "corpus.txt"),
        "vocabulary": 300,
        "block": 16,
        "epochs": 2,
        "rate": 0.01,
        "output_blocks": 16,
        "precision": "fp32",
        "keep_models": True,
    }
    table = {
        "seed": 3,
        "generations": 2,
        "family": family,
        "regime": "replace",
        "sampler": {"name": "temperature", "temperature": 0.3},
    }
    wellhead.collapse(table, out=folder / "run")
    return folder / "run"
