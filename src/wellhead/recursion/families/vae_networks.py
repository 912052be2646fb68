"""The networks of the variational autoencoder, and what they say about images and codes.

Two kinds: "dense", one hidden layer each way; and "convolution", the two strided convolutions each
way of the code published with Shumailov et al. (2024), which halve the image twice and double it
twice. A convolution of width 4 with step 2 is written as one matrix product over patches, and its
transpose as the same product backwards: on a processor that is several times faster than the
library's own gradients of strided convolutions.

This module imports torch; import it only where the extra is known to be there. Weights go in and
out as plain arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import linear, pad, relu

from wellhead.recursion.data import Array

__all__ = ["Network", "Shape", "build", "decode", "encode", "one_thread"]

TOGETHER = 2000  # images that go through a network at once
WINDOW = 16  # pixels under a convolution of width 4
Weights = dict[str, Array]


class Shape(NamedTuple):
    """What tells two networks apart: kind, pixels of an image, hidden width, code dimensions."""

    kind: str
    pixels: int
    hidden: int
    latent: int


class Network(nn.Module):
    """Images (n, pixels) to the mean and log-variance of codes, and codes to logits of pixels."""

    def code(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        raise NotImplementedError

    def logits(self, codes: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class Dense(Network):
    """One hidden layer each way."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.enter = nn.Linear(shape.pixels, shape.hidden)
        self.mean = nn.Linear(shape.hidden, shape.latent)
        self.spread = nn.Linear(shape.hidden, shape.latent)
        self.leave = nn.Linear(shape.latent, shape.hidden)
        self.draw = nn.Linear(shape.hidden, shape.pixels)

    def code(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = relu(self.enter(images))
        return self.mean(hidden), self.spread(hidden)

    def logits(self, codes: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.draw(relu(self.leave(codes)))
        return logits


class Convolution(Network):
    """Two convolutions of width 4 and step 2 each way; `hidden` channels, then twice as many."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.side, self.channels = math.isqrt(shape.pixels), shape.hidden
        wide, inner = 2 * shape.hidden, 2 * shape.hidden * (self.side // 4) ** 2
        self.halve = nn.Linear(WINDOW, shape.hidden)
        self.quarter = nn.Linear(WINDOW * shape.hidden, wide)
        self.mean = nn.Linear(inner, shape.latent)
        self.spread = nn.Linear(inner, shape.latent)
        self.leave = nn.Linear(shape.latent, inner)
        self.widen = Transposed(wide, shape.hidden)
        self.draw = Transposed(shape.hidden, 1)

    def code(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        half, quarter = self.side // 2, self.side // 4
        hidden = relu(self.halve(_Patches.apply(images.view(-1, self.side, self.side, 1))))
        hidden = hidden.view(-1, half, half, self.channels)
        hidden = relu(self.quarter(_Patches.apply(hidden)))
        hidden = hidden.view(len(images), quarter**2 * 2 * self.channels)
        return self.mean(hidden), self.spread(hidden)

    def logits(self, codes: torch.Tensor) -> torch.Tensor:
        quarter = self.side // 4
        hidden = self.leave(codes).view(len(codes) * quarter**2, 2 * self.channels)
        hidden = relu(self.widen(hidden, quarter)).reshape(-1, self.channels)
        logits: torch.Tensor = self.draw(hidden, 2 * quarter).reshape(len(codes), -1)
        return logits


class Transposed(nn.Module):
    """A transposed convolution of width 4 and step 2, started as torch starts one."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        reach = (WINDOW * outside) ** -0.5
        self.weight = nn.Parameter(torch.empty(WINDOW * outside, inside).uniform_(-reach, reach))
        self.bias = nn.Parameter(torch.empty(outside).uniform_(-reach, reach))

    def forward(self, cells: torch.Tensor, side: int) -> torch.Tensor:
        """Cells (n × side², inside) to images (n, 2 side, 2 side, outside)."""
        image: torch.Tensor = _Folded.apply(linear(cells, self.weight), side)
        return image + self.bias.to(image.dtype)


class _Patches(torch.autograd.Function):
    """The 4 × 4 patches of images, in steps of 2."""

    @staticmethod
    def forward(ctx: Any, images: torch.Tensor) -> torch.Tensor:
        ctx.side = images.shape[1] // 2
        return _patches(images)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> torch.Tensor:
        return _folded(slope, ctx.side)


class _Folded(torch.autograd.Function):
    """Images as the sum of their patches: the transpose of `_Patches`."""

    @staticmethod
    def forward(ctx: Any, patches: torch.Tensor, side: int) -> torch.Tensor:
        return _folded(patches, side)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor, None]:
        return _patches(slope), None


def _patches(images: torch.Tensor) -> torch.Tensor:
    """(n, 2 side, 2 side, channels) to (n × side², 16 × channels)."""
    count, side, channels = len(images), images.shape[1] // 2, images.shape[3]
    # Blocks of 2 × 2 pixels: a patch is made of the four that meet in it.
    blocks = pad(images, (0, 0, 1, 1, 1, 1)).view(count, side + 1, 2, side + 1, 2, channels)
    found = images.new_empty(count, side, side, 2, 2, 2, 2, channels)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        part = blocks[:, i : i + side, :, j : j + side]
        found[:, :, :, i, j] = part.permute(0, 1, 3, 2, 4, 5)
    return found.view(count * side**2, WINDOW * channels)


def _folded(patches: torch.Tensor, side: int) -> torch.Tensor:
    """(n × side², 16 × channels) to (n, 2 side, 2 side, channels), where patches overlap added."""
    channels = patches.shape[1] // WINDOW
    parts = patches.view(-1, side, side, 2, 2, 2, 2, channels)
    blocks = patches.new_zeros(len(parts), side + 1, 2, side + 1, 2, channels)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        blocks[:, i : i + side, :, j : j + side] += parts[:, :, :, i, j].permute(0, 1, 3, 2, 4, 5)
    whole = blocks.view(len(parts), 2 * side + 2, 2 * side + 2, channels)
    return whole[:, 1:-1, 1:-1]


NETWORKS: dict[str, type[Network]] = {"dense": Dense, "convolution": Convolution}


def build(shape: Shape, weights: Weights | None = None) -> Network:
    """A network of this shape, with these weights or new ones from torch's current seed."""
    network = NETWORKS[shape.kind](shape)
    if weights is not None:
        network.load_state_dict({name: torch.as_tensor(array) for name, array in weights.items()})
    return network


def encode(shape: Shape, weights: Weights, images: Array) -> Array:
    """Mean codes (images, latent) of images (images, pixels)."""
    network = build(shape, weights)
    with one_thread(), torch.no_grad():
        parts = [network.code(part)[0].numpy() for part in _tensor(images).split(TOGETHER)]
    return np.concatenate(parts)


def decode(shape: Shape, weights: Weights, codes: Array) -> Array:
    """The images (codes, pixels) that codes (codes, latent) stand for."""
    network = build(shape, weights)
    with one_thread(), torch.no_grad():
        parts = [network.logits(part).sigmoid().numpy() for part in _tensor(codes).split(TOGETHER)]
    return np.concatenate(parts)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread inside the block: cells of a sweep share the cores, not threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _tensor(values: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
