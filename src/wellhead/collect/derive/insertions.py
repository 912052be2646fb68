"""Where the characters that each event inserted came from, also those that were taken back.

Flows in: the replay, the events, and the births that are believed. Flows out: the origin by
event, the same that the final text's provenance has, so that pictures and colours agree.
"""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.collect.derive.claims import keys_differ
from wellhead.collect.derive.origins import Origin
from wellhead.collect.derive.replay import Birth, Replayed
from wellhead.collect.schema import Event

__all__ = ["origins_by_event"]


def origins_by_event(
    replayed: Replayed,
    births: Sequence[Birth] | None,
    events: Sequence[Event],
    *,
    assisted: bool = False,
) -> dict[int, Origin]:
    """The origin of what each event inserted.

    Args:
        replayed: the replay of the recording.
        births: of the units of the final text, as far as they are believed; None where the log
            does not account for it.
        events: all of them.
        assisted: the writer declared dictation or assistive technology.
    """
    differ = keys_differ(events)
    unlike: Origin = "dictation_or_assistive" if assisted else "unexplained"

    def judged(birth: Birth) -> Origin:
        return unlike if differ and birth.origin == "typed" else birth.origin

    found = {birth.event: judged(birth) for birth in replayed.births}
    return found | {birth.event: birth.origin for birth in births or ()}
