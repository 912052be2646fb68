"""Where the characters that each event inserted came from, also those that were taken back.

Flows in: the final text, its replay and the events. Flows out: the origin by event, the same
that the final text's provenance has for it, so that pictures and colours agree.
"""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.collect.derive.claims import believed, keys_differ
from wellhead.collect.derive.origins import Origin
from wellhead.collect.derive.provenance import line_up
from wellhead.collect.derive.replay import Birth, Replayed
from wellhead.collect.schema import Event

__all__ = ["origins_by_event"]


def origins_by_event(
    text: str,
    replayed: Replayed,
    events: Sequence[Event],
    shown: str | None,
    *,
    assisted: bool = False,
) -> dict[int, Origin]:
    """The origin of what each event inserted.

    Args:
        text: the final text.
        replayed: the replay of its recording.
        events: all of them.
        shown: what the writer's page showed; None where it is no longer known.
        assisted: the writer declared dictation or assistive technology.
    """
    differ = keys_differ(events)
    unlike: Origin = "dictation_or_assistive" if assisted else "unexplained"

    def judged(birth: Birth) -> Origin:
        return unlike if differ and birth.origin == "typed" else birth.origin

    found = {birth.event: judged(birth) for birth in replayed.births}
    births = line_up(text, replayed, None)
    if births is not None:
        held = believed(text, births, events, replayed.clips, shown, assisted=assisted)
        found |= {birth.event: birth.origin for birth in held}
    return found
