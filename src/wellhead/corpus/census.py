"""The count of what came in: rows, documents, exact duplicates, and what could not be used."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Census", "Sampled", "Tally", "Unusable", "fingerprint"]

EXAMPLES = 20
SAMPLE = 3


class Unusable(NamedTuple):
    """One row that could not be used.

    Args:
        file: the file or object it stands in.
        row: its line in JSONL or text, its record in CSV, its row elsewhere; counted from 1.
        reason: why.
    """

    file: str
    row: int
    reason: str


class Sampled(NamedTuple):
    """One document as it was read: where it stands, and its text."""

    file: str
    row: int
    text: str


@dataclass(frozen=True)
class Census:
    """What one whole pass over a corpus found.

    Args:
        rows: every row of the source; ``documents`` and the unusable ones together.
        documents: rows with a usable text, exact duplicates among them.
        duplicates: documents whose text (NFC) came before; as evidence they count once.
        unusable: number of rows by reason.
        examples: the first rows of each reason, at most twenty.
        sha256: fingerprint of the content: the SHA-256 over the content hashes in order. Equal
            fingerprints mean equal texts in equal order, whatever the file format.
        filtered: rows that a condition leaves out; they are not among ``rows``.
        characters: lengths of the documents: smallest, quartiles, largest; empty without any.
        sample: three documents drawn by their content hash, in the order of the corpus.
    """

    rows: int
    documents: int
    duplicates: int
    unusable: dict[str, int]
    examples: tuple[Unusable, ...]
    sha256: str
    filtered: int = 0
    characters: tuple[int, ...] = ()
    sample: tuple[Sampled, ...] = ()

    @property
    def distinct(self) -> int:
        """The number of different texts."""
        return self.documents - self.duplicates

    def to_dict(self) -> dict[str, Any]:
        """The census as plain values."""
        return {
            "rows": self.rows,
            "documents": self.documents,
            "distinct": self.distinct,
            "duplicates": self.duplicates,
            "unusable": dict(self.unusable),
            "examples": [example._asdict() for example in self.examples],
            "sha256": self.sha256,
            "filtered": self.filtered,
            "characters_quantiles": list(self.characters),
            "sample": [document._asdict() for document in self.sample],
        }

    def to_json(self) -> str:
        """The census as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


class Tally:
    """Counts along a pass. Remembers 16 bytes of every different text, to know it again."""

    def __init__(self) -> None:
        self.documents = 0
        self.duplicates = 0
        self._unusable: Counter[str] = Counter()
        self._examples: list[Unusable] = []
        self._seen: set[bytes] = set()
        self._fingerprint = hashlib.sha256()
        self._lengths = array("q")
        self._sample: list[tuple[bytes, int, Sampled]] = []
        self.filtered = 0

    @property
    def unusable(self) -> Mapping[str, int]:
        """The rows so far that cannot be used, by reason."""
        return self._unusable

    def reject(self, file: str, row: int, reason: str) -> None:
        """Count a row that cannot be used."""
        self._unusable[reason] += 1
        if self._unusable[reason] <= EXAMPLES:
            self._examples.append(Unusable(file, row, reason))

    def admit(
        self,
        digests: Sequence[bytes],
        lengths: NDArray[np.int64],
        document: Callable[[int], Sampled],
    ) -> list[bool]:
        """Count some documents; which of them have a text that is new.

        Args:
            digests: their content hashes, as bytes.
            lengths: how many characters they have.
            document: what is known of the one at a place among them.
        """
        joined = b"".join(digests)
        self._fingerprint.update(joined)
        self._lengths.frombytes(lengths.astype(np.int64).tobytes())
        new = self._new([digest[:16] for digest in digests])
        beginnings = np.frombuffer(joined, ">u8")[::4]
        for at in np.flatnonzero(beginnings <= int.from_bytes(self._bound[:8], "big")).tolist():
            if new[at] and digests[at] < self._bound:
                held = (digests[at], self.documents + at, document(at))
                self._sample = sorted([*self._sample, held])[:SAMPLE]
        self.documents += len(new)
        self.duplicates += new.count(False)
        return new

    def _new(self, keys: list[bytes]) -> list[bool]:
        """Which of these were not seen before; all are seen from now on."""
        seen, remember = self._seen, self._seen.add
        distinct = set(keys)
        if len(distinct) == len(keys) and seen.isdisjoint(distinct):
            seen |= distinct
            return [True] * len(keys)
        return [key not in seen and remember(key) is None for key in keys]

    @property
    def _bound(self) -> bytes:
        """Digests of the sample are below this one."""
        return self._sample[-1][0] if len(self._sample) == SAMPLE else b"\xff" * 33

    def census(self) -> Census:
        """The counts so far."""
        return Census(
            rows=self.documents + self._unusable.total(),
            documents=self.documents,
            duplicates=self.duplicates,
            unusable=dict(self._unusable.most_common()),
            examples=tuple(self._examples),
            sha256=self._fingerprint.hexdigest(),
            filtered=self.filtered,
            characters=self._quantiles(),
            sample=tuple(one for _, _, one in sorted(self._sample, key=lambda held: held[1])),
        )

    def _quantiles(self) -> tuple[int, ...]:
        if not self._lengths:
            return ()
        lengths = np.frombuffer(self._lengths, np.int64)
        return tuple(np.quantile(lengths, [0, 0.25, 0.5, 0.75, 1], method="nearest").tolist())


def fingerprint(hashes: Iterable[str]) -> str:
    """`Census.sha256` of documents with these content hashes, in this order."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, hashes))).hexdigest()
