"""Every error that wellhead raises on purpose, as one tree.

::

    WellheadError                 exit code 5: a full disk, a server that does not answer
    ├── BadInput                  3   data that cannot be used as it is
    │   └── UnusableReference     3   a reference that cannot anchor an estimate
    ├── CannotBeSaid              3   with --strict: the evidence allows no share
    ├── BadSetting                2   a setting outside its range, or settings that contradict
    ├── MissingExtra              4   an optional dependency is not installed
    ├── LimitExceeded             1   a limit that the user set is exceeded
    └── Interrupted               130 stopped by the user; what was done is kept

A message says what was expected, what came, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BadInput",
    "BadSetting",
    "CannotBeSaid",
    "Interrupted",
    "LimitExceeded",
    "MissingExtra",
    "UnusableReference",
    "WellheadError",
    "unknown_name",
]


class WellheadError(Exception):
    """Base of every error that wellhead raises on purpose."""

    exit_code = 5


class BadInput(WellheadError):
    """Data that cannot be used as it is: a wrong column, a corrupt file, nothing in it."""

    exit_code = 3


class UnusableReference(BadInput):
    """A reference (human, machine or labelled) that cannot anchor an estimate."""


class CannotBeSaid(WellheadError):
    """The evidence allows no share and the user asked for an error then; the result is complete."""

    exit_code = 3


class BadSetting(WellheadError, ValueError):
    """A setting outside its range, or two settings that contradict each other."""

    exit_code = 2


class MissingExtra(WellheadError, ImportError):
    """An optional dependency is not installed.

    Args:
        what: what the user wanted to do, for the message.
        extra: the name of the extra that brings the dependency, or packages by space.
    """

    exit_code = 4

    def __init__(self, what: str, extra: str) -> None:
        # What is no extra of ours is a list of packages.
        packages = extra if " " in extra else f"'wellhead[{extra}]'"
        super().__init__(
            f"{what} needs an optional dependency. Install it with: pip install {packages}"
        )
        self.extra = extra


class LimitExceeded(WellheadError):
    """A limit that the user set is exceeded; the result itself is complete."""

    exit_code = 1


class Interrupted(WellheadError):
    """The user stopped the work; what was finished is kept and will not be done again."""

    exit_code = 130


def unknown_name(kind: str, name: str, known: Iterable[str]) -> BadSetting:
    """An error for a name that is not known, with the nearest known one.

    >>> str(unknown_name("regime", "acumulate", ["replace", "accumulate"]))
    "unknown regime 'acumulate': did you mean 'accumulate'? Known: accumulate, replace"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f": did you mean '{close[0]}'?" if close else "."
    return BadSetting(f"unknown {kind} '{name}'{hint} Known: {', '.join(names)}")
