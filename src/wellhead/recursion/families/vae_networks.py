"""The networks of the variational autoencoder, and what they say about images and codes.

Two kinds: "dense", one hidden layer each way; and "convolution", the two strided convolutions each
way of the code published with Shumailov et al. (2024), which halve the image twice and double it
twice. Weights go in and out as plain arrays.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from wellhead._threads import one_thread
from wellhead.recursion.data import Array

__all__ = ["Network", "Shape", "as_tensor", "build", "decode", "encode"]

BATCH = 2000  # images that go through a network at once

Weights = dict[str, Array]


class Shape(NamedTuple):
    """What tells two networks apart: kind, pixels of an image, hidden width, code dimensions."""

    kind: str
    pixels: int
    hidden: int
    latent: int


class Network(nn.Module):
    """Images (n, pixels) to the mean and log-variance of codes, and codes to logits of pixels.

    Args:
        encoder: images to hidden values.
        mean: hidden values to the means of codes.
        log_variance: hidden values to the log-variances of codes.
        decoder: codes to logits.
    """

    def __init__(
        self, encoder: nn.Module, mean: nn.Module, log_variance: nn.Module, decoder: nn.Module
    ) -> None:
        super().__init__()
        self.encoder, self.mean, self.log_variance = encoder, mean, log_variance
        self.decoder = decoder

    def code(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.encoder(images)
        return self.mean(hidden), self.log_variance(hidden)

    def logits(self, codes: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.decoder(codes)
        return logits


def _dense(shape: Shape) -> Network:
    return Network(
        nn.Sequential(nn.Linear(shape.pixels, shape.hidden), nn.ReLU()),
        nn.Linear(shape.hidden, shape.latent),
        nn.Linear(shape.hidden, shape.latent),
        nn.Sequential(
            nn.Linear(shape.latent, shape.hidden), nn.ReLU(), nn.Linear(shape.hidden, shape.pixels)
        ),
    )


def _convolution(shape: Shape) -> Network:
    """Width 4 and step 2; `hidden` channels, then twice as many."""
    side, inner, outer = math.isqrt(shape.pixels), shape.hidden, 2 * shape.hidden
    flat = outer * (side // 4) ** 2
    return Network(
        nn.Sequential(
            nn.Unflatten(1, (1, side, side)),
            nn.Conv2d(1, inner, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(inner, outer, 4, 2, 1),
            nn.ReLU(),
            nn.Flatten(),
        ),
        nn.Linear(flat, shape.latent),
        nn.Linear(flat, shape.latent),
        nn.Sequential(
            nn.Linear(shape.latent, flat),
            nn.Unflatten(1, (outer, side // 4, side // 4)),
            nn.ConvTranspose2d(outer, inner, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(inner, 1, 4, 2, 1),
            nn.Flatten(),
        ),
    )


def build(shape: Shape, weights: Weights | None = None) -> Network:
    """A network of this shape, with these weights or new ones from torch's current seed."""
    network = _dense(shape) if shape.kind == "dense" else _convolution(shape)
    if weights is not None:
        network.load_state_dict({name: torch.as_tensor(array) for name, array in weights.items()})
    return network


def encode(shape: Shape, weights: Weights, images: Array) -> Array:
    """Mean codes (images, latent) of images (images, pixels)."""
    network = build(shape, weights)
    with one_thread(), torch.no_grad():
        parts = [network.code(part)[0].numpy() for part in torch.split(as_tensor(images), BATCH)]
    return np.concatenate(parts)


def decode(shape: Shape, weights: Weights, codes: Array) -> Array:
    """The images (codes, pixels) that codes (codes, latent) stand for."""
    network = build(shape, weights)
    with one_thread(), torch.no_grad():
        found = (network.logits(part) for part in torch.split(as_tensor(codes), BATCH))
        parts = [logits.sigmoid().numpy() for logits in found]
    return np.concatenate(parts)


def as_tensor(values: Array) -> torch.Tensor:
    """The values as fp32."""
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
