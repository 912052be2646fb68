"""A small corpus and a small model, shared by the tests of language models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

LINE = (
    "the well is deep and the water of the well is clear so the people of the town drink it while "
    "their children play near old stones that keep cold even in summer heat"
)
WORDS = LINE.split()
SMALL = {
    "name": "transformer",
    "parameters": 0.01,
    "vocabulary": 300,
    "block": 16,
    "prompt": 8,
    "epochs": 2,
    "batch": 16,
    "rate": 0.01,
    "output_blocks": 16,
    "precision": "fp32",
}


def write_corpus(file: Path) -> str:
    """400 lines in which words depend on each other."""
    rng = np.random.default_rng(7)
    lines = []
    for start in rng.integers(0, len(WORDS) - 8, 400):
        lines.append(" ".join([*WORDS[start : start + 7], *rng.choice(WORDS, 2)]) + ".")
    file.write_text("\n".join(lines))
    return str(file)
