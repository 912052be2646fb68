"""A verdict by rules: patterns in a file that people can read.

::

    [[rule]]
    name = "telephone number"
    category = "privacy"
    pattern = '\\b\\d{3}[- ]\\d{4}\\b'    # RE2: linear time, whatever strangers write
    # or: words = ["first phrase", "second phrase"]
    where = "answer"                      # or "question", or "either"

Letters count as written in small or large alike. Text beyond `MOST` characters is not read, and
the judgement says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from wellhead.errors import BadInput
from wellhead.watch.verdict import VERDICTS, Exchange, Judgement

__all__ = ["MOST", "Rule", "Rules", "read_rules"]

MOST = 200_000
_LARGEST_FILE = 1 << 20
_PLACES = ("answer", "question", "either")
_KNOWN = {"name", "category", "pattern", "words", "where"}


class Rule(NamedTuple):
    """One rule: its name, its category, an RE2 pattern, and where it looks."""

    name: str
    category: str
    pattern: str
    where: str


class Rules:
    """A verdict that violates where any rule matches; its score is 0 or 1."""

    name = "rules"

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.revision = sha256(repr(self.rules).encode()).hexdigest()[:12]

    def judge(self, exchanges: Sequence[Exchange]) -> list[Judgement]:
        texts = {
            "answer": pa.array([each.answer[:MOST] for each in exchanges], pa.large_string()),
            "question": pa.array([each.question[:MOST] for each in exchanges], pa.large_string()),
        }
        matched = [self._matches(rule, texts) for rule in self.rules]
        return [
            self._judgement(exchange, [found[row] for found in matched])
            for row, exchange in enumerate(exchanges)
        ]

    def _judgement(self, exchange: Exchange, matched: Sequence[bool]) -> Judgement:
        broken = [rule for rule, found in zip(self.rules, matched, strict=True) if found]
        said = [rule.name for rule in broken]
        if len(exchange.answer) > MOST:
            said.append(f"read to {MOST:,} characters only")
        categories = tuple(dict.fromkeys(rule.category for rule in broken))
        return Judgement(bool(broken), float(bool(broken)), categories, "; ".join(said))

    def _matches(self, rule: Rule, texts: Mapping[str, pa.Array]) -> list[bool]:
        places = ("answer", "question") if rule.where == "either" else (rule.where,)
        found = [
            pc.match_substring_regex(texts[place], rule.pattern, ignore_case=True).to_pylist()
            for place in places
        ]
        return [any(each) for each in zip(*found, strict=True)]


def read_rules(path: str | Path) -> Rules:
    """The rules in a file.

    Raises:
        BadInput: no such file, or a rule that is none; the message names it.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _LARGEST_FILE:
            raise BadInput(f"{place}: expected rules of at most {_LARGEST_FILE:,} bytes.")
        found = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{place}: expected a file of rules (TOML): {error}") from error
    tables = found.get("rule")
    if not isinstance(tables, list) or not tables or set(found) != {"rule"}:
        raise BadInput(f"{place}: expected one or more tables [[rule]], and nothing else.")
    return Rules([_rule(f"{place}, rule {at}", table) for at, table in enumerate(tables, 1)])


def _rule(where: str, table: Mapping[str, Any]) -> Rule:
    if unknown := set(table) - _KNOWN:
        raise BadInput(f"{where}: unknown {', '.join(sorted(unknown))}; known: {sorted(_KNOWN)}.")
    words, pattern = table.get("words"), table.get("pattern")
    if (words is None) == (pattern is None) or not table.get("name"):
        raise BadInput(f"{where}: expected a name, and either a pattern or words.")
    if words is not None:
        if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
            raise BadInput(f"{where}: expected words as a list of texts.")
        pattern = r"\b(?:" + "|".join(re.escape(word) for word in words) + r")\b"
    place = table.get("where", "answer")
    if place not in _PLACES:
        raise BadInput(f"{where}: expected where to be one of {', '.join(_PLACES)}, got {place!r}.")
    try:
        pc.match_substring_regex(pa.array([""]), str(pattern))
    except pa.ArrowInvalid as error:
        raise BadInput(f"{where}: the pattern is none that RE2 knows: {error}") from error
    name = str(table["name"])
    return Rule(name, str(table.get("category", name)), str(pattern), str(place))


@VERDICTS.register("rules")
def _from_settings(settings: Mapping[str, Any]) -> Rules:
    return read_rules(str(settings.get("file", "rules.toml")))
