"""The machine half of the demo: paragraphs that a small open model wrote, shipped with the package.

How they were made and chosen, and what they are not, is in `CARD.md` beside this file.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["MachineParagraph", "machine_paragraphs"]


class MachineParagraph(NamedTuple):
    """One paragraph, and the prompt and the sampling settings behind it."""

    text: str
    prompt_id: str
    temperature: float
    top_k: int
    top_p: float
    repetition_penalty: float
    batch: int


@cache
def machine_paragraphs() -> tuple[MachineParagraph, ...]:
    """Every machine paragraph that ships with the demo, in the order of the file.

    >>> machine_paragraphs()[0]._fields[:2]
    ('text', 'prompt_id')
    """
    packed = (files(__package__) / "machine_paragraphs.jsonl.gz").read_bytes()
    rows = map(json.loads, gzip.decompress(packed).decode("utf-8").splitlines())
    return tuple(
        MachineParagraph(**{key: row[key] for key in MachineParagraph._fields}) for row in rows
    )
