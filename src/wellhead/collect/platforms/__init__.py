"""How writers arrive from a recruiting platform and how they are sent back to it.

One file a platform, each with two functions: `arrive` turns the query of the entry address into
an `Arrival`, `finish` turns a submitted answer into a `Completion`. Neither touches the database
or the network. What a platform's address says is only as true as its proof: `verified` is
``jwt`` when a signature was checked, ``param`` when the address merely claims it, ``none`` when
it says nothing.
"""

from __future__ import annotations

from types import ModuleType

from wellhead.collect.platforms import link, mturk, prolific, qualtrics
from wellhead.collect.platforms.arrival import Arrival, Completion, Unwelcome

__all__ = ["Arrival", "Completion", "Unwelcome", "adapter", "frame_ancestors"]

_ADAPTERS: dict[str, ModuleType] = {
    "link": link,
    "mturk": mturk,
    "prolific": prolific,
    "qualtrics": qualtrics,
}


def adapter(platform: str) -> ModuleType:
    """The module that speaks for `platform`; the study file has checked the name."""
    return _ADAPTERS[platform]


def frame_ancestors(platform: str, added: tuple[str, ...]) -> tuple[str, ...]:
    """The origins that may show our pages in a frame: the platform's own and the study's."""
    return (*_ADAPTERS[platform].FRAMES, *added)
