"""Settings of plug-ins: a table of a config file becomes a checked frozen dataclass.

Families, regimes, samplers, selectors and schedules are frozen dataclasses; the fields are
their settings. In: a table such as ``{"name": "fixed-original", "share": 0.1}`` or the name. Out:
the instance. Unknown keys and values of the wrong type raise `BadSetting` with the place, what
was expected and what came; ranges are the business of each ``__post_init__``.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from wellhead._registry import Registry
from wellhead.errors import BadSetting, unknown_name

__all__ = ["build", "describe", "require"]

T = TypeVar("T")


def build(known: Registry[type[T]], given: object, *, where: str) -> T:
    """The plug-in that `given` (a name, or a table with a ``name``) asks for.

    Raises:
        BadSetting: unknown name, unknown key, wrong type, or a value outside its range.
    """
    table = {"name": given} if isinstance(given, str) else given
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise BadSetting(f"{where}: expected a name or a table with a name, got {given!r}.")
    cls = known[table["name"]]
    fields = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "name":
            continue
        if key not in fields:
            raise BadSetting(f"{where}.{key}: {unknown_name(f'setting of {where}', key, fields)}")
        values[key] = _typed(value, hints[key], f"{where}.{key}")
    try:
        return cls(**values)
    except BadSetting as error:
        raise BadSetting(f"{where}: {error}") from None
    except TypeError:
        needed = {
            field.name
            for field in dataclasses.fields(cls)  # type: ignore[arg-type]
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        }
        missing = ", ".join(sorted(needed - set(values)))
        raise BadSetting(f"{where}: '{table['name']}' also needs {missing}.") from None


def describe(known: Registry[type[T]], thing: T) -> dict[str, Any]:
    """The table that builds `thing` again, defaults written out.

    >>> from wellhead.recursion.regimes import REGIMES, FixedOriginal
    >>> describe(REGIMES, FixedOriginal(share=0.2))
    {'name': 'fixed-original', 'share': 0.2, 'redraw': False}
    """
    cls: Any = type(thing)
    name = _name_of(known, cls)
    table: dict[str, Any] = {"name": name}
    for field in dataclasses.fields(thing):  # type: ignore[arg-type]
        value = getattr(thing, field.name)
        if value is not None:
            table[field.name] = list(value) if isinstance(value, tuple) else value
    return table


def require(condition: bool, message: str) -> None:
    """Raise `BadSetting` with `message` unless `condition` holds."""
    if not condition:
        raise BadSetting(message)


@lru_cache(maxsize=256)  # looking through installed plug-ins takes a while
def _name_of(known: Registry[Any], cls: type) -> str:
    for name in known.names():
        if known[name] is cls:
            return name
    raise BadSetting(f"{cls.__name__} is not a registered {known.kind}.")


def _typed(value: Any, hint: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if type(None) in arguments:
        hint = next(option for option in arguments if option is not type(None))
        return _typed(value, hint, where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise BadSetting(f"{where}: expected a list, got {value!r}.")
        return tuple(_typed(item, arguments[0], where) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise BadSetting(f"{where}: expected {_spoken(hint)}, got {value!r}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadSetting(f"{where}: expected a finite number, got {value!r}.")
    return value


def _spoken(hint: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    return names.get(hint, str(hint))
