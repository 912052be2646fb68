"""lm-eval's records as one table: for each item, whether it was right and what the answer cost.

Bits of the right answer are minus log₂ of the probability that the model gave to it after the
question. For tasks in which the model writes, they are asked for besides, of the first right
answer. Bits per byte compare models with different tokenizers, and move where accuracy is at
chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Gold", "Item", "gold_of", "items_of"]

# Of the metrics of an item, the first of these that is there says whether it was right.
RIGHT = ("acc", "exact_match", "pass_at_1")


class Item(NamedTuple):
    """One item, answered by one model.

    Args:
        task, item: which one.
        cluster: items with the same number belong together.
        right: 1, 0, or NaN where the task has no such thing.
        right_by_length: the same, likelihoods divided by the length of the answers; NaN without.
        bits: of the right answer; NaN where it is not known.
        bytes: of the right answer.
        choices: how many answers there were to choose from; 0 for open questions.
    """

    task: str
    item: int
    cluster: int
    right: float
    right_by_length: float
    bits: float
    bytes: int
    choices: int


class Gold(NamedTuple):
    """The right answer after its question."""

    context: str
    answer: str


def gold_of(record: Mapping[str, Any]) -> Gold | None:
    """The right answer of an open question, whose likelihood must be asked for besides."""
    (context, *rest), target = record["arguments"][0], record["target"]
    if not (rest and isinstance(rest[0], Mapping)):
        return None
    answer = target[0] if isinstance(target, Sequence) and not isinstance(target, str) else target
    answer = str(answer)
    space = "" if not answer or answer[0].isspace() or context[-1:].isspace() else " "
    return Gold(str(context), space + answer) if answer else None


def items_of(
    task: str, found: Iterable[Mapping[str, Any]], asked: Mapping[Gold, float]
) -> list[Item]:
    """The items of a task.

    Args:
        task: its name.
        found: lm-eval's records.
        asked: log-likelihoods of right answers that were asked for besides.
    """
    items: dict[int, Item] = {}
    for record in found:
        number = int(record["doc_id"])
        # A task with several filters has several records of an item; the first is the strict one.
        if number not in items:
            items[number] = _item(task, number, record, asked)
    return [items[number] for number in sorted(items)]


def _item(task: str, number: int, record: Mapping[str, Any], asked: Mapping[Gold, float]) -> Item:
    arguments = record["arguments"]
    likelihoods = [
        float(found[0]) for found in record["filtered_resps"] if isinstance(found, tuple | list)
    ]
    gold = gold_of(record)
    if gold is not None:
        cost, size, choices = asked.get(gold, math.nan), len(gold.answer.encode()), 0
    else:
        choices = len(arguments) if len(arguments) > 1 else 0
        place = _place(record, len(arguments))
        known = place is not None and len(likelihoods) == len(arguments) and len(arguments[0]) > 1
        cost = likelihoods[place] if known and place is not None else math.nan
        size = len(str(arguments[place][1]).encode()) if known and place is not None else 0
    doc = record["doc"]
    return Item(
        task,
        number,
        int(doc.get("cluster", number)),
        next((float(record[name]) for name in RIGHT if name in record), math.nan),
        float(record.get("acc_norm", math.nan)),
        -cost / math.log(2),
        size,
        choices,
    )


def _place(record: Mapping[str, Any], choices: int) -> int | None:
    """Which of the answers is right."""
    if choices == 1:
        return 0
    doc, target = record["doc"], record["target"]
    if isinstance(doc.get("gold"), int):
        return int(doc["gold"])
    target = target[0] if isinstance(target, list) and target else target
    if isinstance(target, int):
        return target if target < choices else None
    ends = [str(each[1]).strip() for each in record["arguments"]]
    told = str(target).strip()
    return ends.index(told) if told in ends else None
