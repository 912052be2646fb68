"""The network of a tier: where it lies, what identifies it, how it is loaded.

Everything comes from this machine: a folder, a GGUF file, a package that ships a network, or what
a hub's own client has fetched before. Nothing is downloaded here, no code of a model is run, and
weights are read from safetensors or GGUF alone.
"""

from __future__ import annotations

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from wellhead.errors import BadInput, MissingExtra

__all__ = [
    "TOKENS",
    "Shipped",
    "digest_of",
    "find_network",
    "load_network",
    "require_torch",
]

TOKENS = 256
"""Of each text so many tokens are read."""

# Another number whenever a tier reads the same text otherwise.
_READING = 1
_DECIDES = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "*.safetensors")


class Shipped(NamedTuple):
    """A network that a package ships: where in which module, and how to install it."""

    module: str
    inside: str
    install: str


def require_torch(tier: str) -> None:
    """Say at once what to install where torch or transformers are missing.

    Raises:
        MissingExtra: one of them is.
    """
    if any(find_spec(name) is None for name in ("torch", "transformers")):
        raise MissingExtra(f"the tier '{tier}'", "lm")


def find_network(model: str, shipped: Shipped) -> Path:
    """The folder or GGUF file of `model`; the `shipped` one where `model` is empty.

    Raises:
        MissingExtra: the package is not installed.
        BadInput: nothing of that name is on this machine.
    """
    if not model:
        return _in_package(shipped)
    path = Path(model)
    if path.is_dir() or path.suffix == ".gguf":
        if not path.exists():
            raise BadInput(f"{path}: no such file; name a GGUF file that is there")
        return path
    if re.fullmatch(r"[\w.-]+/[\w.-]+", model):
        return _fetched_before(model)
    raise BadInput(
        f"no network at '{model}': expected a folder as transformers writes it, a GGUF file, or a "
        "name on the hub that was fetched before"
    )


def _in_package(shipped: Shipped) -> Path:
    found = find_spec(shipped.module)
    if found is None or not found.submodule_search_locations:
        raise MissingExtra("the network of this tier", shipped.install)
    return Path(found.submodule_search_locations[0], shipped.inside)


def _fetched_before(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError, HFValidationError, HfHubHTTPError) as error:
        raise BadInput(
            f"'{name}' is neither a folder here nor in the hub's local cache. Nothing is "
            f"downloaded on its own: fetch it first with `hf download {name}`"
        ) from error


def digest_of(path: Path) -> str:
    """A hash of everything that decides what is read of a text."""
    files = (
        [path]
        if path.is_file()
        else sorted({one for pattern in _DECIDES for one in path.glob(pattern)})
    )
    found = hashlib.sha256(f"{_READING} {TOKENS}".encode())
    for file in files:
        found.update(file.name.encode())
        with file.open("rb") as stream:
            found.update(hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()[:12]


def load_network(path: Path, kind: str) -> tuple[Any, Any]:
    """The network in evaluation mode, in fp32, and its tokenizer.

    Args:
        path: a folder, or a GGUF file.
        kind: the class of transformers that reads it, "AutoModel" or "AutoModelForCausalLM".

    Raises:
        BadInput: it cannot be read as that.
        MissingExtra: it is a GGUF file, and what reads them is not installed.
    """
    import torch
    import transformers

    if path.is_file() and find_spec("gguf") is None:
        raise MissingExtra(f"reading {path.name}", "lm")
    folder, how = (
        (path.parent, {"gguf_file": path.name})
        if path.is_file()
        else (path, {"use_safetensors": True})
    )
    named = {"gguf_file": path.name} if path.is_file() else {}
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, **named
        )
        network = getattr(transformers, kind).from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, **how
        )
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, TypeError) as error:
        raise BadInput(
            f"{path}: expected a network with weights in safetensors or GGUF, and its tokenizer "
            f"(transformers.{kind}): {error}"
        ) from None
    return network.eval(), tokenizer
