"""Which column holds the text: the one named, or a guess that is said aloud."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wellhead.corpus.validation import python_values
from wellhead.errors import BadInput

__all__ = ["Guess", "guess_text_column", "require_column"]

# Names under which people keep the text of a document, the clearest first.
_NAMES = (
    "text",
    "texts",
    "content",
    "body",
    "document",
    "answer",
    "response",
    "summary",
    "essay",
    "completion",
    "output",
    "generation",
    "article",
    "abstract",
    "comment",
    "review",
    "message",
    "sentence",
    "passage",
    "paragraph",
    "story",
    "transcript",
)
_LOOK = 200
# A column called "answer" that holds "A", "B" or "C" is not the text.
_SENTENCE = 20


class Guess(NamedTuple):
    """A column and the reason why it was taken."""

    column: str
    why: str


def guess_text_column(columns: Mapping[str, Sequence[Any]]) -> Guess:
    """The column that most likely holds the text, by its name, else by the length of its strings.

    Raises:
        BadInput: no column holds strings.

    >>> guess_text_column({"id": ["1"], "Answer": ["It rained all day in the hills."]}).column
    'Answer'
    """
    lengths = {name: _mean_length(values) for name, values in columns.items()}
    candidates = {name: length for name, length in lengths.items() if length > 0}
    by_name = sorted(
        (_NAMES.index(name.lower()), name)
        for name, length in candidates.items()
        if name.lower() in _NAMES and (length >= _SENTENCE or name.lower() in _NAMES[:2])
    )
    if by_name:
        return Guess(by_name[0][1], "by its name")
    if not candidates:
        raise BadInput(
            f"expected a column that holds text, found none among: {', '.join(columns) or 'none'}; "
            f"{_way_out(columns)}"
        )
    longest = max(candidates, key=lambda name: candidates[name])
    return Guess(
        longest,
        f"because its strings are the longest, {candidates[longest]:.0f} characters on average",
    )


def _way_out(columns: Mapping[str, Sequence[Any]]) -> str:
    nested = [
        name
        for name, values in columns.items()
        if any(isinstance(value, (dict, list)) for value in python_values(values[:_LOOK]))
    ]
    if nested:
        return (
            f"'{nested[0]}' holds nested values, which are not looked into: write the text into "
            "a column of its own"
        )
    return "name it with --text-column (text_column=)"


def _mean_length(values: Sequence[Any]) -> float:
    strings = [v for v in python_values(values[:_LOOK]) if isinstance(v, (str, bytes))]
    return sum(map(len, strings)) / len(strings) if strings else 0.0


def require_column(name: str, columns: Sequence[str], where: str) -> None:
    """Nothing, when `name` is among `columns`.

    Raises:
        BadInput: it is not; the message names the nearest one and lists all.
    """
    if name in columns:
        return
    near = difflib.get_close_matches(name, columns, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(columns) or "none"
    raise BadInput(f"{where}: expected a column '{name}', found: {listed}{hint}")
