"""One word for how an answer came about, the honest "cannot be observed" among them.

Flows in: shares of the final characters by origin, integrity, what the writer declared. Flows
out: one `Outcome`. The order of the rules is the meaning: a log with holes, or with times that
cannot be, says nothing about people; what nobody observed is not held against anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from wellhead.collect.derive.flags import SIGNIFICANT

__all__ = ["OUTCOMES", "Outcome", "outcome_of"]

Outcome = Literal[
    "typed", "typed_with_assist", "quotes_task", "pasted_outside", "mixed", "scripted",
    "unobservable", "incomplete_log", "clock_cannot_be_right",
]  # fmt: skip
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_OUTSIDE = ("paste_outside", "drop")
_UNKNOWN = ("unobserved", "restored_draft", "undo_restored", "autofill", "unexplained")
_ASSISTED = ("dictation_or_assistive", "autocorrect")
_MAJORITY = 0.5


def outcome_of(
    share: Mapping[str, float],
    *,
    complete: bool,
    clock_ok: bool = True,
    declared: Sequence[str] = (),
) -> Outcome:
    """How the answer came about.

    Args:
        share: of the final characters by origin, in [0, 1].
        complete: the log accounts for the whole text.
        clock_ok: the times in the log fit the server's.
        declared: input methods the writer named beforehand.

    >>> outcome_of({"typed": 0.95, "paste_outside": 0.05}, complete=True)
    'typed'
    >>> outcome_of({"dictation_or_assistive": 1.0}, complete=True)
    'unobservable'
    >>> outcome_of({"dictation_or_assistive": 1.0}, complete=True, declared=["dictation"])
    'typed_with_assist'
    """

    def part(origins: Sequence[str]) -> float:
        return sum(share.get(origin, 0.0) for origin in origins)

    assisted, unknown = part(_ASSISTED), part(_UNKNOWN)
    # Long insertions without keys: dictation, or a program that poses as one.
    unexplained = unknown + (0.0 if declared else share.get("dictation_or_assistive", 0.0))
    if not complete:
        return "incomplete_log"
    if not clock_ok:
        return "clock_cannot_be_right"
    if not share:
        return "unobservable"
    if part(("scripted",)) >= SIGNIFICANT:
        return "scripted"
    if part(_OUTSIDE) >= SIGNIFICANT:
        return "pasted_outside" if part(_OUTSIDE) >= _MAJORITY else "mixed"
    if unknown >= SIGNIFICANT or unexplained >= _MAJORITY:
        return "unobservable"
    if part(("paste_task",)) >= SIGNIFICANT:
        return "quotes_task"
    return "typed_with_assist" if assisted >= SIGNIFICANT else "typed"
