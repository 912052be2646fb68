"""Scores by content hash: those of earlier runs where they fit, the rest computed once.

In: texts with their hashes, a `Scorer`, sidecars beside a corpus or a `ScoreResult`. Out: the score
that counts for each text: the held-out one where the scorer was fitted on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead.corpus import Corpus
from wellhead.corpus.sidecars import Sidecar, scores_folder
from wellhead.detect.batch import scored
from wellhead.detect.scorer import Scorer
from wellhead.detect.scoring import ScoreResult
from wellhead.errors import BadInput

__all__ = ["KnownScores"]


class KnownScores:
    """Scores by content hash: taken from earlier runs where they fit, else computed once.

    A text that the scorer was fitted on counts with its held-out score.

    Args:
        scorer: computes what is missing.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self._known: dict[int, tuple[float, bool]] = {}

    def take(self, earlier: ScoreResult) -> None:
        """Use the scores of a run.

        Raises:
            BadInput: they are by another detector or revision.
        """
        wanted = (self.scorer.name, self.scorer.revision)
        if (earlier.scorer, earlier.revision) != wanted:
            raise BadInput(
                f"the scores of {earlier.corpus} are by {earlier.scorer} {earlier.revision}, and "
                f"these texts are judged by {' '.join(wanted)}: score them again"
            )
        self._add(earlier.scores())

    def look_beside(self, corpus: Corpus) -> None:
        """Use the sidecars of `corpus` that are whole and by this very revision, if any."""
        if corpus.root is None:
            return
        name, revision = self.scorer.name, self.scorer.revision
        folder = scores_folder(corpus.root / "scores", name, revision)
        for part in corpus.parts if folder.is_dir() else ():
            sidecar = Sidecar(folder, part.relative, scorer=name, revision=revision)
            if sidecar.whole:
                for table in sidecar.earlier():
                    self._add(table)

    def of(
        self, texts: Sequence[str], hashes: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The score of each text, and whether the scorer was fitted on it.

        Args:
            texts: what would be scored.
            hashes: their content hashes, in hexadecimal.
        """
        keys = [int(sha[:16], 16) for sha in hashes]
        missing = {k: text for k, text in zip(keys, texts, strict=True) if k not in self._known}
        if missing:
            self._remember(missing.keys(), *scored(self.scorer, list(missing.values())))
        found = [self._known[key] for key in keys]
        return np.array([score for score, _ in found]), np.array([seen for _, seen in found], bool)

    def _add(self, table: pa.Table) -> None:
        keys = (int(sha[:16], 16) for sha in table["sha256"].to_pylist())
        scores, held_out = (
            table[name].to_numpy().astype(np.float64) for name in ("score", "held_out")
        )
        self._remember(keys, scores, held_out)

    def _remember(self, keys: Iterable[int], scores: np.ndarray, held_out: np.ndarray) -> None:
        seen = ~np.isnan(held_out)
        counted = np.where(seen, held_out, scores)
        self._known.update(
            zip(keys, zip(counted.tolist(), seen.tolist(), strict=True), strict=True)
        )
