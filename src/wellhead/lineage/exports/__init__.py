"""The lineage of a text in the formats that others read, each the same for the same store.

An export can be held against its store: `wrong` makes it anew and names the first place that
differs, so that a changed byte or another parent is found.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from wellhead.errors import unknown_name
from wellhead.lineage.exports.card import card
from wellhead.lineage.exports.croissant import croissant, dangling
from wellhead.lineage.exports.cyclonedx import cyclonedx
from wellhead.lineage.exports.eu import eu_summary
from wellhead.lineage.exports.facts import EuFacts, Facts, read_facts
from wellhead.lineage.exports.oasis import oasis, wrong_in_oasis
from wellhead.lineage.exports.subject import Subject, subject
from wellhead.lineage.store import Store

__all__ = ["FORMATS", "EuFacts", "Facts", "export", "read_facts", "wrong"]

_MAKERS: dict[str, Callable[[Subject], dict[str, Any] | str]] = {
    "croissant": croissant,
    "cyclonedx": cyclonedx,
    "oasis": oasis,
    "huggingface": card,
    "eu": eu_summary,
}
_CHECKS: dict[str, Callable[[Any], list[str]]] = {
    "croissant": lambda found: [f"{id} is named and not described" for id in dangling(found)],
    "oasis": wrong_in_oasis,
}
FORMATS = tuple(_MAKERS)


def export(store: Store, name: str, format: str, *, facts: Facts | None = None) -> str:
    """A manifest and its ancestors in one format.

    Args:
        store: which.
        name: the manifest.
        format: one of `FORMATS`.
        facts: what only the publisher knows.

    Raises:
        BadSetting: the format is unknown, or needs a fact that is missing.
    """
    if format not in _MAKERS:
        raise unknown_name("export format", format, FORMATS)
    made = _MAKERS[format](subject(store, name, facts or Facts()))
    if isinstance(made, str):
        return made
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def wrong(
    store: Store, name: str, format: str, text: str, *, facts: Facts | None = None
) -> list[str]:
    """What is wrong with an export: what its format asks for, then where it differs from the store.

    Returns:
        Sentences; empty for an export that holds.
    """
    made = export(store, name, format, facts=facts)
    if format in ("huggingface", "eu"):
        return _first_difference(made.splitlines(), text.splitlines())
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [f"expected JSON: {error}"]
    said = _CHECKS.get(format, lambda _: [])(found)
    return said + _differs(json.loads(made), found, "")


def _first_difference(made: list[str], found: list[str]) -> list[str]:
    for number, (ours, theirs) in enumerate(zip(made, found, strict=False), 1):
        if ours != theirs:
            return [f"line {number}: expected '{ours[:120]}', got '{theirs[:120]}'"]
    if len(made) != len(found):
        return [f"expected {len(made)} lines, got {len(found)}"]
    return []


def _differs(made: Any, found: Any, path: str) -> list[str]:
    """The first place where two JSON values differ."""
    if type(made) is not type(found):
        return [f"{path or 'the whole'}: expected {str(made)[:120]}, got {str(found)[:120]}"]
    if isinstance(made, dict):
        for key in sorted(made.keys() | found.keys()):
            if said := _differs(made.get(key), found.get(key), f"{path}/{key}"):
                return said
    elif isinstance(made, list):
        if len(made) != len(found):
            return [f"{path}: expected {len(made)} entries, got {len(found)}"]
        for number, pair in enumerate(zip(made, found, strict=True)):
            if said := _differs(*pair, f"{path}/{number}"):
                return said
    elif made != found:
        return [f"{path}: expected {str(made)[:120]}, got {str(found)[:120]}"]
    return []
