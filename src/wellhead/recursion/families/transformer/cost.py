"""What a run of language models will take, before it is started: pure arithmetic, no torch.

In: a setting of the family `transformer`, its number of blocks, and a GPU by name. Out: parameters,
tokens, memory, operations, hours, price, and the loss that a scaling law expects.

- Operations: 6 for each parameter and token trained on, and 12 × layers × width × block for
  attention (Chowdhery et al. 2022, arXiv 2204.02311, appendix B); 2 for each parameter and token
  written, and as many for its prompt.
- Memory of a process: 16 bytes a parameter (weights, gradients and two moments in fp32), 4 more
  where the best epoch is kept, and 34 × width bytes for each layer and token in bf16, twice that
  in fp32 (Korthikanti et al. 2022, arXiv 2205.05198, equation 2, whose term for attention scores
  is not needed by fused attention).
- Loss: L = E + A / N^α + B / D^β of Hoffmann et al. (2022), with the constants of Besiroglu et al.
  (2024), arXiv 2404.10102. It was fitted on web text with 32,000 tokens and 44 million to 16
  billion parameters; elsewhere it is an orientation at best. Far below, it expects more than ln V,
  which a guess among the V tokens of the vocabulary costs; then ln V is told in its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from wellhead.errors import unknown_name
from wellhead.recursion.families.transformer.family import Transformer
from wellhead.recursion.families.transformer.shape import shape

__all__ = ["GPUS", "Cost", "Gpu", "cost_of", "expected_loss", "gpu_named"]

E, A, B, ALPHA, BETA = 1.8172, 482.01, 2085.43, 0.3478, 0.3658
FITTED = (44e6, 16e9)  # parameters
USED = 0.35  # of the GPU's peak; large models in good code reach 0.3 to 0.5
WIDE = 1024  # below this width a GPU reaches much less


class Gpu(NamedTuple):
    """A GPU: dense bf16 products a second, bytes of memory, and an assumed price of an hour."""

    name: str
    flops: float
    memory: float
    price: float


# Peaks are the makers' dense bf16 figures; prices are round assumptions, replaced with --price.
GPUS = {
    gpu.name.lower(): gpu
    for gpu in (
        Gpu("L4", 121e12, 24e9, 0.7),
        Gpu("RTX4090", 165e12, 24e9, 0.5),
        Gpu("A100", 312e12, 80e9, 1.8),
        Gpu("H100", 989e12, 80e9, 2.5),
        Gpu("H200", 989e12, 141e9, 3.5),
    )
}


@dataclass(frozen=True)
class Cost:
    """What one repetition of a setting takes.

    Args:
        parameters: of one network, with its embeddings.
        tokens: that a fit learns from, counted once for each epoch.
        unique_tokens: the same, counted once.
        fits: how many networks are trained.
        written: tokens that all generations write.
        flops: of everything.
        memory: bytes of each process.
        fits_memory: whether that goes into the GPU.
        hours: on the GPUs.
        price: of those hours, in dollars.
        loss: nats per token that the scaling law expects of generation 0, at most `chance`.
        chance: nats per token of a guess among all tokens.
        inside_law: whether the size lies in the range that the law was fitted on.
    """

    parameters: float
    tokens: float
    unique_tokens: float
    fits: int
    written: float
    flops: float
    memory: float
    fits_memory: bool
    hours: float
    price: float
    loss: float
    chance: float
    inside_law: bool

    @property
    def bounded(self) -> bool:
        """Whether the law expects a model that is worse than a guess."""
        return self.loss == self.chance


def gpu_named(name: str) -> Gpu:
    """The GPU of that name.

    Raises:
        BadSetting: none is known by it.
    """
    if name.lower() not in GPUS:
        raise unknown_name("GPU", name, [gpu.name for gpu in GPUS.values()])
    return GPUS[name.lower()]


def expected_loss(parameters: float, tokens: float) -> float:
    """The loss that the scaling law expects, in nats per token.

    >>> round(expected_loss(70e9, 1.4e12), 2)  # Chinchilla
    1.97
    """
    return float(E + A / parameters**ALPHA + B / tokens**BETA)


def cost_of(family: Transformer, sizes: list[int], gpu: Gpu, gpus: int, price: float) -> Cost:
    """What a repetition takes whose fits learn from so many blocks each.

    Args:
        family: its settings.
        sizes: blocks of each fit, generation 0 first.
        gpu, gpus: what it runs on.
        price: of one GPU for an hour.
    """
    form = shape(family.parameters)
    inside = form.parameters * 1e6
    parameters = inside + form.width * family.vocabulary
    trained = sum(sizes) * family.block * family.epochs
    written = (sum(sizes[1:]) + len(sizes) * family.output_blocks) * family.block
    attention = 12 * form.layers * form.width * family.block
    flops = trained * (6 * parameters + attention) + 2 * parameters * 2 * written
    rows = family.micro_batch or -(-family.batch // gpus)
    wide = 2 if family.precision == "fp32" else 1
    state = (16 + 4 * (family.choose == "validation")) * parameters
    memory = state + rows * family.block * form.width * form.layers * 34 * wide
    hours = flops / (gpu.flops * USED * gpus) / 3600
    chance = math.log(family.vocabulary)
    first = sizes[0] * family.block
    return Cost(
        parameters,
        first * family.epochs,
        first,
        len(sizes),
        written,
        flops,
        memory,
        memory < 0.9 * gpu.memory,
        hours,
        hours * gpus * price,
        min(expected_loss(parameters, first * family.epochs), chance),
        chance,
        FITTED[0] <= parameters <= FITTED[1],
    )
