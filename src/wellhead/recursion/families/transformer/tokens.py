"""Text to token numbers and back: a tokenizer learned from the real text, or that of a base model.

Byte-level BPE (Sennrich et al. 2016; Radford et al. 2019), so that any text can be written and
none is unknown. Only the text that is learned from is seen by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from tokenizers import ByteLevelBPETokenizer, Encoding
from transformers import PreTrainedTokenizerFast

from wellhead.recursion.data import Array

__all__ = ["Tokens", "learn"]

END_TEXT = "<|end|>"


class Tokens(NamedTuple):
    """A fast tokenizer of transformers, whose end-of-text token ends a document."""

    tokenizer: Any  # transformers leaves the methods of its tokenizers untyped

    @property
    def end(self) -> int:
        """The number of the token that ends a document."""
        return int(self.tokenizer.eos_token_id)

    @property
    def size(self) -> int:
        return len(self.tokenizer)

    def encode(self, documents: Sequence[str]) -> list[Encoding]:
        """The encoding of each document, with ids and offsets, without its end."""
        if not documents:
            return []
        encodings: list[Encoding] = self.tokenizer(
            list(documents), add_special_tokens=False
        ).encodings
        return encodings

    def decode(self, blocks: Array) -> list[str]:
        """The text of each block; documents in it are set apart by a line break."""
        texts = self.tokenizer.batch_decode(
            blocks.tolist(), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return [text.replace(self.tokenizer.eos_token, "\n") for text in texts]

    def stream(self, encodings: Iterable[Encoding]) -> Array:
        """The ids of documents one after the other, each with its end."""
        ids = [np.array([*encoding.ids, self.end], dtype=np.int32) for encoding in encodings]
        return np.concatenate(ids) if ids else np.empty(0, dtype=np.int32)


def learn(documents: Sequence[str], vocabulary: int) -> Tokens:
    """A byte-level BPE of `vocabulary` tokens learned from the documents."""
    plain = ByteLevelBPETokenizer()
    plain.train_from_iterator(
        documents, vocabulary, min_frequency=0, show_progress=False, special_tokens=[END_TEXT]
    )
    ends = {"eos_token": END_TEXT, "bos_token": END_TEXT, "pad_token": END_TEXT}
    return Tokens(PreTrainedTokenizerFast(tokenizer_object=plain._tokenizer, **ends))
