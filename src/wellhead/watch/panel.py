"""Judges as settings name them: one alone, or several on a panel of which the first decides.

The others' votes are kept beside its own. What all of them together say of the rate is the
business of the consensus estimators (`wellhead.watch.joined`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wellhead.errors import BadInput, BadSetting
from wellhead.watch import asked, classifier, rules  # noqa: F401  (each registers its kinds)
from wellhead.watch.verdict import VERDICTS, Exchange, Judgement, Verdict, one_each

__all__ = ["Panel", "judge_named", "open_judges", "read_judges"]

_LARGEST = 1 << 20
_PLACES = ("file", "folder", "policy_file")
# What stands behind the equals sign of `--judge KIND=…`.
_SHORT = {"rules": "file", "detector": "folder", "http": "url"}


class Panel:
    """Several judges; the first decides, and each one's vote is kept."""

    def __init__(self, judges: Sequence[Verdict]) -> None:
        self.judges = tuple(judges)
        self.name = "+".join(judge.name for judge in judges)
        self.revision = "+".join(judge.revision for judge in judges)

    def judge(self, exchanges: Sequence[Exchange]) -> list[Judgement]:
        each = [one_each(judge, exchanges) for judge in self.judges]
        return [
            found[0]._replace(votes=tuple(one.violates for one in found))
            for found in zip(*each, strict=True)
        ]


def open_judges(tables: Sequence[Mapping[str, Any]], beside: Path = Path()) -> Verdict:
    """The judge, or the panel, that settings describe.

    Args:
        tables: of settings, each with its `kind`.
        beside: the folder from which relative paths are meant.

    Raises:
        BadInput: no table, or something in one is missing.
        BadSetting: a kind that nobody knows.
    """
    if not tables:
        raise BadInput('expected a table [[verdict]], as in kind = "rules".')
    judges = [_open(table, beside) for table in tables]
    return judges[0] if len(judges) == 1 else Panel(judges)


def _open(table: Mapping[str, Any], beside: Path) -> Verdict:
    kind = str(table.get("kind", "rules"))
    placed = {name: str(beside / str(table[name])) for name in _PLACES if name in table}
    return VERDICTS[kind]({**table, **placed})


def read_judges(path: str | Path) -> Verdict:
    """The judges in a file with tables ``[[verdict]]``, such as WATCH.toml.

    Raises:
        BadInput: no such file, or no such tables.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _LARGEST:
            raise BadInput(f"{place}: expected at most {_LARGEST:,} bytes.")
        found = tomllib.loads(place.read_text(encoding="utf-8")).get("verdict")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{place}: expected judges (TOML): {error}") from error
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        raise BadInput(f"{place}: expected one or more tables [[verdict]].")
    return open_judges(found, place.parent)


def judge_named(text: str) -> dict[str, str]:
    """The settings in ``KIND=PLACE``, as in ``detector=threats/``.

    Raises:
        BadSetting: no such form; kinds with more settings stand in a file.
    """
    kind, _, place = text.partition("=")
    if not place or kind not in _SHORT:
        raise BadSetting(
            f"expected a judge as rules=FILE, detector=FOLDER or http=ADDRESS, got '{text}'; "
            "others stand as tables [[verdict]] in a file (--judges FILE)."
        )
    return {"kind": kind, _SHORT[kind]: place}
