"""What a study asks besides the text: simple questions, further fields, conditions.

Flows in: tables of a study file. Flows out: frozen values, and the check of what a writer
answered. Questions stand on a page before or after the writing; fields are texts before the answer
or beside it, recorded like it; of the conditions each person gets one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import groupby
from typing import Any

from wellhead.errors import BadSetting, unknown_name

__all__ = ["Condition", "Field", "Question", "condition_of", "problem_with", "read_tables"]

KINDS = ("choice", "scale", "short")
MOST_CHARACTERS = 1_000
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# Names of what there is without being asked for.
_TAKEN = ("answer", "warmup")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        id: its name in exports.
        ask: the question.
        kind: ``choice`` among `options`, a ``scale`` of `points` whose ends are named by two
            options, or a ``short`` text.
        at: ``before`` or ``after`` the writing.
    """

    id: str
    ask: str
    kind: str = "short"
    options: tuple[str, ...] = ()
    points: int = 7
    at: str = "after"
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Field:
    """A text that is written before the answer, or beside it.

    Attributes:
        id: its name in exports.
        title, instructions: what the page says.
        min_words: the fewest words, of whoever writes any.
        optional: it may be left empty; exports then have an empty text.
        known_human: the study vouches for it: written under supervision, for example.
        page: fields of the same page stand on it together, ``answer`` above the answer; "" is a
            page of its own.
    """

    id: str
    title: str = ""
    instructions: str
    min_words: int = 0
    optional: bool = False
    known_human: bool = False
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One arm of an experiment.

    Attributes:
        id: its name in exports.
        instructions: these replace the study's; "" leaves them.
        weight: how many people it gets for one of a condition with weight 1.
    """

    id: str
    instructions: str = ""
    weight: int = 1


_TABLES = {"questions": Question, "fields": Field, "conditions": Condition}
_LONGEST = {"ask": 2_000, "instructions": 20_000, "title": 200}


def read_tables(raw: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """The questions, fields and conditions of a study file.

    Raises:
        BadSetting: a key is unknown, missing, of the wrong type or makes no sense.
    """
    tables = {name: _table(name, kind, raw.get(name, [])) for name, kind in _TABLES.items()}
    _pages([one.page for one in tables["fields"]])
    return tables


def _pages(pages: Sequence[str]) -> None:
    """Fields of a page follow one another, those beside the answer are the last."""
    turns = [name for name, _ in groupby((*pages, "answer")) if name]
    for name in turns:
        if turns.count(name) > 1:
            raise BadSetting(
                f"[[fields]] page = {name!r}: the fields of a page must follow one another"
                + (", and those beside the answer come last." if name == "answer" else ".")
            )


def _table(name: str, kind: type, rows: Any) -> tuple[Any, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadSetting(f"expected [[{name}]], once for each, got {rows!r}.")
    if len(rows) > 100:
        raise BadSetting(f"[[{name}]]: at most 100, got {len(rows)}.")
    made = tuple(_row(name, kind, row) for row in rows)
    ids = [one.id for one in made]
    for one in ids:
        if not _NAME.fullmatch(one) or one in _TAKEN or ids.count(one) > 1:
            raise BadSetting(
                f"[[{name}]] id = {one!r}: expected lower-case letters, digits, '-' or '_', each "
                f"id once, and neither {_TAKEN[0]!r} nor {_TAKEN[1]!r}."
            )
    return made


def _row(name: str, kind: Any, row: Mapping[str, Any]) -> Any:
    known = {item.name: item for item in fields(kind)}
    for key in row:
        if key not in known:
            raise unknown_name(f"key in [[{name}]]", key, list(known))
    for key, item in known.items():
        if key not in row and item.default is MISSING:
            raise BadSetting(f"[[{name}]] needs `{key}`.")
    given = {key: _typed(name, key, value, known[key].type) for key, value in row.items()}
    made = kind(**given)
    if problem := _nonsense(made):
        raise BadSetting(f"[[{name}]] {made.id}: {problem}.")
    return made


def _typed(name: str, key: str, value: Any, kind: Any) -> Any:
    words = {"int": int, "str": str, "bool": bool}
    if kind not in words:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadSetting(f"[[{name}]] {key}: expected a list of texts, got {value!r}.")
        return tuple(value)
    if type(value) is not words[kind]:
        expected = {"int": "a whole number", "str": "text in quotes", "bool": "true or false"}[kind]
        raise BadSetting(f"[[{name}]] {key}: expected {expected}, got {value!r}.")
    if isinstance(value, str) and len(value) > _LONGEST.get(key, 200):
        raise BadSetting(f"[[{name}]] {key}: at most {_LONGEST.get(key, 200)} characters.")
    return value


def _nonsense(one: Any) -> str | None:
    if isinstance(one, Condition):
        return None if 1 <= one.weight <= 1_000 else "weight: expected 1 to 1000"
    if isinstance(one, Field):
        if one.page and not _NAME.fullmatch(one.page):
            return f"page: expected lower-case letters, digits, '-' or '_', got {one.page!r}"
        if not one.instructions.strip():
            return "instructions: must not be empty"
        return None if 0 <= one.min_words <= 100_000 else "min_words: expected 0 to 100000"
    return _nonsense_asked(one)


def _nonsense_asked(one: Question) -> str | None:
    if not one.ask.strip():
        return "ask: must not be empty"
    if one.kind not in KINDS:
        return str(unknown_name("kind", one.kind, KINDS))
    if one.at not in ("before", "after"):
        return f"at: expected 'before' or 'after', got {one.at!r}"
    if one.kind == "short" and one.options:
        return "options belong to kind = 'choice' or 'scale'; a short text has none"
    if not all(option.strip() for option in one.options):
        return "options: none may be empty"
    if one.kind == "choice" and (len(one.options) < 2 or len(set(one.options)) < len(one.options)):
        return "a choice needs two options or more, all different"
    if one.kind == "scale" and (len(one.options) != 2 or not 2 <= one.points <= 11):
        return "a scale needs two options, the names of its ends, and 2 to 11 points"
    return None


def problem_with(questions: Sequence[Question], given: Mapping[str, str]) -> str | None:
    """What is wrong with a writer's answers to the questions; None where nothing is.

    >>> ask = Question(id="age", ask="How old are you?")
    >>> problem_with([ask], {}), problem_with([ask], {"age": "40"})
    ('Please answer every question.', None)
    """
    if set(given) - {question.id for question in questions}:
        return "There is an answer to a question that was not asked."
    for question in questions:
        value = given.get(question.id, "")
        if not value.strip():
            if question.required:
                return "Please answer every question."
        elif not _fits(question, value):
            return "There is an answer that was not offered."
    return None


def _fits(question: Question, value: str) -> bool:
    if question.kind == "choice":
        return value in question.options
    if question.kind == "scale":
        return value in {str(point) for point in range(1, question.points + 1)}
    return len(value) <= MOST_CHARACTERS and "\0" not in value


def condition_of(conditions: Sequence[Condition], name: str) -> Condition | None:
    """The condition called `name`; None where there is none."""
    return next((one for one in conditions if one.id == name), None)
