"""What of each row is the text: columns, paths into nested values, and several of these joined.

A text column is a column's name, a JMESPath into nested values (``messages[-1].content``, also
where they are kept as a string of JSON), or several of these with ``+`` between them, joined by a
blank line. Nothing a user writes is ever run as Python: paths go through `jmespath`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wellhead.corpus.validation import python_values, unfolded
from wellhead.errors import BadSetting

__all__ = ["TextPath", "root_of"]

_JOIN = re.compile(r"\s*\+\s*")


class TextPath:
    """Where the text of a row lies.

    Args:
        path: a name, a path, or several joined by ``+``.

    >>> rows = {"title": ["Rain"], "turns": [[{"role": "user", "content": "It fell."}]]}
    >>> TextPath("title + turns[-1].content").of(rows, 1)
    ['Rain\\n\\nIt fell.']
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._compiled: dict[str, Callable[[Any], Any]] = {}

    def __str__(self) -> str:
        return self.path

    def pieces(self, columns: Sequence[str]) -> list[str]:
        """The names and paths that are joined, where `columns` has no column of the whole name."""
        return [self.path] if self.path in columns else _JOIN.split(self.path.strip())

    def roots(self, columns: Sequence[str]) -> list[str]:
        """The columns that the text is taken from."""
        return [root_of(piece, columns) for piece in self.pieces(columns)]

    def of(self, columns: Mapping[str, Sequence[Any]], rows: int) -> Sequence[Any]:
        """The text of each row; None where a row lacks it. One column stays what it is."""
        names = list(columns)
        pieces = self.pieces(names)
        if pieces == [self.path] and self.path in columns:
            return columns[self.path]
        parts = [self._values(piece, columns, rows) for piece in pieces]
        if len(parts) == 1:
            return parts[0]
        return [_joined(values) for values in zip(*parts, strict=True)]

    def _values(self, piece: str, columns: Mapping[str, Sequence[Any]], rows: int) -> Sequence[Any]:
        root = root_of(piece, list(columns))
        if root not in columns:
            return [None] * rows
        values = python_values(columns[root])
        if root == piece:
            return values
        find = self._compiled.setdefault(piece, _finder(piece.removeprefix(root)))
        return [_one(find(unfolded(value))) for value in values]


def root_of(piece: str, columns: Sequence[str]) -> str:
    """The column that a path begins with: the longest name that fits, else its first word."""
    fitting = [
        name for name in columns if piece == name or piece.startswith((f"{name}.", f"{name}["))
    ]
    return max(fitting, key=len, default=re.split(r"[.\[]", piece, maxsplit=1)[0])


def _finder(path: str) -> Callable[[Any], Any]:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(path.removeprefix("."))
    except JMESPathError as error:
        raise BadSetting(
            f"--text-column expects a column or a path such as messages[-1].content, got "
            f"'{path}' ({str(error).splitlines()[0]})"
        ) from error

    def find(value: Any) -> Any:
        try:
            return compiled.search(value)
        except JMESPathError:
            return None

    return find


def _one(value: Any) -> Any:
    """Texts of a list as one text."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _joined(value)
    return value


def _joined(values: Sequence[Any]) -> str | None:
    held = [value for value in values if isinstance(value, str) and value.strip()]
    return "\n\n".join(held) if held else None
