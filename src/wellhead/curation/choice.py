"""The frontier of purity against human loss, and the point on it that the user asked for.

Every dial of a policy is one point, keeping everything is the mildest. With targets the mildest
point that the evidence promises to meet them is chosen; without, the policy's usual dial.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wellhead._stats import Interval
from wellhead.curation.consequence import Consequence, consequence
from wellhead.curation.evidence import Evidence
from wellhead.curation.policies import POLICIES, Policy
from wellhead.curation.targets import Miss, Targets, misses
from wellhead.errors import BadSetting

__all__ = ["Edge", "FrontierPoint", "edge_of", "frontier", "pick", "policy_named"]


class FrontierPoint(NamedTuple):
    """One dial of the policy and what it does; `dial` is None for keeping everything."""

    dial: float | None
    found: Consequence
    missed: tuple[Miss, ...]


class Edge(NamedTuple):
    """The edge of knowledge: documents whose fate the assay's interval leaves open.

    Attributes:
        documents: texts that one end of the interval keeps, by more than half, and the other drops.
        kept: texts kept so at the high and at the low end of the machine share.
        shares: these two ends.
    """

    documents: int
    kept: tuple[int, int]
    shares: tuple[float, float]


def frontier(
    evidence: Evidence, policy: Policy, targets: Targets, *, dial: float | None, seed: int
) -> list[FrontierPoint]:
    """Keeping everything, then the policy's dials from mild to strict, `dial` among them.

    Args:
        evidence: an assay.
        policy: whose dials.
        targets: what is held against each point.
        dial: one more, asked for by the user.
        seed: of the draws; the same for every point, so that points differ by their weights alone.
    """
    points = [_point(np.ones(evidence.documents), None, evidence, targets, seed)]
    for each in _dials(policy, dial):
        weights = policy.weights(evidence, each, evidence.share.point)
        points.append(_point(weights, each, evidence, targets, seed))
    return points


def _dials(policy: Policy, dial: float | None) -> list[float]:
    dials = list(policy.dials)
    if dial is None or dial in dials:
        return dials
    # A number of documents has no place among shares: it goes where it was asked for.
    rising = dials[0] < dials[-1]
    if dial > 1 and dials[0] <= 1:
        return [*dials, dial]
    return sorted([*dials, dial], reverse=not rising)


def _point(
    weights: np.ndarray, dial: float | None, evidence: Evidence, targets: Targets, seed: int
) -> FrontierPoint:
    found = consequence(weights, evidence, seed=seed)
    return FrontierPoint(dial, found, tuple(misses(found, targets)))


def pick(
    points: Sequence[FrontierPoint], policy: Policy, targets: Targets, dial: float | None, name: str
) -> FrontierPoint:
    """The point to plan with.

    Raises:
        BadSetting: the policy needs a dial, or the dial contradicts a target for certain.
    """
    if dial is not None:
        chosen = next(point for point in points if point.dial == dial)
        _refuse_contradiction(chosen, name)
        return chosen
    if targets.any:
        met = [point for point in points if not point.missed]
        return met[0] if met else min(points, key=_distance)
    if policy.usual is None:
        raise BadSetting(
            f"the policy {name} needs --dial, its {policy.dial}; or a target such as --max-machine"
        )
    return next(point for point in points if point.dial == policy.usual)


def _refuse_contradiction(chosen: FrontierPoint, name: str) -> None:
    for miss in chosen.missed:
        if miss.for_certain:
            raise BadSetting(
                f"--dial {chosen.dial:g} of {name} contradicts the limit on "
                f"{miss.what.replace('_', ' ')}: that is at least {miss.low:.3g}, the limit is "
                f"{miss.limit:g}. Leave the dial out, and the mildest one that keeps the limits is "
                "chosen; or loosen the limit"
            )


def _distance(point: FrontierPoint) -> float:
    """How far a point is from the targets: the sum of what is too much, in units of the limits."""
    return sum((one.high - one.limit) / max(one.limit, 0.01) for one in point.missed)


def edge_of(evidence: Evidence, policy: Policy, dial: float | None) -> Edge:
    """The documents whose fate flips between the ends of the assay's interval."""
    ends: Interval = evidence.share
    if dial is None:
        kept = evidence.weighed.size
        return Edge(0, (kept, kept), (ends.high, ends.low))
    rows = evidence.weighed
    strict, mild = (
        policy.weights(evidence, dial, share)[rows] > 0.5 for share in (ends.high, ends.low)
    )
    counts = int(strict.sum()), int(mild.sum())
    return Edge(int((strict != mild).sum()), counts, (ends.high, ends.low))


def policy_named(name: str) -> Policy:
    """A policy by its name."""
    return POLICIES[name]()
