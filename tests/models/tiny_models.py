"""A random language model small enough to be made in the test that needs it."""

from __future__ import annotations

from pathlib import Path

import torch
import transformers
from tokenizers import ByteLevelBPETokenizer

END = "<|end|>"
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
TEXT = ["the state of the union is strong and the people are good"] * 20


def tiny_model(folder: Path, *, seed: int = 0, chats: bool = False, slides: bool = False) -> Path:
    """A Mistral of a few thousand parameters with random weights, and its tokenizer."""
    plain = ByteLevelBPETokenizer()
    plain.train_from_iterator(TEXT, 300, show_progress=False, special_tokens=[END])
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain._tokenizer, eos_token=END, bos_token=END, pad_token=END
    )
    if chats:
        tokenizer.chat_template = TEMPLATE
    torch.manual_seed(seed)
    config = transformers.MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=512,
        sliding_window=8 if slides else None,
        initializer_range=0.4,
        eos_token_id=tokenizer.eos_token_id,
    )
    transformers.MistralForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
