"""Training of the variational autoencoder with torch, single-threaded and seeded.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from wellhead._threads import one_thread
from wellhead.recursion.data import Array
from wellhead.recursion.device import autocast
from wellhead.recursion.families.vae_networks import Network, Shape, as_tensor, build

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
        data = as_tensor(images)
        for _ in range(recipe.epochs):
            for part in torch.split(torch.randperm(len(data)), recipe.batch):
                optimiser.zero_grad()
                torch.autograd.backward(_loss(network, data[part], recipe))
                optimiser.step()
    return {name: values.detach().numpy() for name, values in network.state_dict().items()}


def _loss(network: Network, images: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """The negative evidence lower bound, per image (nats), its divergence weighted by beta."""
    with autocast(recipe.precision, "cpu"):
        mean, log_variance = (part.float() for part in network.code(images))
        code = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        logits = network.logits(code).float()
    error = binary_cross_entropy_with_logits(logits, images, reduction="sum")
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
    return (error + recipe.beta * divergence) / len(images)
