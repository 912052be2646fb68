"""How writers arrive from a recruiting platform and how they are sent back to it.

One file a platform: `arrive` turns the query of the entry address into an `Arrival`, and where the
platform wants more than a code on the page, `finish` says what. Neither touches the database or
the network. What a platform's address says is only as true as its proof: `verified` is
``jwt`` when a signature was checked, ``param`` when the address merely claims it, ``none`` when
it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from wellhead.collect.messages import Completion
from wellhead.collect.platforms import link, mturk, prolific, qualtrics
from wellhead.collect.platforms.arrival import Arrival, Unwelcome, completion_code

__all__ = ["Arrival", "Unwelcome", "adapter", "completion_code", "finish", "frame_ancestors"]

_ADAPTERS: dict[str, ModuleType] = {
    "link": link,
    "mturk": mturk,
    "prolific": prolific,
    "qualtrics": qualtrics,
}


_FINISH = {"mturk": mturk.finish, "prolific": prolific.finish}


def adapter(platform: str) -> ModuleType:
    """The module that speaks for `platform`; the study file has checked the name."""
    return _ADAPTERS[platform]


def frame_ancestors(platform: str, added: tuple[str, ...]) -> tuple[str, ...]:
    """The origins that may show our pages in a frame: the platform's own and the study's."""
    return (*_ADAPTERS[platform].FRAMES, *added)


def finish(platform: str, code: str, session: str, returns: Mapping[str, str]) -> Completion:
    """How the writer gets back to the platform with the code of this submission."""
    if platform == "prolific" or (platform == "mturk" and returns):
        return _FINISH[platform](code, session, returns)
    return Completion(kind="code", code=code, fields={})
