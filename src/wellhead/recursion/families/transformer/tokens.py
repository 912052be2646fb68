"""Text to token numbers and back: a tokenizer learned from the real text, or that of a base model.

Byte-level BPE (Sennrich et al. 2016; Radford et al. 2019), so that any text can be written and
none is unknown. Only the text that is learned from is seen by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wellhead.errors import MissingExtra
from wellhead.recursion.data import Array

__all__ = ["END_TEXT", "Tokens", "learn"]

END_TEXT = "<|end|>"


class Tokens(NamedTuple):
    """A tokenizer of transformers, and the number of the token that ends a document."""

    tokenizer: Any
    end: int

    @property
    def size(self) -> int:
        return len(self.tokenizer)

    def encode(self, documents: Sequence[str]) -> list[Any]:
        """The encoding of each document, with ids and offsets, without its end."""
        found: list[Any] = self.tokenizer._tokenizer.encode_batch(
            list(documents), add_special_tokens=False
        )
        return found

    def decode(self, blocks: Array) -> list[str]:
        """The text of each block; documents in it are set apart by a line break."""
        texts = self.tokenizer.batch_decode(
            blocks.tolist(), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return [text.replace(self.tokenizer.eos_token, "\n") for text in texts]

    def save(self, folder: Path) -> None:
        """Write it beside a checkpoint, where transformers looks for it."""
        self.tokenizer.save_pretrained(folder)

    def stream(self, encodings: Iterable[Any]) -> Array:
        """The ids of documents one after the other, each with its end."""
        ids = [np.array([*encoding.ids, self.end], dtype=np.int32) for encoding in encodings]
        return np.concatenate(ids) if ids else np.empty(0, dtype=np.int32)


def learn(documents: Sequence[str], vocabulary: int) -> Tokens:
    """A byte-level BPE of `vocabulary` tokens learned from the documents."""
    try:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
        from transformers import PreTrainedTokenizerFast
    except ImportError:
        raise MissingExtra("the family transformer", "lm") from None
    bytes_first = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = bytes_first
    plain.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    plain.train_from_iterator(documents, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=plain, eos_token=END_TEXT, bos_token=END_TEXT, pad_token=END_TEXT
    )
    return Tokens(wrapped, int(wrapped.eos_token_id))
