"""A tier fitted beside an adapted detector, so that again nothing scores a text that trained on it.

In: a detector adapted to own texts, and a tier. Out: the two joined. The tier's heads are fitted
without the same parts of the own texts as the detector's models, and without each kind of machine
text that was left out there. How much the tier adds to a model's score is the weight with which
texts left out, and kinds left out, were told best from people's, of all other parts: a text's own
score has no part in choosing what scores it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._progress import Progress, quiet
from wellhead.detect.adapt import (
    FittedDetector,
    Unseen,
    auc_of,
    card_of,
    examples_of,
    library_from,
)
from wellhead.detect.examples import HUMAN, Examples, balance
from wellhead.detect.heldout import HeldOut
from wellhead.detect.tiers.tier import Floats, Head, Task, Tier
from wellhead.detect.tiers.tiered import TIERED, Blend, TieredDetector, head_of, tiered_revision

__all__ = ["WEIGHTS", "FittedTier", "left_out_auc", "with_tier"]

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""What one unit of a tier may add, in units of the words: from these each model's is learned."""

# So many texts are read to foretell what all will take.
_TRIED = 4


@dataclass(frozen=True, kw_only=True)
class FittedTier(TieredDetector, FittedDetector):
    """A detector with a tier that still knows what it was fitted on.

    Attributes:
        fitting: seconds of processor time that reading the own texts and fitting took.
    """

    fitting: float


def with_tier(
    words: FittedDetector, tier: Tier, *, seed: int = 0, progress: Progress = quiet
) -> FittedTier:
    """`words`, with the tier beside it.

    Args:
        words: a detector adapted to own texts.
        tier: another view of these texts.
        seed: of what a head learns by chance.
        progress: told what it will take, and of every head.
    """
    begun = time.process_time()
    fit = _Fit.of(words, tier, seed, progress)
    heads, scores = fit.heads(np.zeros(len(fit.read), bool), np.ones(len(fit.read), bool))
    unseen = [fit.heads(one.of_kind, ~np.isnan(one.scores))[1] for one in words.unseen]
    before = words.held_out.replace(words.own.texts, np.full(len(scores), np.nan))
    blend, joined, found = _blended(
        _Scores(before, scores),
        [_Scores(one.scores, theirs) for one, theirs in zip(words.unseen, unseen, strict=True)],
        words.turn,
        fit.examples.machine,
    )
    left_out = tuple(
        one._replace(scores=theirs) for one, theirs in zip(words.unseen, found, strict=True)
    )
    return FittedTier(
        card=_card(words, tier, fit, joined, left_out, tiered_revision(words, tier, heads, blend)),
        general=words.general,
        models=words.models,
        held_out=HeldOut.of(words.own.texts, joined),
        library=library_from(left_out, fit.examples),
        sources=words.sources,
        own=words.own,
        before=words.before,
        turn=words.turn,
        unseen=left_out,
        words=words,
        tier=tier,
        heads=heads,
        blend=blend,
        fitting=time.process_time() - begun,
    )


def left_out_auc(detector: FittedDetector, rows: NDArray[np.intp] | None = None) -> float:
    """How well texts left out, and kinds left out, are told from people's: the mean of both.

    Args:
        detector: adapted to own texts.
        rows: which of these count, by default each once.
    """
    own = detector.own
    machine = np.array(own.writer) != HUMAN
    scores = detector.held_out.replace(own.texts, np.full(len(own.texts), np.nan))
    unseen = [one.scores for one in detector.unseen]
    if rows is not None:
        machine, scores, unseen = machine[rows], scores[rows], [one[rows] for one in unseen]
    return _mean_auc(scores, unseen, np.ones(len(scores), bool), machine)


def _mean_auc(
    scores: Floats, unseen: Sequence[Floats], rows: NDArray[np.bool_], machine: NDArray[np.bool_]
) -> float:
    known = auc_of(scores, rows, machine)
    if not unseen:
        return known
    return (known + float(np.mean([auc_of(one, rows, machine) for one in unseen]))) / 2


@dataclass(frozen=True)
class _Fit:
    """The own texts as a tier reads them, and their parting."""

    tier: Tier
    read: list[NDArray[Any]]
    examples: Examples
    part: NDArray[np.intp]
    seed: int
    progress: Progress

    @classmethod
    def of(cls, words: FittedDetector, tier: Tier, seed: int, progress: Progress) -> _Fit:
        heads = min(tier.heads, words.folds)
        part = np.array([head_of(int(turn), heads, words.folds) for turn in words.turn])
        texts = list(words.own.texts)
        fits = heads * (1 + len(words.unseen))
        _foretell(tier, texts, fits, progress)
        progress.stage(f"fitting the tier {tier.name}", fits)
        return cls(tier, tier.read(texts), examples_of(words.own), part, seed, progress)

    def heads(
        self, without: NDArray[np.bool_], asked: NDArray[np.bool_]
    ) -> tuple[tuple[Head, ...], Floats]:
        """A head without each part and without some texts, and the scores of each part asked."""
        found, scores = [], np.full(len(self.read), np.nan)
        for part in np.unique(self.part):
            left_out = self.part == part
            if not (left_out & asked).any():
                continue
            head = self.tier.fit(self._task(~left_out & ~without))
            test = np.flatnonzero(left_out & asked)
            scores[test] = self.tier.score(head, [self.read[row] for row in test])
            found.append(head)
            self.progress.advance()
        return tuple(found), scores

    def _task(self, train: NDArray[np.bool_]) -> Task:
        rows, examples = np.flatnonzero(train), self.examples
        weight = balance(examples.domain[rows], examples.family[rows])
        return Task([self.read[row] for row in rows], examples.machine[rows], weight, self.seed)


def _foretell(tier: Tier, texts: list[str], fits: int, progress: Progress) -> None:
    """Say what reading and fitting will take, from reading and scoring a few texts."""
    machine = np.arange(_TRIED) % 2 == 0
    some = sorted(texts, key=len)[len(texts) // 2 :][:_TRIED]
    tier.read(some[:1])
    begun = time.process_time()
    read = tier.read(some)
    tier.fit(Task(read, machine, np.ones(_TRIED), 0))
    each = (time.process_time() - begun) / _TRIED
    # A head is fitted quickly, or takes far longer than reading: both go with the texts.
    seconds = each * len(texts) * (fits if tier.dear else 1)
    progress.describe(
        f"{tier.name}: reading {len(texts):,} texts and fitting {fits} heads takes about "
        f"{_spoken(seconds)} of processor time"
    )


def _spoken(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} minutes"


@dataclass(frozen=True)
class _Scores:
    """Of texts left out: by the words, and by the tier; NaN where none was asked."""

    words: Floats
    tier: Floats

    def joined(self, weight: float, rows: NDArray[np.bool_], machine: NDArray[np.bool_]) -> Blend:
        """So many units of the words for one of the tier, both units people's in `rows`."""
        people = rows & ~machine & ~np.isnan(self.words)
        spread = float(self.words[people].std()) or 1.0
        theirs = self.tier[people]
        return Blend(weight * spread, float(theirs.mean()), float(theirs.std()) or 1.0)


def _blended(
    known: _Scores,
    unseen: Sequence[_Scores],
    turn: NDArray[np.intp],
    machine: NDArray[np.bool_],
) -> tuple[tuple[Blend, ...], Floats, list[Floats]]:
    """For each model the weight that did best on all other parts, and the scores left out."""
    blend: list[Blend] = []
    everything = [known, *unseen]
    scores = [np.full(len(machine), np.nan) for _ in everything]
    for at in range(int(turn.max()) + 1):
        others = turn != at
        tried = []
        for weight in WEIGHTS:
            joined = [one.joined(weight, others, machine) for one in everything]
            found = [
                how.joined(one.words, one.tier) for how, one in zip(joined, everything, strict=True)
            ]
            tried.append((_mean_auc(found[0], found[1:], others, machine), joined[0], found))
        _, best, found = max(tried, key=lambda one: one[0])
        blend.append(best)
        for mine, theirs in zip(scores, found, strict=True):
            mine[~others] = theirs[~others]
    return tuple(blend), scores[0], scores[1:]


def _card(
    words: FittedDetector,
    tier: Tier,
    fit: _Fit,
    scores: Floats,
    unseen: Sequence[Unseen],
    revision: str,
) -> Any:
    """The card of the words, with the errors of both together."""
    library = library_from(unseen, fit.examples)
    card = card_of(words.general, fit.examples, scores, library, words.card.seed)
    note = (
        f"Beside the words it reads each text through the tier '{tier.name}' "
        f"({tier.model or 'the network of its package'}, {tier.digest}), with heads fitted without "
        "the same part of these texts."
    )
    return replace(
        card,
        name=f"{words.name}-{tier.name}",
        kind=TIERED,
        revision=revision,
        notes=(*card.notes, note),
        adapted_from=words.card.adapted_from,
    )
