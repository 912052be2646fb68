"""What of each row is the text, and which rows count: paths, joined columns, conditions.

A text column is a column's name, a JMESPath into nested values (``messages[-1].content``, also
where they are kept as a string of JSON), or several of these with ``+`` between them, joined by a
blank line. A condition is an expression over columns such as ``split == 'test' and year > 2000``.
Nothing a user writes is ever run as Python: paths go through `jmespath`, conditions through
`simpleeval`, which evaluates a syntax tree of comparisons.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wellhead.corpus.columns import require_column
from wellhead.corpus.validation import python_values, unfolded
from wellhead.errors import BadSetting

__all__ = ["Condition", "TextPath"]

_JOIN = re.compile(r"\s*\+\s*")
_BACKTICKS = re.compile(r"`([^`]+)`")


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
        return [_root(piece, columns) for piece in self.pieces(columns)]

    def of(self, columns: Mapping[str, Sequence[Any]], rows: int) -> list[Any]:
        """The text of each row; None where a row lacks it."""
        names = list(columns)
        parts = [self._values(piece, columns, rows) for piece in self.pieces(names)]
        if len(parts) == 1:
            return list(parts[0])
        return [_joined(values) for values in zip(*parts, strict=True)]

    def _values(self, piece: str, columns: Mapping[str, Sequence[Any]], rows: int) -> Sequence[Any]:
        root = _root(piece, list(columns))
        if root not in columns:
            return [None] * rows
        values = python_values(columns[root])
        if root == piece:
            return values
        find = self._compiled.setdefault(piece, _finder(piece.removeprefix(root)))
        return [_one(find(unfolded(value))) for value in values]


def _root(piece: str, columns: Sequence[str]) -> str:
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


class Condition:
    """Which rows count.

    Args:
        expression: comparisons of columns with values, joined by ``and``, ``or``, ``not``. A name
            that is no plain word stands in backticks; a dot leads into an object. A number and
            a string that reads as a number are compared as numbers.

    Raises:
        BadSetting: the expression cannot be read.

    >>> keep = Condition("`Work time` > 60 and country in ['KZ', 'KG']")
    >>> keep.of({"Work time": ["61", "7"], "country": ["KZ", "KZ"]}, 2, "t.csv")
    [True, False]
    """

    def __init__(self, expression: str) -> None:
        from simpleeval import EvalWithCompoundTypes

        self.expression = expression
        self._names: dict[str, str] = {}
        plain = _BACKTICKS.sub(self._placeholder, expression)
        try:
            self._tree = _Dots(self._names).visit(EvalWithCompoundTypes.parse(plain))
        except Exception as error:
            raise self._unreadable(error) from error
        if not isinstance(self._tree, ast.Expr | ast.expr):
            raise self._unreadable(ValueError("to compare, write =="))
        self._evaluator = EvalWithCompoundTypes(operators=_OPERATORS, functions={})

    @property
    def columns(self) -> list[str]:
        """The columns and paths that the expression names."""
        return [
            self._names.get(node.id, node.id)
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name)
        ]

    def of(self, columns: Mapping[str, Sequence[Any]], rows: int, where: str) -> list[bool]:
        """Whether each row counts.

        Raises:
            BadInput: there is no such column.
            BadSetting: the expression does more than compare.
        """
        held: dict[str, list[Any]] = {}
        for name in self.columns:
            if _root(name, list(columns)) not in columns:
                require_column(name, list(columns), f"{where}: --where")
            held[name] = TextPath(name).of(columns, rows)
        return [self._holds({name: held[name][row] for name in held}) for row in range(rows)]

    def _holds(self, row: Mapping[str, Any]) -> bool:
        self._evaluator.names = lambda node: row[self._names.get(node.id, node.id)]
        try:
            return bool(self._evaluator.eval(self.expression, previously_parsed=self._tree))
        except TypeError:
            return False
        except Exception as error:
            raise self._unreadable(error) from error

    def _placeholder(self, match: re.Match[str]) -> str:
        name = f"column_{len(self._names)}_"
        self._names[name] = match.group(1)
        return name

    def _unreadable(self, error: Exception) -> BadSetting:
        return BadSetting(
            "--where expects comparisons such as \"split == 'test' and year > 2000\", got "
            f'"{self.expression}" ({str(error).splitlines()[0] if str(error) else error!r})'
        )


class _Dots(ast.NodeTransformer):
    """Turns ``data.year`` into one name, so that a column may be called so."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        inner = self.visit(node.value)
        if not isinstance(inner, ast.Name):
            return node
        return ast.Name(f"{self._names.get(inner.id, inner.id)}.{node.attr}", ast.Load())


def _like(one: Any, other: Any) -> tuple[Any, Any]:
    """Two values that can be compared: a number and the string of a number become numbers."""
    for first, second, turn in ((one, other, False), (other, one, True)):
        if isinstance(first, str) and isinstance(second, int | float):
            try:
                pair = (float(first), float(second))
            except ValueError:
                continue
            return pair[::-1] if turn else pair
    return one, other


def _compares(operation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda one, other: operation(*_like(one, other))


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Eq: _compares(lambda a, b: a == b),
    ast.NotEq: _compares(lambda a, b: a != b),
    ast.Lt: _compares(lambda a, b: a < b),
    ast.LtE: _compares(lambda a, b: a <= b),
    ast.Gt: _compares(lambda a, b: a > b),
    ast.GtE: _compares(lambda a, b: a >= b),
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
    ast.Not: lambda a: not a,
    ast.USub: lambda a: -a,
}
