"""The text that a generation of a run learned from, and which words it lost.

A run keeps what came in for each generation; mixed again by the run's own regime and seed, that is
exactly what each fit read. Words are compared without regard to case. A model that begins anew in
every generation knows the last training set alone; one that goes on knows all before as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from wellhead.errors import BadInput
from wellhead.models.resolve import Origin
from wellhead.recursion.data import Array
from wellhead.recursion.families.transformer import Blocks, Transformer
from wellhead.recursion.families.transformer.memorization import longest_copy
from wellhead.recursion.families.words import WORD
from wellhead.recursion.folder import Cell, Folder
from wellhead.recursion.loop import training_sets

__all__ = ["TrainingText", "read_training_text"]

MOST = 20_000  # blocks that are looked through, evenly spread
BETWEEN, NEW = -1, -2  # what separates blocks, and words that no block holds


@dataclass(frozen=True)
class TrainingText:
    """What one generation learned from.

    Args:
        number: each word of it, by number.
        stream: its words in order, as numbers; blocks are kept apart.
        real: words of the real text that the run began with, most frequent first.
        lost: those of them that it no longer holds, most frequent first.
        scratch: the model learned from nothing else.
        whole: all of it was looked through, not an even sample.
        real_bits: bits per byte of held-out real text under generation 0; None if not known.
    """

    number: dict[str, int]
    stream: Array
    real: frozenset[str]
    lost: tuple[str, ...]
    scratch: bool
    whole: bool
    real_bits: float | None

    def copied(self, words: list[str]) -> slice:
        """Where the longest stretch of `words` stands that it holds as well."""
        row = np.array([self.number.get(word.lower(), NEW) for word in words], dtype=np.int64)
        return longest_copy(row, self.stream)


def read_training_text(origin: Origin) -> TrainingText:
    """The training text of a generation.

    Raises:
        BadInput: the run, or the text that it began with, is not there as it was.
    """
    folder = Folder(origin.run)
    cell = next((each for each in folder.cells() if each.name == origin.cell.name), None)
    setting = None if cell is None else folder.plan.settings[cell.setting]
    if cell is None or setting is None or not isinstance(setting.family, Transformer):
        raise BadInput(f"{origin.cell}: expected a cell of a run of language models.")
    family, fit = setting.family, origin.number - setting.generations + setting.fits
    sets = training_sets(
        setting, _arrived(origin, fit), seed=folder.plan.seed, cell=cell.repetition
    )
    kept: list[list[str]] = []
    real: Counter[str] = Counter()
    last = 0
    for place, data in enumerate(sets):
        blocks = cast(Blocks, data)
        texts, last = family.texts(blocks.spread(MOST)), blocks.size
        if place == 0:
            real.update(word for text in texts for word in _whole(text))
        kept = [*kept, texts] if family.start == "continue" else [texts]
    every = [text for texts in kept for text in texts]
    left = {word for text in every for word in _whole(text)}
    number, stream = _numbered(every)
    return TrainingText(
        number,
        stream,
        frozenset(real),
        tuple(word for word, _ in real.most_common() if word not in left),
        scratch=family.base is None,
        whole=last <= MOST,
        real_bits=_real_bits(folder, cell),
    )


def _arrived(origin: Origin, fit: int) -> Iterator[list[Any]]:
    from wellhead.recursion.families.transformer.store import read_arrived

    for number in range(1, fit + 1):
        try:
            yield list(read_arrived(origin.cell / f"{number:04d}"))
        except OSError as error:
            raise BadInput(f"{origin.cell}: what came in is not there any more: {error}.") from None


def _whole(text: str) -> Iterator[str]:
    """The words of a block, without those that its edges may have cut."""
    for word in WORD.findall(text)[1:-1]:
        if word[0].isalnum():
            yield word.lower()


def _numbered(blocks: Iterable[str]) -> tuple[dict[str, int], Array]:
    number: dict[str, int] = {}
    stream: list[int] = []
    for text in blocks:
        stream += [number.setdefault(word.lower(), len(number)) for word in WORD.findall(text)]
        stream.append(BETWEEN)
    return number, np.array(stream, dtype=np.int64)


def _real_bits(folder: Folder, cell: Cell) -> float | None:
    if not folder.finished(cell):
        return None
    table = folder.read(cell)
    if "bits_per_byte" not in table.column_names:
        return None
    return float(table["bits_per_byte"][0].as_py())
