"""Qualtrics: our page in a frame of a survey question, the code handed back to the survey.

The survey's address of our page carries `?ResponseID=${e://Field/ResponseID}`. When the answer
is stored, the page tells the survey (`postMessage`, to the study's `frame_ancestors` only) the
code and the session's id, which the survey stores as embedded data. docs/collect.md has the
question's script.
"""

from __future__ import annotations

from collections.abc import Mapping

from wellhead.collect.platforms.arrival import Arrival, parameter
from wellhead.collect.study import Study

__all__ = ["FRAMES", "arrive"]

FRAMES = ("https://*.qualtrics.com",)


def arrive(study: Study, query: Mapping[str, str], now: float) -> Arrival:
    """The survey response that shows us."""
    response = parameter(query, "ResponseID")
    return Arrival(response or None, visit=response, verified="param" if response else "none")
