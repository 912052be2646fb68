"""A plan as a rule that needs one text at a time: what engines on many machines carry to the data.

In: the evidence and the weights of a plan. Out: steps of the score, each with its p-value, its
probability and its weight; a few kilobytes of JSON (``rule.json``) for any corpus. Policies
that look at groups have no such rule.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wellhead.corpus import content_hash
from wellhead.curation.evidence import Evidence
from wellhead.detect.beside import detector_beside, detector_for
from wellhead.detect.scorer import Scorer, fair_scores
from wellhead.errors import BadInput

__all__ = ["Judge", "Judged", "Rule", "lot_of", "read_rule", "rule_of"]

_VERSION = 1
_MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class Rule:
    """Steps of the score; step i holds for scores up to `cuts[i]`, the last above them all.

    Attributes:
        scorer, revision: the detector whose scores these are.
        cuts: shape (steps - 1,), ascending.
        p, posterior, weight: shape (steps,) each.
    """

    scorer: str
    revision: str
    cuts: tuple[float, ...]
    p: tuple[float, ...]
    posterior: tuple[float, ...]
    weight: tuple[float, ...]
    schema_version: int = _VERSION

    def to_json(self) -> str:
        """The rule as JSON."""
        return json.dumps(asdict(self)) + "\n"

    def step(self, scores: np.ndarray) -> np.ndarray:
        """The step of each score."""
        return np.searchsorted(np.asarray(self.cuts), scores, side="left")


def rule_of(evidence: Evidence, weights: np.ndarray) -> Rule:
    """The rule that decides by the score as `weights` do.

    An assay lowers the scores of single texts whose words are not the reference's. A text alone
    cannot be compared so: the rule has the steps of all other texts, which never turn.

    Args:
        evidence: an assay.
        weights: shape (documents,), by a policy that looks at the score alone.
    """
    rows = evidence.weighed
    order = rows[np.argsort(evidence.scores[rows], kind="stable")]
    values = np.stack(
        [
            np.minimum.accumulate(evidence.p[order]),
            np.maximum.accumulate(evidence.posterior[order]),
            np.minimum.accumulate(weights[order]),
        ]
    )
    turns = np.flatnonzero((np.diff(values, axis=1) != 0).any(axis=0))
    # Equal scores were decided alike, except at the border of a budget.
    scores = evidence.scores[order]
    starts = np.concatenate([[0], turns + 1])
    middles = (scores[turns] + scores[turns + 1]) / 2
    p, posterior, weight = (tuple(each[starts].tolist()) for each in values)
    return Rule(*evidence.detector, tuple(middles.tolist()), p, posterior, weight)


def read_rule(path: str | os.PathLike[str]) -> Rule:
    """The rule of a plan: ``rule.json``, or the folder that it lies in.

    Raises:
        BadInput: not a rule.
    """
    place = Path(path)
    place = place / "rule.json" if place.is_dir() else place
    try:
        if place.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{place} is too large for a rule")
        told = json.loads(place.read_text(encoding="utf-8"))
        rule = Rule(**{name: _tuple(value) for name, value in told.items()})
        if rule.schema_version != _VERSION or not _whole(rule):
            raise BadInput(f"{place}: expected a rule of version {_VERSION}; plan again")
    except OSError as error:
        raise BadInput(
            f"{place}: cannot read the rule ({error.strerror}); `wellhead curate --out` writes it"
        ) from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadInput(f"{place}: expected the rule of a plan ({error})") from error
    return rule


def _whole(rule: Rule) -> bool:
    """Whether each step has a p-value, a probability and a weight, and the cuts ascend."""
    cuts = np.asarray(rule.cuts, np.float64)
    steps = np.asarray([rule.p, rule.posterior, rule.weight], np.float64)
    return (
        cuts.ndim == 1
        and steps.shape == (3, cuts.size + 1)
        and bool(np.isfinite(cuts).all() and (np.diff(cuts) > 0).all())
        and bool(((steps >= 0) & (steps <= 1)).all())
    )


def _folder(place: Path) -> Path:
    return place if place.is_dir() else place.parent


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Judged(NamedTuple):
    """What a rule says of some texts: shape (texts,) each."""

    score: np.ndarray
    p: np.ndarray
    posterior: np.ndarray
    weight: np.ndarray


class Judge:
    """A rule with its detector, which is loaded where it is first needed.

    Args:
        rule: a rule, or where one lies.
        detector: the rule's detector, its name or its folder; by default the one that lies beside
            the rule, else the one of its name.

    Raises:
        BadInput: another detector or revision than the rule's, or none to be found.
    """

    def __init__(
        self, rule: Rule | str | os.PathLike[str], detector: str | Scorer | None = None
    ) -> None:
        self.rule = rule if isinstance(rule, Rule) else read_rule(rule)
        self._detector: str | Path | Scorer | None = detector
        if detector is None and not isinstance(rule, Rule):
            self._detector = detector_beside(_folder(Path(rule)), self.rule.scorer)

    def __getstate__(self) -> dict[str, Any]:
        # What crosses to another process is the rule, not a loaded detector.
        return {"rule": self.rule, "_detector": self._detector}

    @cached_property
    def scorer(self) -> Scorer:
        """The detector."""
        return detector_for((self.rule.scorer, self.rule.revision), self._detector)

    def __call__(self, texts: Sequence[str]) -> Judged:
        """What the rule says of `texts`; equal for a text wherever it stands."""
        scores = fair_scores(self.scorer, list(texts))
        step = self.rule.step(scores)
        p, posterior, weight = (
            np.asarray(each)[step] for each in (self.rule.p, self.rule.posterior, self.rule.weight)
        )
        return Judged(scores, p, posterior, weight)


def lot_of(text: str, seed: int) -> float:
    """A number in [0, 1) that depends on the text and the seed alone.

    >>> lot_of("rain", 0) == lot_of("rain", 0) != lot_of("rain", 1)
    True
    """
    digest = hashlib.blake2b(f"{seed}:{content_hash(text)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
