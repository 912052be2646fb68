"""Which events belong to which text of a session.

A session may hold several texts: a warm-up, fields, the answer. A `phase` event begins one, or goes
back to one that was put aside. A recording without such events is all one text.
"""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.collect.schema import Event

__all__ = ["of_last_text"]


def of_last_text(events: Sequence[Event]) -> list[Event]:
    """The events of the text that is written last, whenever it was: of a whole session the answer.

    >>> of_last_text([])
    []
    """
    name, named = "", []
    for event in events:
        if event.kind == "phase":
            name = event.data.name
        else:
            named.append((name, event))
    return [event for whose, event in named if whose == name]
