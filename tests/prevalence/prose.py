"""Made-up prose of one kind: other words in every document, and a score that it states."""

import re
import zlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from tests.prevalence.clusters import binormal_clusters
from wellhead.detect import Library

NUMBER = re.compile(r"gauge (\d{8})")
PRIME, FACTOR = 10_000_019, 7_654_321
SYLLABLES = re.findall("..", "bacedifoguhajekilomunaperisotuvawexiyoza")
WORDS = [a + b for a in SYLLABLES for b in SYLLABLES] + SYLLABLES


def written(level):
    """The level in digits that look the same for high and low, to four decimals."""
    return f"{round((level + 100) * 1e4) * FACTOR % PRIME:08}"


def read(digits):
    return int(digits) * pow(FACTOR, -1, PRIME) % PRIME / 1e4 - 100


def prose(name, level, *, words=WORDS, sentences=4):
    """A document that only `name` decides, at level `level` (what the test's scorer reads)."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    lines = [
        " ".join(words[int(i)] for i in rng.integers(0, len(words), 8)).capitalize() + "."
        for _ in range(sentences)
    ]
    opening = " ".join(words[int(i)] for i in rng.integers(0, len(words), 4)).capitalize()
    return " ".join([*lines, f"{opening} gauge {written(level)}."])


def texts(levels, about="water", **kind):
    """Documents of one kind, whatever `about`, with these scores."""
    return [
        {"id": f"{about}-{i}", "text": prose(f"{about} {i}", x, **kind), "worker": f"w{i % 3}"}
        for i, x in enumerate(levels)
    ]


class Gauge:
    """Reads the score that a text states, so that tests know every score."""

    name = "gauge"
    revision = "1"

    library = Library(
        tuple(replace(c, source="s", domain_group=c.domain) for c in binormal_clusters(24))
    )

    def score(self, texts):
        return np.array([read(NUMBER.search(text).group(1)) for text in texts])

    def explain(self, text):
        return [SimpleNamespace(text=text, weight=1.0)]
