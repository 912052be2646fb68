"""Plain links: a course, a mailing list, a laboratory.

`?worker=NAME` names the writer when the researcher hands out personal links; without it each
visit is a new, unnamed writer.
"""

from __future__ import annotations

from collections.abc import Mapping

from wellhead.collect.platforms.arrival import Arrival, parameter
from wellhead.collect.study import Study

__all__ = ["FRAMES", "arrive"]

FRAMES: tuple[str, ...] = ()


def arrive(study: Study, query: Mapping[str, str], now: float) -> Arrival:
    """Who comes through this link."""
    worker = parameter(query, "worker")
    return Arrival(worker or None, verified="param" if worker else "none")
