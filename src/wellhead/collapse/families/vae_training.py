"""Training of the variational autoencoder with torch, single-threaded and seeded.

This module imports torch; import it only where the extra is known to be there. Weights go out as
plain arrays, so that encoding, decoding and checkpoints need no torch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, relu

from wellhead.collapse.data import Array

__all__ = ["train"]


class Autoencoder(nn.Module):
    """Pixels to the mean and log-variance of a code, and a code back to pixel logits."""

    def __init__(self, pixels: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.enter = nn.Linear(pixels, hidden)
        self.mean = nn.Linear(hidden, latent)
        self.spread = nn.Linear(hidden, latent)
        self.leave = nn.Linear(latent, hidden)
        self.draw = nn.Linear(hidden, pixels)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """The negative evidence lower bound, per image (nats)."""
        hidden = relu(self.enter(pixels))
        mean, spread = self.mean(hidden), self.spread(hidden)
        code = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
        logits = self.draw(relu(self.leave(code)))
        error = binary_cross_entropy_with_logits(logits, pixels, reduction="sum")
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum()
        return (error + divergence) / len(pixels)


def train(
    pixels: Array, *, latent: int, hidden: int, epochs: int, batch: int, rate: float, seed: int
) -> dict[str, Array]:
    """The weights of an autoencoder trained from scratch on `pixels` (images, pixels)."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = Autoencoder(pixels.shape[1], hidden, latent)
            optimiser = torch.optim.Adam(model.parameters(), lr=rate)
            data = torch.from_numpy(np.ascontiguousarray(pixels, dtype=np.float32))
            for _ in range(epochs):
                for part in torch.randperm(len(data)).split(batch):
                    optimiser.zero_grad()
                    model(data[part]).backward()
                    optimiser.step()
    finally:
        torch.set_num_threads(threads)
    return {name: values.detach().numpy() for name, values in model.state_dict().items()}
