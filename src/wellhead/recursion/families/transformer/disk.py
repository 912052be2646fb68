"""What a cell takes on disk at most, said before it starts.

Weights: four bytes per parameter; while a cell is in work three checkpoints (the first and the
last two; all with `keep_models`) and the state of a fit, which is up to four times the weights
(weights, two moments, best weights). Data: tokens and text of the new items of each generation.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wellhead.recursion.families.transformer import network
from wellhead.recursion.families.transformer.shape import shape

if TYPE_CHECKING:
    from wellhead.recursion.families.transformer.family import Transformer
    from wellhead.recursion.setting import Setting

__all__ = ["cell_bytes"]

PER_TOKEN = 12  # bytes on disk: a token number and its text, before compression
PER_CHARACTER = 0.6  # tokens, at the most, in real text; bounds the size of an unread corpus
TOKENIZER = 3_000_000
HUB = 600_000_000  # weights of a base on a hub, whose size is not known: that of OPT-125m
SHIPPED = 540_000_000  # of those in `network.SHIPPED`
# Bytes in fp32 for each byte of a file: most weights are kept in 2 bytes, GGUF in 4 bits or more.
GROWTH = {".safetensors": 2, ".bin": 2, ".gguf": 8}


def cell_bytes(family: Transformer, setting: Setting) -> int:
    """Bytes that one cell takes at most."""
    kept = setting.fits if family.keep_models else min(3, setting.fits)
    weights = _weights(family)
    sizes = setting.schedule.sizes(_blocks(family, setting), setting.fits)
    data = PER_TOKEN * family.block * sum(sizes)
    return kept * (weights + TOKENIZER) + 4 * weights + data


def _weights(family: Transformer) -> int:
    if family.base is not None:
        return _base_weights(Path(family.base))
    form = shape(family.parameters)
    return round(4 * (form.parameters * 1e6 + form.width * family.vocabulary))


def _base_weights(base: Path) -> int:
    files = list(base.glob("*")) if base.is_dir() else [base] if base.is_file() else []
    found = sum(GROWTH.get(file.suffix, 0) * file.stat().st_size for file in files)
    return found or (SHIPPED if str(base) in network.SHIPPED else HUB)


def _blocks(family: Transformer, setting: Setting) -> int:
    if setting.size is not None:
        return setting.size
    if family.characters == 0:
        return family.default_size()
    return max(1, round(family.characters * PER_CHARACTER / family.block))
