"""What the benchmarks share: arguments, where real data lies, tables, and numbers as JSON.

A benchmark is a script that anyone can run: ``python benchmarks/NAME.py [--json FILE]``. It prints
a table and writes the same numbers as JSON when asked. Data that may not be redistributed is looked
for in the folder that ``WELLHEAD_DATA`` names, else in ``../shared/data`` beside the project.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from wellhead._atomic import write_text
from wellhead._result import plain

__all__ = ["DATA", "benchmark_arguments", "markdown_table", "needed", "save_figure", "save_json"]

DATA = Path(os.environ.get("WELLHEAD_DATA", Path(__file__).parents[2] / "shared" / "data"))


def benchmark_arguments(
    doc: str | None, *, json_default: str | None = None
) -> argparse.ArgumentParser:
    """A parser whose help is the file's first lines, with ``--json FILE``."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = None if json_default is None else Path(json_default)
    parser.add_argument("--json", type=Path, default=default, help="write the numbers here")
    return parser


def needed(*parts: str) -> Path:
    """A path in the data folder; ends the script with a plain reason where it is absent."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        sys.exit(f"{path} is missing: set WELLHEAD_DATA (the first lines of this file say what).")
    return path


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a column whose name starts with ``>`` is aligned to the right."""
    names = [name.removeprefix(">") for name in columns]
    rules = ["---:" if name.startswith(">") else "---" for name in columns]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (names, rules, *rows))


def save_json(path: Path | None, record: Any) -> None:
    """Write the numbers, whole or not at all, when a path was given."""
    if path is not None:
        write_text(path, json.dumps(plain(record, rows=None), ensure_ascii=False, indent=1) + "\n")


class Drawn(Protocol):
    """Any chart of ``wellhead.report.svg``."""

    def to_svg(self) -> str: ...


def save_figure(path: Path | None, chart: Drawn) -> None:
    """Write a chart as a file of its own, dark on white, when a path was given."""
    if path is not None:
        drawn = chart.to_svg()
        begin = drawn.index(">") + 1
        look = ".chart{color:#222;background:#fff}.m{fill:#666}.b{font-weight:650}"
        write_text(path, f"{drawn[:begin]}<style>{look}</style>{drawn[begin:]}\n")
