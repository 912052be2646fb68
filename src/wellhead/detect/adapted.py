"""An adapted detector at work: some models of one task, each beside the general detector.

In: texts. Out: scores. An own text gets the score of the model that saw neither it nor its group;
any other text that of a model drawn at random, by its hash (`detect.adapt` makes the models and
says why). A folder holds ``card.json``, ``models.npz``, ``held_out.npz``, ``library.npz``, with
sources ``sources.npz`` and, in ``base``, the detector that was adapted, where no name finds it:
plain arrays and JSON, no text.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._atomic import atomic_path, write_text
from wellhead.detect.arrays import read_arrays
from wellhead.detect.borrowed import SourceGrams
from wellhead.detect.card import Card
from wellhead.detect.explain import Passage, passages
from wellhead.detect.heldout import HeldOut
from wellhead.detect.library import Library
from wellhead.detect.linear import LinearModel, counts_of
from wellhead.detect.normalise import normalise, normalise_all
from wellhead.detect.scorer import KINDS, SCORERS, Scorer, kind_of, load_scorer
from wellhead.errors import BadInput

__all__ = [
    "ADAPTED",
    "TRANSFORM",
    "AdaptedDetector",
    "JoinedModel",
    "in_units",
    "revision_of",
    "turn_of",
    "with_revision",
]

ADAPTED = "adapted"
"""The kind that the card of a saved one states."""

TRANSFORM = "log1p"
# General scores count within these bounds, in units of the people's spread.
_LOWEST, _HIGHEST = -4.0, 8.0
_MOST_MODELS = 100
_ARRAYS = {
    "column": np.int32,
    "idf": np.float32,
    "weight": np.float32,
    "start": np.int64,
    "intercept": np.float64,
    "trust": np.float64,
    "centre": np.float64,
    "spread": np.float64,
}


@dataclass(frozen=True)
class JoinedModel:
    """N-grams of the task and the general score in one sum.

    Attributes:
        own: the n-grams.
        trust: what one unit of the general score adds.
        centre, spread: of the general scores of people.
    """

    own: LinearModel
    trust: float
    centre: float
    spread: float

    def joined(self, own: NDArray[np.float64], general: NDArray[np.float64]) -> NDArray[np.float64]:
        """The score from those of the n-grams and of the general detector."""
        return np.asarray(own + self.trust * in_units(general, self.centre, self.spread))

    @property
    def digest(self) -> str:
        return f"{self.own.digest()} {self.trust!r} {self.centre!r} {self.spread!r}"


def in_units(general: NDArray[np.float64], centre: float, spread: float) -> NDArray[np.float64]:
    """General scores in units of the people's spread, within bounds."""
    return np.clip((general - centre) / spread, _LOWEST, _HIGHEST)


@dataclass(frozen=True)
class AdaptedDetector:
    """The general detector and the task's own words, joined; see the module.

    Attributes:
        card: what it was adapted to, and its errors on texts and kinds left out.
        general: the detector that was adapted.
        models: each fitted without one part of the own texts.
        held_out: scores of the own texts by the model without them.
        library: for each kind of machine text, scores of people's and of its texts by models that
            saw none of this kind; None with one kind.
        sources: of the source texts that the task is about, where it has such.
    """

    card: Card
    general: Scorer
    models: tuple[JoinedModel, ...]
    held_out: HeldOut
    library: Library | None
    sources: SourceGrams | None = None

    # No languages are stated: what it knows are the languages of the user's own texts.
    languages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What users call it."""
        return self.card.name

    @property
    def revision(self) -> str:
        """A hash of everything that decides a score."""
        return self.card.revision

    @property
    def folds(self) -> int:
        """Models, each fitted without one part of the own texts."""
        return len(self.models)

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One score for each text, the higher the more machine-like."""
        return self._scores(normalise_all(texts), texts)

    def _scores(self, clean: list[str], texts: Sequence[str]) -> NDArray[np.float64]:
        general = np.asarray(self.general.score(texts), np.float64)
        turn = np.array([turn_of(text, len(self.models)) for text in clean], dtype=np.int64)
        scores = np.empty(len(clean))
        for at, model in enumerate(self.models):
            rows = np.flatnonzero(turn == at)
            if rows.size:
                own = self._own(model.own, [clean[row] for row in rows])
                scores[rows] = model.joined(own, general[rows])
        return scores

    def _own(self, model: LinearModel, clean: list[str]) -> NDArray[np.float64]:
        if self.sources is None:
            return model.score(clean)
        return model.score_counts(self.sources.lowered(counts_of(clean, model.script)))

    def score_held_out(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """As `score`, but a text that it was adapted to gets that of the model without it."""
        clean = normalise_all(texts)
        return self.held_out.replace(clean, self._scores(clean, texts))

    def fitted_on(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of `texts` it was adapted to."""
        return self.held_out.knows(normalise_all(texts))

    def explain(self, text: str) -> tuple[Passage, ...]:
        """The sentences of `text` with what each adds to the score of the task's own n-grams."""
        clean = normalise(text)
        lowered = None if self.sources is None else self.sources.lowered
        return passages(clean, self.models[turn_of(clean, len(self.models))].own, lowered)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the detector into `folder`; the card comes last, so a folder with one is whole."""
        target = Path(folder)
        card = target / "card.json"
        card.unlink(missing_ok=True)
        base = self.general
        if base.name not in SCORERS and hasattr(base, "save"):
            base.save(target / "base")
        with atomic_path(target / "models.npz") as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **_arrays(self.models))
        if self.library is not None:
            self.library.save(target / "library.npz")
        sources = target / "sources.npz"
        sources.unlink(missing_ok=True)
        if self.sources is not None:
            self.sources.save(sources)
        self.held_out.save(target / "held_out.npz")
        write_text(card, self.card.to_json())

    @classmethod
    def load(cls, folder: str | os.PathLike[str], general: Scorer | None = None) -> AdaptedDetector:
        """The detector that `save` wrote into `folder`, checked.

        Args:
            folder: where it lies.
            general: the detector that was adapted; found by its name, or in the folder, if None.

        Raises:
            BadInput: a file is missing, broken, of another version, or not of this card; or the
                detector that was adapted is not at hand.
        """
        path = Path(folder)
        card = Card.load(path / "card.json", kind=ADAPTED)
        base = general or _base(path, card)
        if (base.name, base.revision) != card.adapted_from:
            raise BadInput(
                f"{path}: this detector was adapted from {_told(card)}, and here is {base.name} "
                f"{base.revision}: install the version of wellhead that made it "
                f"({card.made_with}), or adapt anew"
            )
        models = _models(path / "models.npz", card.script)
        there = (path / "sources.npz").exists()
        sources = SourceGrams.load(path / "sources.npz") if there else None
        if revision_of(base, models, sources) != card.revision:
            raise BadInput(
                f"{path}: the models are not those of the card (revision {card.revision}); the "
                "folder is damaged or mixed. Copy the detector, or adapt, anew"
            )
        library = Library.load(path / "library.npz", list(card.library)) if card.library else None
        held_out = HeldOut.load(path / "held_out.npz")
        return cls(card, base, models, held_out, library, sources)


KINDS.register(ADAPTED)(AdaptedDetector.load)


def revision_of(
    general: Scorer, models: Sequence[JoinedModel], sources: SourceGrams | None = None
) -> str:
    """A hash of everything that decides a score."""
    parts = [general.revision, *(model.digest for model in models)]
    if sources is not None:
        parts.append(sources.digest)
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def _base(path: Path, card: Card) -> Scorer:
    """The detector that was adapted: the one in the folder, else the one of that name."""
    base = path / "base"
    if base.is_dir():
        if kind_of(base) == ADAPTED:
            raise BadInput(f"{base}: an adapted detector is not adapted again; adapt anew")
        return load_scorer(base)
    name = (card.adapted_from or ("", ""))[0]
    if name not in SCORERS:
        raise BadInput(
            f"{path}: this detector was adapted from {_told(card)}, which is not at hand: install "
            f"the package that brings '{name}', or adapt anew from a detector that is"
        )
    return SCORERS[name]()


def _told(card: Card) -> str:
    return " ".join(card.adapted_from or ("a detector that the card does not name",))


def _arrays(models: Sequence[JoinedModel]) -> dict[str, Any]:
    """The models as arrays, the n-grams of one after those of the other."""
    own = [model.own for model in models]
    sizes = [one.column.size for one in own]
    return {
        "column": np.concatenate([one.column for one in own]),
        "idf": np.concatenate([one.idf for one in own]),
        "weight": np.concatenate([one.weight for one in own]),
        "start": np.cumsum([0, *sizes], dtype=np.int64),
        "intercept": np.array([one.intercept for one in own]),
        "trust": np.array([model.trust for model in models]),
        "centre": np.array([model.centre for model in models]),
        "spread": np.array([model.spread for model in models]),
    }


def _models(path: Path, script: str) -> tuple[JoinedModel, ...]:
    arrays = read_arrays(path, _ARRAYS)
    start, size = arrays["start"], len(arrays["column"])
    single = [arrays[name] for name in ("intercept", "trust", "centre", "spread")]
    whole = (
        1 < len(start) <= _MOST_MODELS + 1
        and start[0] == 0
        and start[-1] == size == len(arrays["idf"]) == len(arrays["weight"])
        and bool((np.diff(start) >= 0).all())
        and all(len(one) == len(start) - 1 and np.isfinite(one).all() for one in single)
        and bool((arrays["spread"] > 0).all())
    )
    models = []
    for at, (first, last) in enumerate(pairwise(start.tolist()) if whole else ()):
        column, idf, weight = (arrays[name][first:last] for name in ("column", "idf", "weight"))
        intercept, trust, centre, spread = (float(one[at]) for one in single)
        own = LinearModel(column, idf, weight, intercept, TRANSFORM, script)
        models.append(JoinedModel(own, trust, centre, spread))
    if not models or not all(model.own.sound for model in models):
        raise BadInput(
            f"{path}: expected models of ascending features with finite weights; the file is "
            "damaged. Copy the detector, or adapt, anew"
        )
    return tuple(models)


def turn_of(text: str, folds: int) -> int:
    """The model that scores a text none was fitted on: drawn at random, always the same."""
    return int.from_bytes(hashlib.sha256(f"turn {text}".encode()).digest()[:8], "big") % folds


def with_revision(
    card: Card, general: Scorer, models: Sequence[JoinedModel], sources: SourceGrams | None = None
) -> Card:
    """The card with the revision of these models, and what they were adapted from."""
    origin = (general.name, general.revision)
    return replace(card, revision=revision_of(general, models, sources), adapted_from=origin)
