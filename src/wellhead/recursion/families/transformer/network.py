"""Making and loading networks: classes of transformers, so that checkpoints load anywhere.

From scratch: a small Mistral decoder (rotary positions, gated feed-forward layers, tied
embeddings) whose attention reaches half a block back. Blocks are learned one by one but written
after a prompt of the same length; with this window every state met while writing was met while
learning, and positions beyond the block are nothing new. From a base: any causal language model
that transformers loads from a folder or a hub, or a GGUF file, which is dequantised.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import transformers

from wellhead.errors import BadInput
from wellhead.recursion.device import device
from wellhead.recursion.families.transformer.bases import SHIPPED, find_base
from wellhead.recursion.families.transformer.shape import shape
from wellhead.recursion.families.transformer.tokens import Tokens

__all__ = ["base_tokens", "from_base", "from_scratch", "read_network"]

transformers.utils.logging.disable_progress_bar()


def from_scratch(parameters: float, tokens: Tokens, block: int, seed: int) -> Any:
    """A network with random weights, of `parameters` million non-embedding parameters."""
    form = shape(parameters)
    config = transformers.MistralConfig(
        vocab_size=tokens.size,
        hidden_size=form.width,
        intermediate_size=form.inner,
        num_hidden_layers=form.layers,
        num_attention_heads=form.heads,
        num_key_value_heads=form.heads,
        head_dim=form.width // form.heads,
        max_position_embeddings=4 * block,
        sliding_window=max(block // 2, 1),
        tie_word_embeddings=True,
        # Narrow networks need larger first weights than the 0.02 that suits wide ones.
        initializer_range=0.6 * form.width**-0.5,
        bos_token_id=tokens.end,
        eos_token_id=tokens.end,
        pad_token_id=tokens.end,
        attn_implementation="sdpa",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: Any = transformers.MistralForCausalLM(config)
    return network.to(device())


def from_base(base: str) -> Any:
    """A fresh copy of the base model, in fp32."""
    return copy.deepcopy(_base(base)).to(device())


@lru_cache(maxsize=1)
def base_tokens(base: str) -> Tokens:
    """The tokenizer of the base model.

    Raises:
        BadInput: it cannot be loaded, or has no fast form.
    """
    tokenizer = _loaded(transformers.AutoTokenizer, base)
    if not tokenizer.is_fast or tokenizer.eos_token_id is None:
        raise BadInput(f"base {base}: expected a fast tokenizer with an end-of-text token.")
    return Tokens(tokenizer)


def read_network(folder: Path) -> Any:
    """The network of a checkpoint, on its device."""
    loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    return loaded.to(device())


@lru_cache(maxsize=1)
def _base(base: str) -> Any:
    network = _loaded(transformers.AutoModelForCausalLM, base, dtype=torch.float32)
    if hasattr(network.config, "quantization_config"):
        # Dequantised on loading; without this transformers refuses to write it.
        del network.config.quantization_config
        network.hf_quantizer, network.is_quantized = None, False
    return network


def _loaded(loader: Any, base: str, **options: Any) -> Any:
    place = find_base(base)
    where = {} if place.gguf is None else {"gguf_file": place.gguf}
    try:
        return loader.from_pretrained(place.folder, **where, **options)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise BadInput(
            f"base {base}: expected a causal language model (a folder, a GGUF file, a name on the "
            f"hub, or one of {', '.join(SHIPPED)}): {error}"
        ) from None
