"""Tasks, by name and in suites, as lm-eval takes them.

A task is a table of items and how one is asked. Items come from files: those of the suite `quick`
are part of the package (`tools/make_quick_items.py` writes them), those of `seed` lie in a folder
that the dataset catalogue fills (`wellhead.capability.seed`). Three forms of question:

- choice: the model picks the likeliest of several ends;
- next: the right word must be what the model finds likeliest, token by token (as LAMBADA);
- answer: the model writes, and what it wrote is compared with the right answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any

from wellhead.errors import BadInput

__all__ = ["CHOICE", "NEXT", "QUICK", "Rows", "Task", "mean_of"]

Rows = Callable[[], list[dict[str, Any]]]


def mean_of(*metrics: str, **more: Any) -> list[dict[str, Any]]:
    """Metrics of which the mean over items counts."""
    return [
        {"metric": name, "aggregation": "mean", "higher_is_better": True, **more}
        for name in metrics
    ]


def _text(item: Mapping[str, Any]) -> str:
    return str(item["context"])


CHOICE: dict[str, Any] = {
    "output_type": "multiple_choice",
    "doc_to_text": _text,
    "doc_to_choice": "choices",
    "doc_to_target": "gold",
    "metric_list": mean_of("acc", "acc_norm"),
}
NEXT: dict[str, Any] = {
    "output_type": "loglikelihood",
    "doc_to_text": _text,
    "doc_to_target": lambda item: " " + item["answer"],
    "metric_list": mean_of("acc"),
}


@dataclass(frozen=True)
class Task:
    """One task.

    Args:
        name: as users write it.
        title: a few words for people.
        form: how lm-eval asks it.
        rows: reads the items; each may have a ``cluster``.
        shots: solved items before each question.
        published: the row of the published table that it belongs to, where there is one.
        settings: what of it differs from how others ask, in words.
    """

    name: str
    title: str
    form: Mapping[str, Any]
    rows: Rows
    shots: int = 0
    published: str = ""
    settings: tuple[str, ...] = field(default=())

    def config(self) -> dict[str, Any]:
        """What `lm_eval.tasks.TaskManager.load` takes."""
        fewshot = {"fewshot_split": "test"} if self.shots else {}
        return {
            "task": self.name,
            "custom_dataset": self._dataset,
            "test_split": "test",
            "num_fewshot": self.shots,
            "metadata": {},
            **fewshot,
            **self.form,
        }

    def _dataset(self, **_: Any) -> Any:
        import datasets

        rows = self.rows()
        if len(rows) <= self.shots:
            raise BadInput(
                f"task {self.name}: expected more than {self.shots} items, so that {self.shots} "
                f"can be solved before each question, got {len(rows)}. Get the whole file, or ask "
                "with fewer: --shots 0."
            )
        return datasets.DatasetDict({"test": datasets.Dataset.from_list(rows)})


def embedded(name: str) -> list[dict[str, Any]]:
    """The items of a task that are part of the package."""
    text = (files(__package__) / "quick" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _quick(name: str, title: str, form: Mapping[str, Any]) -> Task:
    return Task(name, title, form, partial(embedded, name))


QUICK = (
    _quick("cloze", "the right end of a sentence, of four", CHOICE),
    _quick("frequent", "the next word, where it is a frequent one", NEXT),
    _quick("middle", "the next word, where it is neither frequent nor rare", NEXT),
    _quick("rare", "the next word, where it is a rare one", NEXT),
    _quick("agreement", "the verb that agrees with its subject, of two", CHOICE),
    _quick("arithmetic", "sums and differences up to 40, of four answers", CHOICE),
)
