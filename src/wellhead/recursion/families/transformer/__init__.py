"""Language models trained again and again on their own output (extra ``lm``).

`family` is what the loop sees. Beside it one file per thing: blocks of tokens, the text they come
from, the shape and making of a network, training, generation, and what is measured. torch and
transformers are imported where they are used, never when this package is.
"""

from __future__ import annotations

from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.family import Transformer

__all__ = ["Blocks", "Transformer"]
