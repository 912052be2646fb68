"""Which rows count: comparisons of columns with values, as ``split == 'test' and year > 2000``.

Nothing a user writes is ever run as Python: what is parsed may only compare, and goes to
`simpleeval`, which evaluates a syntax tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wellhead.corpus.columns import require_column
from wellhead.corpus.condition_errors import told
from wellhead.corpus.selection import TextPath, root_of
from wellhead.corpus.validation import python_values
from wellhead.errors import BadInput, BadSetting

__all__ = ["Condition"]

_BACKTICKS = re.compile(r"`([^`]+)`")
_COMPARING = (
    *(ast.Expr, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Name, ast.Constant, ast.List, ast.Tuple),
    *(ast.boolop, ast.cmpop, ast.Not, ast.USub, ast.expr_context),
)
_OTHERWISE: dict[type[ast.AST], str] = {
    ast.Call: "it compares and calls no functions",
    ast.BinOp: "it compares and does not calculate",
    ast.Attribute: "a dot leads from a column into it",
    ast.Subscript: "a dot leads into a column: data.year",
}


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
        self._tree = self._parsed(" ".join(expression.splitlines()).strip())
        self._evaluator = EvalWithCompoundTypes(operators=_OPERATORS, functions={})

    def _parsed(self, expression: str) -> ast.expr:
        """The tree of comparisons.

        Raises:
            BadSetting: it is none; the place is marked.
        """
        plain = _BACKTICKS.sub(self._placeholder, expression)
        try:
            body = ast.parse(plain).body
        except SyntaxError as error:
            raise self._unreadable(self._at(plain, error.offset)) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise self._unreadable() from error
        if len(body) != 1 or not isinstance(body[0], ast.Expr):
            raise self._unreadable(why="one comparison, without ;" if len(body) > 1 else "")
        tree: ast.expr = _Dots(self._names).visit(body[0]).value
        for node in ast.walk(tree):
            if not isinstance(node, _COMPARING):
                raise self._unreadable(why=_OTHERWISE.get(type(node), "it only compares"))
        if isinstance(tree, ast.Tuple | ast.List):
            raise self._unreadable(why="a number has no comma, and a list stands after in")
        if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
            raise self._unreadable(why="no column is named in it")
        return tree

    def _at(self, plain: str, offset: int | None) -> int | None:
        """Where in what the user wrote a place in the parsed text lies; None for everywhere."""
        if offset is None:
            return None
        before = plain[: max(offset - 1, 0)]
        for placeholder, name in self._names.items():
            before = before.replace(placeholder, f"`{name}`")
        space = len(self.expression) - len(self.expression.lstrip())
        return space + len(before)

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
        held: dict[str, Sequence[Any]] = {}
        for name in self.columns:
            if root_of(name, list(columns)) not in columns:
                _require(name, list(columns), f"{where}: --where")
            held[name] = python_values(TextPath(name).of(columns, rows))
        return [self._holds({name: held[name][row] for name in held}) for row in range(rows)]

    def _holds(self, row: Mapping[str, Any]) -> bool:
        self._evaluator.names = lambda node: row[self._names.get(node.id, node.id)]
        try:
            return bool(self._evaluator.eval(self.expression, previously_parsed=self._tree))
        except TypeError:
            return False
        except Exception as error:
            raise self._unreadable(why=str(error)[:100]) from error

    def _placeholder(self, match: re.Match[str]) -> str:
        name = f"column_{len(self._names)}_"
        self._names[name] = match.group(1)
        return name

    def _unreadable(self, at: int | None = None, why: str = "") -> BadSetting:
        return BadSetting(told(self.expression, at, why))


def _require(name: str, columns: Sequence[str], where: str) -> None:
    try:
        require_column(name, columns, where)
    except BadInput as error:
        raise BadInput(f"{error}; a value that is a word stands in quotes: '{name}'") from None


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


def _among(one: Any, held: Any) -> bool:
    """Whether a value is one of a list's, or a text part of another."""
    if isinstance(held, list | tuple):
        return any(a == b for a, b in (_like(one, each) for each in held))
    return one in held


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Eq: _compares(lambda a, b: a == b),
    ast.NotEq: _compares(lambda a, b: a != b),
    ast.Lt: _compares(lambda a, b: a < b),
    ast.LtE: _compares(lambda a, b: a <= b),
    ast.Gt: _compares(lambda a, b: a > b),
    ast.GtE: _compares(lambda a, b: a >= b),
    ast.In: lambda a, b: _among(a, b),
    ast.NotIn: lambda a, b: not _among(a, b),
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
    ast.Not: lambda a: not a,
    ast.USub: lambda a: -a,
}
