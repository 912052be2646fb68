"""What a model has answered, kept as it comes, so that a stopped evaluation asks nothing twice.

A file of JSON lines, one a question: a digest of what was asked, and the answer. It is appended to;
a last line that a kill cut off is dropped. The file belongs to the weights and not to a path: it is
named by their digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["Answers", "digest_of", "key_of"]

# What of a checkpoint decides its answers.
DECIDING = (".safetensors", ".bin", ".gguf", ".json", ".model", ".txt")


class Answers:
    """The answers of one model; kept in memory only when `path` is None."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known: dict[str, Any] = {}
        self._whole = True
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                self._read(line)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> Any:
        return self._known[key]

    def add(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Keep answers by their keys."""
        new = dict(pairs)
        self._known.update(new)
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            json.dumps([key, answer], ensure_ascii=False) + "\n" for key, answer in new.items()
        ]
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write("\n" * (not self._whole) + "".join(lines))
        self._whole = True

    def _read(self, line: str) -> None:
        self._whole = line.endswith("\n")
        try:
            key, answer = json.loads(line)
        except ValueError:
            return
        self._known[str(key)] = answer


def key_of(method: str, arguments: tuple[Any, ...]) -> str:
    """A digest of a question.

    >>> key_of("loglikelihood", ("a", " b")) == key_of("loglikelihood", ("a", " c"))
    False
    """
    asked = json.dumps([method, *arguments], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:32]


def digest_of(paths: Iterable[Path]) -> str:
    """A digest of the files that decide what a model answers."""
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda each: each.name):
        if path.is_file() and path.suffix in DECIDING:
            with path.open("rb") as stream:
                total.update(path.name.encode())
                total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()[:16]
