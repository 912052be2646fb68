"""Training of the variational autoencoder with torch, single-threaded and seeded.

This module imports torch; import it only where the extra is known to be there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from wellhead.recursion.data import Array
from wellhead.recursion.families.transformer.device import autocast
from wellhead.recursion.families.vae_networks import Network, Shape, build, one_thread

__all__ = ["Recipe", "train"]


class Recipe(NamedTuple):
    """How a network is trained; the fields are those of `wellhead.recursion.families.vae.VAE`."""

    epochs: int
    batch: int
    rate: float
    decay: float
    beta: float
    precision: str


def train(images: Array, shape: Shape, recipe: Recipe, seed: int) -> dict[str, Array]:
    """The weights of an autoencoder trained from scratch on `images` (images, pixels)."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(shape)
        optimiser = torch.optim.Adam(
            network.parameters(), lr=recipe.rate, weight_decay=recipe.decay
        )
        data = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))
        for _ in range(recipe.epochs):
            for part in torch.randperm(len(data)).split(recipe.batch):
                optimiser.zero_grad()
                _loss(network, data[part], recipe).backward()
                optimiser.step()
    return {name: values.detach().numpy() for name, values in network.state_dict().items()}


def _loss(network: Network, images: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """The negative evidence lower bound, per image (nats), its divergence weighted by beta."""
    with autocast(recipe.precision):
        mean, spread = (part.float() for part in network.code(images))
        code = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
        logits = network.logits(code).float()
    error = binary_cross_entropy_with_logits(logits, images, reduction="sum")
    divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum()
    return (error + recipe.beta * divergence) / len(images)
