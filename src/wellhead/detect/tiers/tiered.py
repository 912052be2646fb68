"""An adapted detector with a tier beside its words, at work.

In: texts. Out: scores, each that of the adapted detector's words plus what the tier's head adds, in
units of the people's spread and within bounds. Every model of the adapted detector has a head that
was fitted without the same part of the own texts, so all that `detect.adapt` says of its scores
holds. A folder holds ``card.json``, ``tier.json``, ``heads.npz``, ``blend.npz``, ``held_out.npz``
and ``library.npz``, and in ``words`` the adapted detector. The network itself is not copied: it is
named, and known again by its hash.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wellhead._atomic import atomic_path, write_text
from wellhead.detect.adapted import AdaptedDetector, in_units, turn_of
from wellhead.detect.arrays import read_arrays
from wellhead.detect.card import Card
from wellhead.detect.heldout import HeldOut
from wellhead.detect.library import Library
from wellhead.detect.scorer import KINDS, Scorer
from wellhead.detect.tiers.tier import Floats, Head, Tier, open_tier
from wellhead.errors import BadInput

__all__ = ["TIERED", "Blend", "TieredDetector", "head_of", "tiered_revision"]

TIERED = "tiered"
"""The kind that the card of a saved one states."""

_MOST_HEADS = 100
_BLEND = dict.fromkeys(("weight", "centre", "spread"), np.float64)


@dataclass(frozen=True)
class Blend:
    """How much a tier adds to the words of one model.

    Attributes:
        weight: what one unit of the tier adds to a score.
        centre, spread: of the tier's scores of people.
    """

    weight: float
    centre: float
    spread: float

    def joined(self, words: Floats, tier: Floats) -> Floats:
        """The score from those of the words and of the tier."""
        return np.asarray(words + self.weight * in_units(tier, self.centre, self.spread))


def head_of(turn: int, heads: int, turns: int) -> int:
    """The head that goes with a model: with fewer heads than models, neighbours share one."""
    return turn * heads // turns


@dataclass(frozen=True, kw_only=True)
class TieredDetector(AdaptedDetector):
    """An adapted detector and a tier, joined; see the module.

    Attributes:
        words: the adapted detector.
        tier: reads texts.
        heads: of the tier, each fitted without one part of the own texts.
        blend: for each model, how much the tier adds.
    """

    words: AdaptedDetector
    tier: Tier
    heads: tuple[Head, ...]
    blend: tuple[Blend, ...]

    def _scores(self, clean: list[str], texts: Sequence[str]) -> Floats:
        words, turns = super()._scores(clean, texts), len(self.models)
        turn = np.array([turn_of(text, turns) for text in clean], dtype=np.int64)
        wanted = [at for at in range(turns) if self.blend[at].weight]
        scores = np.array(words)
        for head in {head_of(at, len(self.heads), turns) for at in wanted}:
            mine = [at for at in wanted if head_of(at, len(self.heads), turns) == head]
            rows = np.flatnonzero(np.isin(turn, mine))
            if rows.size:
                found = self.tier.score(
                    self.heads[head], self.tier.read([clean[row] for row in rows])
                )
                for at in mine:
                    here = turn[rows] == at
                    scores[rows[here]] = self.blend[at].joined(words[rows[here]], found[here])
        return scores

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the detector into `folder`; the card comes last, so a folder with one is whole."""
        target = Path(folder)
        card = target / "card.json"
        card.unlink(missing_ok=True)
        for old in target.glob("head-*.npz"):
            old.unlink()
        self.words.save(target / "words")
        told = {"tier": self.tier.name, "network": self.tier.model, "digest": self.tier.digest}
        write_text(target / "tier.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        for at, head in enumerate(self.heads):
            _write(target / f"head-{at}.npz", {"head": head})
        rows = {name: np.array([getattr(one, name) for one in self.blend]) for name in _BLEND}
        _write(target / "blend.npz", rows)
        if self.library is not None:
            self.library.save(target / "library.npz")
        self.held_out.save(target / "held_out.npz")
        write_text(card, self.card.to_json())

    @classmethod
    def load(cls, folder: str | os.PathLike[str], general: Scorer | None = None) -> TieredDetector:
        """The detector that `save` wrote into `folder`, checked.

        Raises:
            BadInput: a file is missing, broken or not of this card, or the tier's network is
                another one now, or gone.
            MissingExtra: what the tier needs is not installed.
        """
        path = Path(folder)
        card = Card.load(path / "card.json", kind=TIERED)
        words = AdaptedDetector.load(path / "words", general)
        tier = _tier(path / "tier.json")
        blend, heads = _blend(path / "blend.npz", len(words.models)), _heads(path)
        if tiered_revision(words, tier, heads, blend) != card.revision:
            raise BadInput(
                f"{path}: the heads are not those of the card (revision {card.revision}); the "
                "folder is damaged or mixed. Copy the detector, or adapt, anew"
            )
        library = Library.load(path / "library.npz", list(card.library)) if card.library else None
        held_out = HeldOut.load(path / "held_out.npz")
        return cls(
            card=card, general=words.general, models=words.models, held_out=held_out,
            library=library, sources=words.sources, words=words, tier=tier, heads=heads,
            blend=blend,
        )  # fmt: skip


KINDS.register(TIERED)(TieredDetector.load)


def _write(path: Path, arrays: dict[str, Any]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def tiered_revision(
    words: AdaptedDetector, tier: Tier, heads: Sequence[Head], blend: Sequence[Blend]
) -> str:
    """A hash of everything that decides a score."""
    found = hashlib.sha256(f"{words.revision} {tier.name} {tier.digest} {blend!r}".encode())
    for head in heads:
        found.update(head.tobytes())
    return found.hexdigest()[:12]


def _tier(path: Path) -> Tier:
    again = "copy the detector, or adapt, anew"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        name, network, digest = (str(told[one]) for one in ("tier", "network", "digest"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}); {again}") from error
    tier = open_tier(f"{name}:{network}" if network else name)
    if tier.digest != digest:
        raise BadInput(
            f"{path}: this detector reads texts through the network {digest} ({network or name}), "
            f"and here is {tier.digest}: bring that one back, or adapt anew"
        )
    return tier


def _blend(path: Path, models: int) -> tuple[Blend, ...]:
    arrays = read_arrays(path, _BLEND)
    columns = [arrays[name] for name in _BLEND]
    sound = all(len(one) == models and np.isfinite(one).all() for one in columns)
    if not sound or not (arrays["spread"] > 0).all():
        raise BadInput(f"{path}: expected {models} finite weights; copy the detector anew")
    return tuple(Blend(*map(float, row)) for row in zip(*columns, strict=True))


def _heads(path: Path) -> tuple[Head, ...]:
    files = [path / f"head-{at}.npz" for at in range(_MOST_HEADS)]
    heads = tuple(
        read_arrays(file, {"head": np.float32})["head"] for file in files if file.is_file()
    )
    if not heads or not all(np.isfinite(head).all() for head in heads):
        raise BadInput(f"{path}: expected heads of finite weights; copy the detector anew")
    return heads
