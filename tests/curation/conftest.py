"""A corpus of known origin, and its assay: scores are given, so that no detector is needed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import wellhead as package

HUMAN, MACHINE = 160, 40
_PLAIN = [f"word{number}" for number in range(400)]


class Marked:
    """A scorer that reads the score off the end of a text: ``… s1.25``."""

    name, revision = "marked", "1"

    def score(self, texts):
        return np.array([float(text.rsplit(" s", 1)[1]) for text in texts])


def text_of(rng: np.random.Generator, score: float, words: int = 60) -> str:
    """A text of random words that carries its score."""
    return f"{' '.join(rng.choice(_PLAIN, words))} only{rng.integers(10**9)} s{score:.6f}"


@dataclass
class Known:
    """A corpus on disk, what is machine text in it, and its saved assay."""

    corpus: Path
    machine: np.ndarray
    assay: Path
    result: object


def made(folder: Path, *, human: int = HUMAN, machine: int = MACHINE, seed: int = 0, **options):
    """Human scores are N(0, 1), machine scores N(3, 1); the truth is at random."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([False, True], [human, machine]))
    scores = rng.normal(0, 1, truth.size) + 3 * truth
    rows = [
        {"id": f"d{n}", "text": text_of(rng, s), "group": f"g{n % 2}"} for n, s in enumerate(scores)
    ]
    folder.mkdir(exist_ok=True)
    corpus = folder / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    people = [text_of(rng, score) for score in rng.normal(0, 1, 200)]
    program = [text_of(rng, score) for score in rng.normal(3, 1, 200)]
    result = package.assay(
        corpus, human=people, machine={"a": program}, detector=Marked(), adapt="off", **options
    )
    result.save(folder / "report")
    return Known(corpus, truth, folder / "report", result)


@pytest.fixture(scope="session")
def known(tmp_path_factory) -> Known:
    return made(tmp_path_factory.mktemp("known"), group_by="group")
