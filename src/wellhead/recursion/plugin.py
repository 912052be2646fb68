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

import msgspec

from wellhead._registry import Registry
from wellhead.errors import BadSetting, unknown_name

__all__ = ["build", "describe", "require", "typed"]

T = TypeVar("T")
NAMES = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}


def build(known: Registry[type[T]], given: object, *, where: str) -> T:
    """The plug-in that `given` (a name, or a table with a ``name``) asks for.

    Raises:
        BadSetting: unknown name, unknown key, wrong type, or a value outside its range.
    """
    table = {"name": given} if isinstance(given, str) else given
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise BadSetting(f"{where}: expected a name or a table with a name, got {given!r}.")
    cls: Any = known[table["name"]]
    fields = {field.name: field for field in dataclasses.fields(cls)}
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "name":
            continue
        if key not in fields:
            raise BadSetting(f"{where}.{key}: {unknown_name(f'setting of {where}', key, fields)}")
        values[key] = typed(value, hints[key], f"{where}.{key}")
    free = (dataclasses.MISSING, dataclasses.MISSING)
    needed = (n for n, each in fields.items() if (each.default, each.default_factory) == free)
    missing = ", ".join(sorted(set(needed) - set(values)))
    require(not missing, f"{where}: '{table['name']}' also needs {missing}.")
    try:
        built: T = cls(**values)
    except BadSetting as error:
        raise BadSetting(f"{where}: {error}") from None
    return built


def typed(value: object, kind: Any, where: str) -> Any:
    """The value as `kind`, an annotation: an int is also a float, a list a tuple; nothing else.

    >>> typed([1, 2], tuple[float, ...], "sizes")
    (1.0, 2.0)

    Raises:
        BadSetting: another type, or a number that is not finite.
    """
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise BadSetting(f"{where}: expected {_spoken(kind)}, got {value!r}.") from None
    numbers = found if isinstance(found, tuple) else (found,)
    if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
        raise BadSetting(f"{where}: expected a finite number, got {value!r}.")
    return found


def describe(known: Registry[type[T]], thing: T) -> dict[str, Any]:
    """The table that builds `thing` again, defaults written out.

    >>> from wellhead.recursion.regimes import REGIMES, FixedOriginal
    >>> describe(REGIMES, FixedOriginal(share=0.2))
    {'name': 'fixed-original', 'share': 0.2, 'redraw': False}
    """
    cls: Any = type(thing)
    table = {"name": _name_of(known, cls), **msgspec.to_builtins(thing)}
    return {key: value for key, value in table.items() if value is not None}


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


def _spoken(kind: Any) -> str:
    if typing.get_origin(kind) is tuple:
        return "a list"
    return NAMES.get(str(getattr(kind, "__name__", kind)).removesuffix(" | None"), str(kind))
