"""The demo's collection as the files a user of the real command would have.

`answers.jsonl` (the collection to judge), `known_human.jsonl`, `known_machine.jsonl` where there is
a machine reference, and apart from them `truth.jsonl`, which no estimator sees.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from wellhead._atomic import write_text
from wellhead.demo.mixture import Demo, Document

__all__ = ["DemoFiles", "write_demo"]


class DemoFiles(NamedTuple):
    """Where the parts of a demo were written; `machine` is None without a machine reference."""

    answers: Path
    human: Path
    machine: Path | None
    truth: Path

    def command(self, seed: int = 0) -> str:
        """The command that judges these files."""
        machine = ["--machine", str(self.machine)] if self.machine else []
        chosen = ["--seed", str(seed)] if seed else []
        words = ["wellhead", "assay", str(self.answers), "--human", str(self.human)]
        return shlex.join([*words, *machine, *chosen])


def write_demo(demo: Demo, folder: Path) -> DemoFiles:
    """Write `demo` into `folder`, which is made when it is missing."""
    files = DemoFiles(
        answers=_texts(folder / "answers.jsonl", demo.corpus),
        human=_texts(folder / "known_human.jsonl", demo.human),
        machine=_texts(folder / "known_machine.jsonl", demo.machine) if demo.machine else None,
        truth=folder / "truth.jsonl",
    )
    truth = ({"id": row.id, "truth": row.truth, "source": row.source} for row in demo.corpus)
    _lines(files.truth, truth)
    return files


def _texts(path: Path, rows: Sequence[Document]) -> Path:
    _lines(path, ({"id": row.id, "text": row.text} for row in rows))
    return path


def _lines(path: Path, rows: Iterable[dict[str, str]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
