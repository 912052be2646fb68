"""What every result can do: become a dictionary, JSON, a page, a file, a notebook cell.

A result is a frozen dataclass that inherits `Result`. Its fields flow out as JSON in the order in
which they are declared; fields whose name starts with an underscore are left out. It knows nothing
of its page: the module ``page`` beside a result registers how it looks with `render`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from functools import singledispatch
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from wellhead._atomic import atomic_path, write_text
from wellhead.errors import WellheadError

__all__ = ["Page", "Part", "Result", "plain", "render"]

ROWS = 1000


class Page(Protocol):
    """What `render` makes: `wellhead.report.Page`, which lies above this module."""

    @property
    def title(self) -> str: ...
    @property
    def lead(self) -> str: ...
    @property
    def facts(self) -> Sequence[tuple[str, str]]: ...
    @property
    def sections(self) -> Sequence[Any]: ...
    @property
    def alerts(self) -> Sequence[Any]: ...
    def to_html(self) -> str: ...
    def to_markdown(self) -> str: ...
    def save_html(self, path: str | os.PathLike[str]) -> None: ...
    def save_markdown(self, path: str | os.PathLike[str]) -> None: ...
    def _repr_html_(self) -> str: ...


class Part(NamedTuple):
    """One file of a saved result: its name in the folder, and what writes it to a path."""

    name: str
    write: Callable[[Path], None]


@singledispatch
def render(result: Any) -> Page:
    """The page of a result, as the module ``page`` of its package registered it.

    Raises:
        TypeError: nothing was registered for this class.
    """
    made_in = type(result).__module__.rpartition(".")[0]
    import_module(f"{made_in}.page")
    made = render.dispatch(type(result))
    if made is render.dispatch(object):
        raise TypeError(f"{made_in}.page registers no page for a {type(result).__name__}")
    page: Page = made(result)
    return page


class Result:
    """A mixin for frozen dataclasses; a class that sets `schema_version` writes it first.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Well(Result):
    ...     schema_version = 1
    ...     depth: float
    ...     clean: tuple[bool, ...]
    >>> Well(depth=float("nan"), clean=(True, False)).to_dict()
    {'schema_version': 1, 'depth': None, 'clean': [True, False]}
    """

    schema_version: ClassVar[int | None] = None
    stem: ClassVar[str] = "report"

    def page(self) -> Page:
        """What a person sees of this result."""
        return render(self)

    def to_dict(self, *, rows: int | None = ROWS) -> dict[str, Any]:
        """The result as JSON-safe values.

        NaN and infinities become None, arrays lists, and an Arrow table
        ``{"total": …, "rows": [...]}`` with at most `rows` rows (None for all).
        """
        known = {"schema_version": self.schema_version} if self.schema_version is not None else {}
        return {**known, **plain(self, rows=rows)}

    def to_json(self, *, rows: int | None = ROWS) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(rows=rows), ensure_ascii=False, allow_nan=False, indent=2)

    def save_json(self, path: str | os.PathLike[str], *, rows: int | None = None) -> None:
        """Write `to_json`, with all rows of tables unless told otherwise."""
        write_text(path, self.to_json(rows=rows) + "\n")

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write the page as one offline HTML file."""
        self.page().save_html(path)

    def save_markdown(self, path: str | os.PathLike[str]) -> None:
        """Write the page as Markdown."""
        self.page().save_markdown(path)

    def parts(self) -> dict[str, Part]:
        """The files that `save` writes, by kind."""
        return {
            "json": Part(f"{self.stem}.json", self.save_json),
            "markdown": Part(f"{self.stem}.md", self.save_markdown),
            "html": Part(f"{self.stem}.html", self.save_html),
        }

    def save(self, folder: str | os.PathLike[str]) -> dict[str, Path]:
        """Write every part into `folder`, each whole or not at all; the paths by kind.

        Raises:
            WellheadError: some part could not be written; the message names it and why, and the
                other parts are there.
        """
        paths: dict[str, Path] = {}
        failed: list[str] = []
        for kind, part in self.parts().items():
            target = Path(folder) / part.name
            try:
                with atomic_path(target) as temporary:
                    part.write(temporary)
            except (OSError, WellheadError) as error:
                failed.append(f"{part.name} ({getattr(error, 'strerror', None) or error})")
            else:
                paths[kind] = target
        if failed:
            kept = ", ".join(path.name for path in paths.values()) or "nothing"
            raise WellheadError(
                f"{folder}: could not write {'; '.join(failed)}. Written: {kept}. Make room or "
                "choose another folder, then save again."
            )
        return paths

    def __repr__(self) -> str:
        """The answer and its figures in a few lines; the class needs ``dataclass(repr=False)``."""
        page = self.page()
        said = textwrap.fill(page.lead.split("\n\n")[0], 78, max_lines=4, placeholder=" …")
        facts = [textwrap.shorten(f"{name}: {value}", 78) for name, value in page.facts[:6]]
        return "\n  ".join([f"{type(self).__name__}:", *said.splitlines(), *facts])

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()


def plain(value: Any, *, rows: int | None = ROWS) -> Any:
    """`value` made of what JSON knows.

    Raises:
        TypeError: a kind of value that has no JSON form.

    >>> plain({"a": np.float64("inf"), "b": np.arange(3), "c": (1, "x")})
    {'a': None, 'b': [0, 1, 2], 'c': [1, 'x']}
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist(), rows=rows)
    return _composed(value, rows)


def _composed(value: Any, rows: int | None) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.name[0] != "_"]
        return {name: plain(getattr(value, name), rows=rows) for name in names}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict(), rows=rows)
    if isinstance(value, Mapping):
        return {_key(key): plain(item, rows=rows) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [plain(item, rows=rows) for item in sorted(value)]
    if isinstance(value, date | PurePath):
        return value.isoformat() if isinstance(value, date) else str(value)
    if hasattr(value, "to_pylist"):
        return _arrow(value, rows)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item, rows=rows) for item in value]
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def _key(key: Any) -> str:
    return str(plain(key.value if isinstance(key, Enum) else key))


def _arrow(value: Any, rows: int | None) -> Any:
    """Arrow arrays as lists, tables as their first rows with the total beside them."""
    if not hasattr(value, "num_rows"):
        return plain(value.to_pylist(), rows=rows)
    kept = value if rows is None else value.slice(0, rows)
    return {"total": value.num_rows, "rows": [plain(row, rows=rows) for row in kept.to_pylist()]}
