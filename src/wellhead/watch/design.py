"""How answers are drawn for people to label."""

from __future__ import annotations

from dataclasses import dataclass

from wellhead.errors import BadSetting

__all__ = ["Design"]


@dataclass(frozen=True)
class Design:
    """How exchanges are drawn; it never changes once a queue was begun.

    Attributes:
        flagged: part of what the judge flags that is drawn.
        others: part of the rest.
    """

    flagged: float = 1.0
    others: float = 0.02

    def __post_init__(self) -> None:
        if not 0 < self.others <= 1 or not 0 < self.flagged <= 1:
            raise BadSetting(
                "expected the parts to be labelled above 0 and at most 1 (an exchange that cannot "
                f"be drawn tells nothing), got {self.flagged} and {self.others}."
            )
