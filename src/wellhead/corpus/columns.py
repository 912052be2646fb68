"""Which column holds the text: the best by content and name, or a question where two are close.

A candidate is judged by what it holds (prose, with different values, without markup) and by what
it is called. Names on the side of the answer (*response*, *summary*, *completion*) count for
more, names on the side of the task (*prompt*, *question*, *Input.…*) and of record keeping (*url*,
*worker id*, *consent*) for less, as MTurk, Qualtrics, Prolific, Label Studio, doccano and the
usual datasets write them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import fmean
from typing import Any, NamedTuple

from wellhead.corpus.validation import python_values, unfolded
from wellhead.errors import BadInput, BadSetting

__all__ = ["SPEAKERS", "Guess", "guess_text_column", "require_column", "which_column"]

_LOOK = 200
# Words in the names of columns.
_ANSWER = re.compile(
    "(answer|response|completion|output|generation|essay|reply|review|text|content|message)s?"
    "|generated|summar(y|ies)|repl(y|ies)|stor(y|ies)|feedback|body|written|writing|value"
)
_TASK = re.compile(
    "(prompt|question|instruction|input|source|passage|reference)s?"
    "|context|quer(y|ies)|task|system|premise|stimulus"
)
_RECORD = re.compile(
    "(id|url|uri|link|label|tag|keyword|name)s?|href|image|date|time|datetime|timestamp|ip|agent"
    "|useragent|browser|consent|status|channel|language|lang|latitude|longitude|email|worker"
    "|annotator|author|user|hit|assignment|meta|metadata|html|hash|sha|path|file|filename|folder"
    "|code|license|model|seed|category|reward|title"
)
_ALWAYS_RECORD = re.compile("url|id|consent|agent")
# Columns, and keys of turns, that say who speaks.
SPEAKERS = {"role", "from", "speaker", "author", "sender", "user"}
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_URL = re.compile(r"\s*(https?://|www\.)\S*\s*$")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
_AGENT = re.compile(r"\s*(Mozilla|Opera)/\d")
_WORD = re.compile(r"[^\W\d_]{2,}")
# From this many words on, prose is as telling as it gets.
_WORDS = 12
# A second candidate with this part of the best one's score is too close to choose.
_CLOSE = 0.55
_NO_PROSE = 0.04
_OF_A_LIST = " ([0] takes the first of each list, [-1] the last, [*] all of them as one text)"
# Where no column scores higher, text inside lists, XML or JSON may be meant.
_LITTLE = 0.3


class Guess(NamedTuple):
    """A column and the reason why it was taken."""

    column: str
    why: str


class _Candidate(NamedTuple):
    name: str
    prose: float
    score: float


def guess_text_column(columns: Mapping[str, Sequence[Any]]) -> Guess:
    """The column that most likely holds the text, by its content and its name.

    Values inside objects are candidates, too, as in ``data.text``.

    Raises:
        BadInput: no column holds strings.
        BadSetting: two columns are too close; the message has the flag for each.

    >>> rows = {"prompt": ["Write about rain."], "answer": ["It rained all day in the hills."]}
    >>> guess_text_column(rows).column
    'answer'
    """
    found = [_candidate(name, values) for name, values in _flat(columns).items()]
    ranked = sorted((one for one in found if one.prose > 0), key=lambda one: -one.score)
    turns = _turns(columns)
    if not ranked:
        if turns:
            raise BadSetting(which_column("the text lies in lists", turns) + _OF_A_LIST)
        if list(columns) == ["text"]:
            return Guess("text", "as it is the only one")  # what it lacks is told row by row
        raise BadInput(
            "expected a column that holds text, found none among: "
            f"{', '.join(columns) or 'none'}; name it with --text-column (text_column=)"
        )
    if turns and ranked[0].score < _LITTLE:
        raise BadSetting(which_column("the text may lie in lists", turns) + _OF_A_LIST)
    packed = [one.name for one in ranked if _is_packed(columns.get(one.name, ()))]
    if packed and ranked[0].score < _LITTLE:
        raise BadSetting(
            which_column("there is nothing but XML or JSON that may hold it", packed)
            + " to take that as it stands, or take the text out of it first"
        )
    if ranked[0].score < _NO_PROSE:
        return Guess(_by_name(ranked, columns), "by its name")
    best, *others = ranked
    close = [one for one in others if one.score >= _CLOSE * best.score]
    if close and not _plainly(best, close):
        raise BadSetting(
            which_column("more than one column may be it", [best.name, *_names(close)])
        )
    return Guess(best.name, "by its content and name" if others else "as it alone holds text")


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


def _by_name(ranked: Sequence[_Candidate], columns: Mapping[str, Sequence[Any]]) -> str:
    """Words and numbers only: what a column is called is all there is to go by.

    Raises:
        BadInput: nothing is called a text, as in a log of keys.
    """
    best = max(ranked, key=lambda one: _name_weight(one.name))
    if len(columns) > 1 and _name_weight(best.name) < 1:
        raise BadInput(
            "expected a column that holds text, found only single words and numbers in: "
            f"{', '.join(columns)}; if one of them is meant, name it with --text-column "
            "(text_column=)"
        )
    return best.name


def _names(found: Sequence[_Candidate]) -> list[str]:
    return [one.name for one in found]


def _plainly(best: _Candidate, close: Sequence[_Candidate]) -> bool:
    """Whether a column called `text` stands beside others whose names say nothing of the kind."""
    return _name_weight(best.name) >= 1 and all(_name_weight(one.name) < 1 for one in close)


def which_column(problem: str, names: Sequence[str]) -> str:
    """The question that only the user can answer, with the flag for each answer."""
    flags = " or ".join(f"--text-column '{name}'" for name in names[:4])
    return f"cannot tell which column holds the text: {problem}; add {flags}"


def _flat(columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """The first values of each column; those of objects under paths such as ``data.text``."""
    flat: dict[str, list[Any]] = {}
    for name, column in columns.items():
        values = [unfolded(value) for value in python_values(column[:_LOOK])]
        keys = dict.fromkeys(key for value in values if isinstance(value, dict) for key in value)
        for key in keys:
            inner = [value.get(key) if isinstance(value, dict) else None for value in values]
            flat |= _flat({f"{name}.{key}": inner})
        flat[name] = values
    return flat


def _turns(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Paths to text inside lists: the last turn of a conversation, the first of some answers.

    Pieces that nobody says, as the paragraphs of SQuAD, are all meant.
    """
    paths = []
    for name, values in _flat(columns).items():
        lists = [value for value in values if isinstance(value, list) and value]
        if not lists:
            continue
        if all(isinstance(item, str) for item in lists[0]):
            paths += [f"{name}[0]"] if _prose([held[0] for held in lists]) > 0.25 else []
        elif isinstance(lists[0][0], dict):
            spoken = not SPEAKERS.isdisjoint(lists[0][0]) or max(map(len, lists)) == 1
            inner = {
                key: [one[-1].get(key) for one in lists if isinstance(one[-1], dict)]
                for key in lists[0][0]
            }
            which = "-1" if spoken else "*"
            for key, held in inner.items():
                path = f"{name}[{which}].{key}"
                paths += [path] if _prose(held) > 0.1 else _inside(path, held)
    return paths


def _inside(path: str, held: Sequence[Any]) -> list[str]:
    """Paths to text inside what the items of a list hold, as ``message.content`` of a choice."""
    if not any(isinstance(value, dict | list) for value in held):
        return []
    deeper = {name: one for name, one in _flat({path: held}).items() if _prose(one) > 0.1}
    return [*deeper, *_turns({path: held})]


def _candidate(name: str, values: Sequence[Any]) -> _Candidate:
    prose = _prose(values)
    return _Candidate(name, prose, prose * _name_weight(name))


def _name_weight(name: str) -> float:
    """How much a name speaks for the text of a document, from 0.1 to 1.

    >>> [_name_weight(name) for name in ("Answer.summary", "Input.abstract", "workerId", "x")]
    [1.0, 0.25, 0.1, 0.5]
    """
    words = re.findall(r"[a-z]+", _CAMEL.sub(" ", name).lower())
    if any(map(_RECORD.fullmatch, words[-1:])) or any(map(_ALWAYS_RECORD.fullmatch, words)):
        return 0.1
    if any(map(_TASK.fullmatch, words)):
        return 0.25
    return 1.0 if any(map(_ANSWER.fullmatch, words)) else 0.5


def _prose(values: Sequence[Any]) -> float:
    """How much the values are texts of people or machines rather than data, from 0 to 1."""
    strings = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for value in values
        if isinstance(value, str | bytes) and value
    ]
    if not strings:
        return 0.0
    distinct = min(1.0, 2 * len(set(strings)) / len(strings))
    present = len(strings) / len(values)
    return distinct * present * fmean(map(_like_prose, strings))


def _is_packed(values: Sequence[Any]) -> bool:
    """Whether most values are XML or JSON written into a string."""
    strings = [value for value in values if isinstance(value, str) and value]
    return 2 * sum(map(_is_data, strings)) > len(strings)


def _is_data(value: str) -> bool:
    whole = value.strip()
    return whole.startswith("<?xml") or (whole[:1] in ("{", "[") and whole[-1:] in ("}", "]"))


def _like_prose(value: str) -> float:
    if not value.strip() or _URL.match(value) or _AGENT.match(value):
        return 0.001
    if _is_data(value):
        return 0.001
    plain = _MARKUP.sub("", value)
    # Scripts without spaces are counted by their letters.
    begin = plain[:200]
    unspaced = 0 if begin.isascii() else sum(letter > "\u2e80" for letter in begin) // 2
    spaced = any(map(str.isspace, plain.strip()))
    found = sum(1 for _ in islice(_WORD.finditer(plain), _WORDS))
    words = max(found if spaced else 0.1, unspaced)
    return max(0.001, min(1.0, words / _WORDS) * len(plain) / len(value))
