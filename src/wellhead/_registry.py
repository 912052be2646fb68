"""Named plug-ins: ours by decorator, other people's by entry point."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib.metadata import EntryPoints, entry_points
from typing import Generic, TypeVar

from wellhead.errors import unknown_name

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """The known things of one kind (scorers, families, regimes, readers), by name.

    Args:
        kind: what one of them is called in messages, for example ``"regime"``.
        group: the entry-point group through which other packages add theirs.

    Attributes:
        registered: what was added here or has been loaded, by name.

    >>> pumps = Registry[type]("pump", "wellhead.pumps")
    >>> @pumps.register("hand")
    ... class Hand: ...
    >>> pumps["hand"] is Hand, pumps.names()
    (True, ['hand'])
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self.registered: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that adds what it decorates under `name`."""

        def add(thing: T) -> T:
            self.registered[name] = thing
            return thing

        return add

    def names(self) -> list[str]:
        """Every known name, those of installed plug-ins included."""
        return sorted({*self.registered, *self._others.names})

    @cached_property
    def _others(self) -> EntryPoints:
        """What other packages add; looked up once, for every installed package is read."""
        return entry_points(group=self.group)

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def __getitem__(self, name: str) -> T:
        """The thing called `name`.

        Raises:
            BadSetting: nothing is called so; the message names the nearest known one.
        """
        if name in self.registered:
            return self.registered[name]
        for point in self._others.select(name=name):
            loaded: T = point.load()
            return self.registered.setdefault(name, loaded)
        raise unknown_name(self.kind, name, self.names())
