"""Scores of the texts that a detector was fitted on, by models that had not seen them.

A detector knows the texts it was fitted on, and scores each of them too far on its own side. When
such a text serves as a reference, or turns up in a corpus, the cross-validated score is the honest
one. Texts are known by 64 bits of a hash; no text is kept.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wellhead._atomic import atomic_path
from wellhead.detect.arrays import read_arrays
from wellhead.errors import BadInput

__all__ = ["HeldOut"]


@dataclass(frozen=True)
class HeldOut:
    """Cross-validated scores by hash of the normalised text.

    Attributes:
        key: shape (texts,), ascending hashes.
        score: shape (texts,), the score by a model that had not seen the text.
    """

    key: NDArray[np.uint64]
    score: NDArray[np.float64]

    @classmethod
    def of(cls, texts: Sequence[str], scores: NDArray[np.float64]) -> HeldOut:
        """From normalised texts and their cross-validated scores."""
        keys = _keys(texts)
        order = np.argsort(keys)
        return cls(keys[order], np.asarray(scores, np.float64)[order])

    def knows(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the normalised `texts` are among those the detector was fitted on."""
        return np.isin(_keys(texts), self.key)

    def replace(self, texts: Sequence[str], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """`scores` of normalised `texts`, with the held-out score where the text is known."""
        keys = _keys(texts)
        at = np.minimum(np.searchsorted(self.key, keys), self.key.size - 1)
        return np.where(self.key[at] == keys, self.score[at], scores)

    def save(self, path: str | os.PathLike[str]) -> None:
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, key=self.key, score=self.score)

    @classmethod
    def load(cls, path: Path) -> HeldOut:
        """Read what `save` wrote.

        Raises:
            BadInput: the file is missing or broken.
        """
        arrays = read_arrays(path, {"key": np.uint64, "score": np.float64})
        key, score = arrays["key"], arrays["score"]
        if not (0 < len(key) == len(score)) or not np.isfinite(score).all():
            raise BadInput(f"{path}: expected a finite score for each text; train anew")
        return cls(key, score)


def _keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    digests = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
