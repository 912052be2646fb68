"""The count of what came in: rows, documents, exact duplicates, and what could not be used."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Census", "Tally", "Unusable"]

EXAMPLES = 20


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
    """

    rows: int
    documents: int
    duplicates: int
    unusable: dict[str, int]
    examples: tuple[Unusable, ...]
    sha256: str

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

    def reject(self, file: str, row: int, reason: str) -> None:
        """Count a row that cannot be used."""
        self._unusable[reason] += 1
        if self._unusable[reason] <= EXAMPLES:
            self._examples.append(Unusable(file, row, reason))

    def admit(self, sha256: str) -> bool:
        """Count a document by its content hash; true when its text is new."""
        digest = bytes.fromhex(sha256)
        self._fingerprint.update(digest)
        self.documents += 1
        if digest[:16] in self._seen:
            self.duplicates += 1
            return False
        self._seen.add(digest[:16])
        return True

    def census(self) -> Census:
        """The counts so far."""
        return Census(
            rows=self.documents + self._unusable.total(),
            documents=self.documents,
            duplicates=self.duplicates,
            unusable=dict(self._unusable.most_common()),
            examples=tuple(self._examples),
            sha256=self._fingerprint.hexdigest(),
        )
