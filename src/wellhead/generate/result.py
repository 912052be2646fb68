"""What was generated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from wellhead._result import Result
from wellhead.generate.cost import Bill

__all__ = ["OUTCOMES", "GenerateResult", "Group", "Length"]

# Usable first; the others are kept apart.
OUTCOMES = ("usable", "refused", "empty", "truncated", "failed")


class Group(NamedTuple):
    """The texts of one model in one style.

    Attributes:
        model, style: which.
        asked: texts asked for.
        usable: texts that can serve as references.
        refused, empty, truncated, failed: the others.
        words: median length of the usable, or None without any.
    """

    model: str
    style: str
    asked: int
    usable: int
    refused: int
    empty: int
    truncated: int
    failed: int
    words: float | None


class Length(NamedTuple):
    """How long people's texts are beside the machine's, in words.

    Attributes:
        human, machine: median.
        auc: probability that a person's text is the longer one of a pair, ties counted half; at
            0.5 length tells nothing.
    """

    human: float
    machine: float
    auc: float


@dataclass(frozen=True, kw_only=True, repr=False)
class GenerateResult(Result):
    """Machine references for a task.

    Attributes:
        title: of the task.
        endpoint: what answered.
        groups: by model and style.
        bill: calls and tokens; only calls made in this run are counted as calls.
        cost: of this run, or None without prices.
        length: of people's texts against the machine's; None without human texts.
        examples: of usable texts, one for each group, as (model, style, text).
        failures: why calls failed, and how often.
        files: by model, where the texts are.
        complete: every text that was asked for has been answered.
        seed: of what was drawn at random.
    """

    schema_version: ClassVar[int] = 1
    stem: ClassVar[str] = "generate"

    title: str
    endpoint: str
    groups: tuple[Group, ...]
    bill: Bill
    cost: float | None
    length: Length | None
    examples: tuple[tuple[str, str, str], ...]
    failures: dict[str, int]
    files: dict[str, str]
    complete: bool
    seed: int

    @property
    def usable(self) -> int:
        """Texts that can serve as references."""
        return sum(group.usable for group in self.groups)

    @property
    def asked(self) -> int:
        """Texts asked for."""
        return sum(group.asked for group in self.groups)
