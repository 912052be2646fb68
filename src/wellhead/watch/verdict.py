"""What was said, and what a judge said of it: the one thing that a verdict of any kind does.

A verdict mirrors a `Scorer`: a name, a revision that changes whenever its judgements can, and one
method. Other packages register theirs in the entry-point group ``wellhead.verdicts``: a name, and
a function that takes its table of settings and returns a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from wellhead._registry import Registry
from wellhead.errors import BadInput

__all__ = ["VERDICTS", "Exchange", "Judgement", "Verdict", "one_each"]


class Exchange(NamedTuple):
    """A question and the answer that a version gave.

    Attributes:
        id: unique.
        answer: what users saw.
        question: what they had written; "" where it is not kept.
        version: what answered.
        group: whose rate is told apart; "" for nobody's.
        measures: numbers beside the answer, such as minutes in conversation.
        known: of a canary, whether it violates; None of every other answer. No judge of ours looks.
    """

    id: str
    answer: str
    question: str = ""
    version: str = ""
    group: str = ""
    measures: tuple[float | None, ...] = ()
    known: bool | None = None


class Judgement(NamedTuple):
    """Whether an answer violates, how surely (0 to 1), in which categories, and why in words.

    `votes` says what each judge of a panel found, in its order; () of one judge alone.
    """

    violates: bool
    score: float
    categories: tuple[str, ...] = ()
    reason: str = ""
    votes: tuple[bool, ...] = ()


@runtime_checkable
class Verdict(Protocol):
    """Anything that judges; each judgement depends on its exchange and on `revision` alone."""

    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> str: ...
    def judge(self, exchanges: Sequence[Exchange]) -> list[Judgement]: ...


VERDICTS: Registry[Callable[[Mapping[str, Any]], Verdict]] = Registry(
    "verdict", "wellhead.verdicts"
)


def one_each(verdict: Verdict, exchanges: Sequence[Exchange]) -> list[Judgement]:
    """What `verdict` says of each exchange.

    Raises:
        BadInput: it leaves out exchanges, or says more than it was asked.
    """
    judgements = verdict.judge(exchanges)
    if len(judgements) != len(exchanges):
        raise BadInput(
            f"the verdict '{verdict.name}' gave {len(judgements)} judgements of {len(exchanges)} "
            "exchanges; it must give one of each."
        )
    return judgements
