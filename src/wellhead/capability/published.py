"""What papers report for large models, each cell with its source, its shots and its doubts.

Data in ``published.json``. Cells that are not known are not there. A published figure stands beside
a user's own only for orientation: prompts, splits and metrics differ, and what is known of the
difference is said with it. Cells of different splits are in different `track`s and never ranked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["MODELS", "Cell", "cells_of", "published", "ranked"]

MODELS = (
    *("Inflection-1", "GPT-3.5", "LLaMA-65B", "Chinchilla", "PaLM-540B", "PaLM 2-L", "GPT-4"),
)


@dataclass(frozen=True)
class Cell:
    """One published figure.

    Args:
        task: the row of the table.
        model: the column.
        value: in percent.
        shots: solved examples before each question; None where the source does not say.
        source: where it is printed.
        doubt: what speaks against it: "" (read in a copy of the cited table), or why it is weaker.
        track: cells of a row are comparable within a track only; "" is the common one.
        note: anything that changes how it is read.
    """

    task: str
    model: str
    value: float
    shots: int | None
    source: str
    doubt: str = ""
    track: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """The figure as a table shows it: shots in parentheses, a question mark for doubt."""
        shots = "" if self.shots is None else f" ({self.shots})"
        return f"{self.value:g}{shots}{'?' if self.doubt else ''}"


@cache
def published() -> tuple[Cell, ...]:
    """Every known cell.

    >>> [cell.label for cell in cells_of("MMLU") if cell.model == "GPT-4"]
    ['86.4 (5)']
    """
    text = resources.files(__package__).joinpath("published.json").read_text("utf-8")
    return tuple(Cell(**cell) for cell in json.loads(text))


def cells_of(task: str) -> list[Cell]:
    """The cells of a row."""
    return [cell for cell in published() if cell.task == task]


def ranked(task: str, shots: int | None) -> list[Cell]:
    """Cells that may be ranked against each other: same track, same shots, no doubt; best first.

    >>> [cell.model for cell in ranked("ARC-E", 0)]
    ['LLaMA-65B', 'PaLM-540B']
    >>> ranked("TriviaQA EM", 64)  # the two that there are use a filtered split
    []
    """
    kept = [
        cell for cell in cells_of(task) if cell.shots == shots and not cell.track and not cell.doubt
    ]
    return sorted(kept, key=lambda cell: -cell.value)
