"""The bulk scorer: a linear model on hashed n-grams, and trees on measures of rhythm if it has any.

Text comes in as it is; it is normalised, counted and weighed here, so that a caller cannot forget
a step. A folder of plain arrays and JSON holds ``card.json``, ``weights.npz`` and, when the
detector has them, ``library.npz`` and ``held_out.npz``. Whether a score means "machine" is not
known here: see `wellhead.assay`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellhead._atomic import atomic_path, write_text
from wellhead.detect.arrays import read_arrays
from wellhead.detect.bulk import column_of, score_column
from wellhead.detect.card import Card
from wellhead.detect.explain import Passage, passages
from wellhead.detect.hashing import ALPHABETIC, COLUMNS
from wellhead.detect.heldout import HeldOut
from wellhead.detect.library import Library
from wellhead.detect.linear import TRANSFORMS, LinearModel
from wellhead.detect.normalise import normalise, normalise_all
from wellhead.detect.rhythm import measures_of
from wellhead.detect.scorer import KINDS
from wellhead.detect.trees import NO_TREES, Trees
from wellhead.errors import BadInput

__all__ = ["NgramDetector"]

_HELD_OUT = "held_out.npz"
_WEIGHTS = {
    "column": np.int32,
    "idf": np.float32,
    "weight": np.float32,
    "intercept": np.float64,
    "transform": np.int8,
}
_TREES = {"tree_feature": np.int16, "tree_threshold": np.float32, "tree_leaf": np.float32}


@dataclass(frozen=True)
class NgramDetector:
    """A detector that scores some ten thousand texts a second on one core.

    It reads English prose best: most of what it was fitted on is that. Texts under about 50 words
    get scores that say little. Scores of different detectors, or of different revisions, cannot
    be compared.

    Attributes:
        card: what it was fitted on and its measured errors.
        model: the features and their weights.
        library: leave-out scores of many clusters, or None when there was too little to leave out.
        held_out: cross-validated scores of the texts it was fitted on, or None.
    """

    card: Card
    model: LinearModel
    library: Library | None = None
    held_out: HeldOut | None = None

    @property
    def name(self) -> str:
        """What users call it."""
        return self.card.name

    @property
    def revision(self) -> str:
        """A hash of everything that decides a score."""
        return self.card.revision

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that it was made for; none if that is not known."""
        return self.card.languages

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One score for each text, the higher the more machine-like; finite, in log-odds units.

        The score of a text does not depend on the other texts of the batch, to the last bit. A
        text in which nothing is left after normalisation gets the intercept.
        """
        return self.score_column(column_of(texts))

    def score_column(
        self, column: pa.LargeStringArray, *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """As `score`, for an Arrow column of texts without nulls; threads do not move a score."""
        return score_column(column, self.model, self.card.normalisation, threads=threads)

    def score_held_out(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """As `score`, but a text it was fitted on gets the score of a model without that text.

        References that were also training texts would otherwise score too far on their own side,
        and every p-value against them would be too small.
        """
        clean = normalise_all(texts, self.card.normalisation)
        scores = self.model.score(clean)
        return scores if self.held_out is None else self.held_out.replace(clean, scores)

    def fitted_on(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of `texts` this detector was fitted on, as far as it remembers."""
        if self.held_out is None:
            return np.zeros(len(texts), dtype=bool)
        return self.held_out.knows(normalise_all(texts, self.card.normalisation))

    def explain(self, text: str) -> tuple[Passage, ...]:
        """The sentences of `text`, normalised, with what each adds to the score.

        The weights, `rhythm` and the intercept of the model add up to the score. A weight is the
        sum over n-grams that begin in the sentence; it explains the score, not the text's origin.
        """
        return passages(normalise(text, self.card.normalisation), self.model)

    def rhythm(self, text: str) -> float:
        """What the rhythm and the function words of `text` as a whole add to its score.

        They belong to no sentence. A detector without this view adds 0.
        """
        if not len(self.model.trees):
            return 0.0
        clean = normalise(text, self.card.normalisation)
        return float(self.model.trees.score(measures_of([clean]))[0])

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the detector into `folder`; the card comes last, so a folder with one is whole."""
        target = Path(folder)
        with atomic_path(target / "weights.npz") as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **_arrays(self.model))
        if self.library is not None:
            self.library.save(target / "library.npz")
        if self.held_out is not None:
            self.held_out.save(target / _HELD_OUT)
        else:
            (target / _HELD_OUT).unlink(missing_ok=True)
        write_text(target / "card.json", self.card.to_json())

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> NgramDetector:
        """The detector that `save` wrote into `folder`, checked.

        Raises:
            BadInput: a file is missing, broken, of another version, or not of this card.
        """
        path = Path(folder)
        card = Card.load(path / "card.json")
        model = _model(path / "weights.npz", card.script)
        if _revision(model, card) != card.revision:
            raise BadInput(
                f"{path}: the weights are not those of the card (revision {card.revision}); "
                "the folder is damaged or mixed. Train or copy the detector anew"
            )
        library = Library.load(path / "library.npz", list(card.library)) if card.library else None
        held_out = HeldOut.load(path / _HELD_OUT) if (path / _HELD_OUT).exists() else None
        return cls(card, model, library, held_out)

    @classmethod
    def of(
        cls,
        card: Card,
        model: LinearModel,
        library: Library | None = None,
        held_out: HeldOut | None = None,
    ) -> NgramDetector:
        """A detector whose card carries the right revision and names its library's clusters."""
        names = tuple(library.names()) if library else ()
        whole = replace(card, revision=_revision(model, card), library=names, script=model.script)
        return cls(whole, model, library, held_out)


def _arrays(model: LinearModel) -> dict[str, Any]:
    """The arrays of a model as the file names them; trees only where it has any."""
    arrays: dict[str, Any] = {
        "column": model.column,
        "idf": model.idf,
        "weight": model.weight,
        "intercept": np.array([model.intercept]),
        "transform": np.array([TRANSFORMS.index(model.transform)], np.int8),
    }
    return arrays | (dict(zip(_TREES, model.trees, strict=True)) if len(model.trees) else {})


def _model(path: Path, script: str) -> LinearModel:
    arrays = read_arrays(path, _WEIGHTS, besides=_TREES)
    grown = "tree_leaf" in arrays
    trees = Trees(*(arrays[name] for name in _TREES)) if grown else NO_TREES
    transform, intercept = arrays["transform"].tolist(), arrays["intercept"]
    if transform in [[at] for at in range(len(TRANSFORMS))] and len(intercept) == 1:
        column, idf, weight = (arrays[name] for name in ("column", "idf", "weight"))
        kind = TRANSFORMS[transform[0]]
        model = LinearModel(column, idf, weight, float(intercept[0]), kind, script, trees)
        if model.sound and grown == bool(len(trees)) and (not grown or script == ALPHABETIC):
            return model
    raise BadInput(
        f"{path}: expected ascending features below {COLUMNS}, each with a finite weight, and "
        "whole trees if any; the file is damaged. Train or copy the detector anew"
    )


def _revision(model: LinearModel, card: Card) -> str:
    import hashlib

    rules = repr(sorted(card.normalisation.to_dict().items()))
    return hashlib.sha256((model.digest() + rules).encode()).hexdigest()[:12]


KINDS.register("ngram")(NgramDetector.load)
