"""A corpus as token numbers on disk, in shards, for corpora that do not fit into memory.

::

    tokens.json        block, end of text, sizes of the shards, what was read
    tokenizer/         as transformers reads it
    train-00000.npy    blocks of tokens (blocks, length), uint16 or uint32
    validation.jsonl   documents by which models are chosen
    held_out.jsonl     documents to measure on

A document goes to a part by the digest of its text, so that it lands in the same one whatever else
is in the corpus; exact copies never stand on both sides. Shards are read by memory mapping.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from wellhead._atomic import atomic_path, write_text
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.data import Array

__all__ = ["MANIFEST", "Cut", "ShardedTokens", "is_sharded", "read_shards", "write_shards"]

MANIFEST = "tokens.json"
SHARD = 1 << 26  # tokens: 128 MB at two bytes
LEARN = 20_000_000  # characters that a tokenizer is learned from
TOGETHER = 1000  # documents encoded at a time
MEASURED = 4_000_000  # characters, at most, of each part that is not learned from
LAYOUT = 1


@dataclass(frozen=True)
class Cut:
    """How a corpus is cut.

    Args:
        block: tokens in a block.
        vocabulary: of the tokenizer that is learned from the beginning of the corpus.
        held_out, validation: shares of documents, each at most 4 million characters.
        shard: tokens in a shard, about.
    """

    block: int = 512
    vocabulary: int = 32_000
    held_out: float = 0.01
    validation: float = 0.01
    shard: int = SHARD

    def __post_init__(self) -> None:
        if not 8 <= self.block <= 8192:
            raise BadSetting(f"block: expected 8 to 8192 tokens, got {self.block}.")
        if not 257 <= self.vocabulary <= 262_144:
            raise BadSetting(f"vocabulary: expected 257 to 262144, got {self.vocabulary}.")
        if not 0 < self.held_out < 0.5 or not 0 < self.validation < 0.5:
            raise BadSetting("expected shares held out and for validation in (0, 0.5).")


class ShardedTokens:
    """Blocks of tokens that lie in shards; rows are read when asked for.

    Args:
        shards: arrays (blocks, length), usually memory-mapped.

    >>> both = ShardedTokens([np.zeros((2, 3), np.uint16), np.ones((1, 3), np.uint16)])
    >>> both.shape, both[np.array([2, 0])].tolist()
    ((3, 3), [[1, 1, 1], [0, 0, 0]])
    """

    ndim = 2
    dtype = np.dtype(np.int32)

    def __init__(self, shards: list[Array]) -> None:
        self.shards = shards
        self.starts = np.cumsum([0, *(len(shard) for shard in shards)]).tolist()
        self.shape = (int(self.starts[-1]), int(shards[0].shape[1]))
        self.size = self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Array:
        rows, columns = index if isinstance(index, tuple) else (index, slice(None))
        numbers = np.arange(len(self))[rows] if isinstance(rows, slice) else np.asarray(rows)
        found = np.empty((len(numbers), self.shape[1]), dtype=np.int32)
        for place, number in enumerate(numbers.tolist()):
            shard = bisect_right(self.starts, number) - 1
            found[place] = self.shards[shard][number - self.starts[shard]]
        return found[:, columns]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.concatenate([np.asarray(shard) for shard in self.shards]).astype(
            dtype or np.int32
        )


def is_sharded(path: str) -> bool:
    """Whether this is a folder of shards."""
    return (Path(path) / MANIFEST).is_file()


def write_shards(documents: Iterable[str], folder: Path, cut: Cut) -> dict[str, Any]:
    """Tokenise a corpus into `folder`; what was written.

    Raises:
        BadSetting: the folder is not empty.
        BadInput: too little text.
    """
    from wellhead.recursion.families.transformer.tokens import learn

    if folder.exists() and any(folder.iterdir()):
        raise BadSetting(f"{folder} is not empty: name a new folder.")
    stream = iter(documents)
    first = list(_some(stream))
    if not first:
        raise BadInput("expected documents to learn from, and there are none.")
    tokens = learn(first, cut.vocabulary)
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder, cut, tokens.size)
    for batch in _batches(_chain(first, stream)):
        learned = [text for text in batch if writer.learned(text)]
        writer.add(tokens.stream(tokens.encode(learned)))
    tokens.tokenizer.save_pretrained(folder / "tokenizer")
    return writer.finish(tokens.end)


def read_shards(folder: str) -> tuple[ShardedTokens, dict[str, Any], dict[str, list[str]]]:
    """The blocks to learn from, the manifest, and the documents of the other two parts.

    Raises:
        BadInput: what is there is not what `write_shards` wrote.
    """
    path = Path(folder)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        shards = [
            np.load(path / f"train-{place:05d}.npy", mmap_mode="r", allow_pickle=False)
            for place in range(len(manifest["shards"]))
        ]
        apart = {
            part: [json.loads(line) for line in (path / f"{part}.jsonl").open(encoding="utf-8")]
            for part in ("validation", "held_out")
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{folder}: expected a tokenised corpus of wellhead collapse tokenise: {error}"
        ) from None
    if [len(shard) for shard in shards] != manifest["shards"]:
        raise BadInput(f"{folder}: its shards are not those that {MANIFEST} lists.")
    return ShardedTokens(shards), manifest, apart


class _Writer:
    """Blocks as they come, written a shard at a time."""

    def __init__(self, folder: Path, cut: Cut, vocabulary: int) -> None:
        self.folder, self.cut = folder, cut
        self.kind = np.uint16 if vocabulary <= 1 << 16 else np.uint32
        self.rest = np.empty(0, dtype=np.int32)
        self.shards: list[int] = []
        self.documents = 0
        self.apart: dict[str, list[str]] = {"validation": [], "held_out": []}

    def learned(self, text: str) -> bool:
        """Whether a document is learned from; those that are not are kept apart."""
        self.documents += 1
        place = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
        share = place / 2**64
        if share >= self.cut.held_out + self.cut.validation:
            return True
        part = self.apart["held_out" if share < self.cut.held_out else "validation"]
        if sum(map(len, part)) < MEASURED:
            part.append(text)
        return False

    def add(self, tokens: Array) -> None:
        self.rest = np.concatenate([self.rest, tokens])
        size = max(1, self.cut.shard // self.cut.block) * self.cut.block
        while len(self.rest) >= size:
            self._write(self.rest[:size])
            self.rest = self.rest[size:]

    def finish(self, end: int) -> dict[str, Any]:
        whole = len(self.rest) // self.cut.block * self.cut.block
        if whole:
            self._write(self.rest[:whole])
        if not self.shards:
            raise BadInput(f"expected text for at least one block of {self.cut.block} tokens.")
        for part, texts in self.apart.items():
            lines = [json.dumps(text, ensure_ascii=False) + "\n" for text in texts]
            write_text(self.folder / f"{part}.jsonl", "".join(lines))
        manifest = {
            "layout": LAYOUT,
            **asdict(self.cut),
            "end": end,
            "documents": self.documents,
            "shards": self.shards,
            "tokens": sum(self.shards) * self.cut.block,
        }
        # Last: where it is there, everything is.
        write_text(self.folder / MANIFEST, json.dumps(manifest, indent=1))
        return manifest

    def _write(self, tokens: Array) -> None:
        blocks = tokens.reshape(-1, self.cut.block).astype(self.kind)
        target = self.folder / f"train-{len(self.shards):05d}.npy"
        # Through a stream, because numpy adds .npy to other names.
        with atomic_path(target) as temporary, temporary.open("wb") as stream:
            np.save(stream, blocks, allow_pickle=False)
        self.shards.append(len(blocks))


def _some(stream: Iterator[str]) -> Iterator[str]:
    """The beginning, to learn a tokenizer from."""
    seen = 0
    for text in stream:
        yield text
        seen += len(text)
        if seen >= LEARN:
            return


def _chain(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _batches(documents: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(documents, TOGETHER)):
        yield batch
