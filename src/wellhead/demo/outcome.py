"""An estimate beside the truth: the one comparison that only a demo can make."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from wellhead.demo.mixture import Demo

__all__ = ["Flags", "judge_flags"]


class Flags(NamedTuple):
    """Flagged documents of each true origin, and how many documents of each there are."""

    machine: int
    human: int
    machines: int
    humans: int

    @property
    def false_share(self) -> float:
        """The share of flags that fell on people's texts; 0 without flags."""
        return self.human / max(1, self.machine + self.human)


def judge_flags(demo: Demo, flagged: Collection[str]) -> Flags:
    """How many of the `flagged` ids are machine texts and how many are people's.

    >>> from wellhead.demo import load_demo
    >>> demo = load_demo(share=0.25, documents=40)
    >>> judge_flags(demo, [row.id for row in demo.corpus])
    Flags(machine=10, human=30, machines=10, humans=30)
    """
    machines = {row.id for row in demo.corpus if row.truth == "machine"}
    humans = {row.id for row in demo.corpus} - machines
    return Flags(
        machine=len(machines.intersection(flagged)),
        human=len(humans.intersection(flagged)),
        machines=len(machines),
        humans=len(humans),
    )
