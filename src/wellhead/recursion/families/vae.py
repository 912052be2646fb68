"""A variational autoencoder of images, trained again and again on what it draws.

The image experiment of Shumailov et al. (2024). Draws are decoder means of standard normal codes,
as there. What shrinks is the spread of the latent codes: each generation's images lie closer to
the middle of what the generation before could say. Needs the extra ``lm`` for torch.

The published code is `network = "convolution"` with latent 20, hidden 64, epochs 30, batch 256,
rate 0.001 and decay 0.00001 on MNIST. It draws new images in every epoch; here a generation draws
once, as many as `size` says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wellhead.errors import unknown_name
from wellhead.recursion.data import Array, Counts, Rng, Samples
from wellhead.recursion.families.images import EMBEDDED, Images, read_images
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Bias, Sampler
from wellhead.recursion.torch_extra import PRECISIONS, require_torch

if TYPE_CHECKING:
    from wellhead.recursion.families.vae_networks import Shape

__all__ = ["VAE"]

NETWORKS = ("dense", "convolution")
DRAWN = 1000  # images drawn to measure a generation
SHOWN = 10  # images of each generation that a report shows
Weights = dict[str, Array]


@FAMILIES.register("vae")
@dataclass(frozen=True)
class VAE(Family[Weights, Samples]):
    """Gaussian codes, Bernoulli pixels.

    Args:
        images: "digits" (8 x 8, embedded) or the path of an idx file such as MNIST's.
        network: "dense", one hidden layer each way; or "convolution", two strided convolutions
            each way, for square images whose side is a multiple of 4.
        latent: dimensions of the code.
        hidden: width of the hidden layers, or channels of the outer convolutions.
        epochs: passes over the data in each generation.
        batch: images per step.
        rate: step size of Adam.
        decay: its weight decay.
        beta: weight of the divergence of codes from their prior (Higgins et al. 2017); 1 is the
            evidence lower bound.
        precision: "fp32"; "bf16"; or "auto", which trains in bf16 where the hardware multiplies it.
    """

    samplers = frozenset({"unbiased", "bias"})
    starts_from = "data"
    many_chains = False
    checkpoints = True
    keeps_generations = True
    weighted = False

    images: str = field(default=EMBEDDED, metadata={"path": True})
    network: str = "dense"
    latent: int = 2
    hidden: int = 256
    epochs: int = 60
    batch: int = 64
    rate: float = 0.002
    decay: float = 0.0
    beta: float = 1.0
    precision: str = "fp32"

    def __post_init__(self) -> None:
        for name in ("latent", "hidden", "epochs", "batch"):
            value = getattr(self, name)
            require(value >= 1, f"expected {name} of at least 1, got {value}.")
        require(self.rate > 0, f"expected a rate above 0, got {self.rate}.")
        require(self.beta >= 0, f"expected a beta of 0 or more, got {self.beta}.")
        require(self.decay >= 0, f"expected a decay of 0 or more, got {self.decay}.")
        for name, known in (("network", NETWORKS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)

    def check(self, task: Task) -> None:
        require(
            task.size is None or task.size >= 100,
            f"size: expected at least 100 images per generation, got {task.size}.",
        )
        require(
            task.name_of("regime") != "fresh-real",
            "the images are all learned from at the start: none are left to be fresh.",
        )

    def open(self, task: Task) -> Self:
        require_torch("vae")
        available, pixels = self.real_images().training.shape
        side = math.isqrt(pixels)
        require(
            self.network == "dense" or (side**2 == pixels and side % 4 == 0),
            f"network convolution: expected square images with a side that 4 divides, got "
            f"{pixels} pixels in {self.images}. Use network dense.",
        )
        require(
            task.size is None or task.size <= available,
            f"size: there are {available} images to learn from, {task.size} are asked for.",
        )
        return self

    def default_size(self) -> int:
        return len(self.real_images().training)

    def original(self, size: int, chains: int, rng: Rng) -> Samples:
        training = self.real_images().training
        return Samples(training[rng.permutation(len(training))[:size]][None])

    def fit(self, data: Samples, context: Fitting[Weights]) -> Weights:
        from wellhead.recursion.families.vae_training import Recipe, train

        recipe = Recipe(self.epochs, self.batch, self.rate, self.decay, self.beta, self.precision)
        return train(data.values[0], self._shape(), recipe, int(context.rng.integers(2**31)))

    def sample(self, model: Weights, size: Counts, sampler: Sampler, rng: Rng) -> Samples:
        from wellhead.recursion.families.vae_networks import decode

        strength = sampler.strength if isinstance(sampler, Bias) else 1.0
        codes = rng.standard_normal((int(np.max(size)), self.latent)) * strength**0.5
        return Samples(decode(self._shape(), model, codes)[None])

    def measure(self, step: Step[Weights, Samples]) -> dict[str, Array]:
        from wellhead.recursion.families.vae_networks import decode, encode

        shape = self._shape()
        drawn = self.sample(step.model, DRAWN, step.sampler, step.rng)
        pixels = drawn.values[0]
        first, own = (
            encode(shape, model, step.training.values[0]) for model in (step.first, step.model)
        )
        real = self.real_images().held_out
        again = decode(shape, step.model, encode(shape, step.model, real))
        measures = {
            "latent_deviation": np.sqrt(first.var(axis=0, dtype=float).mean()),
            "own_latent_deviation": np.sqrt(own.var(axis=0, dtype=float).mean()),
            "pixel_deviation": np.sqrt(pixels.var(axis=0, dtype=float).sum()),
            "reconstruction": _loss(real, again),
        }
        labels = self.real_images().labels
        if labels is not None:
            shares = np.bincount(_judge(self.images).predict(pixels), minlength=10) / DRAWN
            measures["classes"] = 1 / (shares**2).sum() / len(shares)
        return {name: np.atleast_1d(np.float64(value)) for name, value in measures.items()}

    def save(self, folder: Path, model: Weights, arrived: list[Samples]) -> None:
        from wellhead.recursion.families.vae_networks import decode

        np.savez(folder / "model.npz", **model)  # type: ignore[arg-type]  # names hold a dot
        for number, data in enumerate(arrived):
            np.save(folder / f"{number}.npy", data.values)
        codes = np.random.default_rng(0).standard_normal((SHOWN, self.latent))
        np.save(folder / "drawn.npy", decode(self._shape(), model, codes))

    def load(self, folder: Path) -> tuple[Any, list[Samples]]:
        with np.load(folder / "model.npz") as file:
            model = dict(file)
        arrived = sorted(folder.glob("[0-9]*.npy"), key=lambda file: int(file.stem))
        return model, [Samples(np.load(file)) for file in arrived]

    def settle(self, folder: Path) -> None:
        """Leave some images of every generation to look at, and real ones beside them."""
        np.save(folder / "real.npy", self.real_images().held_out[:SHOWN])
        for file in folder.glob("[0-9]*/*.np[yz]"):
            if file.name != "drawn.npy":
                file.unlink()

    def disk(self, task: Task) -> int:
        """Bytes of a cell in work: what each fit left, new images and weights, until the end."""
        require_torch("vae")
        from wellhead.recursion.families.vae_networks import build

        images = self.real_images().training
        sizes = task.sizes(len(images))
        weights = sum(each.numel() for each in build(self._shape()).parameters())
        return int(4 * (sum(sizes) * images.shape[1] + task.fits * weights))

    def real_images(self) -> Images:
        """The real images that a run learns from and is measured on."""
        return read_images(self.images)

    def _shape(self) -> Shape:
        from wellhead.recursion.families.vae_networks import Shape

        return Shape(self.network, self.real_images().training.shape[1], self.hidden, self.latent)


def _loss(pixels: Array, drawn: Array) -> float:
    """Mean Bernoulli loss per image (nats) of real images sent through the model."""
    sure = np.clip(drawn, 1e-6, 1 - 1e-6)
    loss = pixels * np.log(sure) + (1 - pixels) * np.log(1 - sure)
    return float(-loss.sum(axis=1, dtype=float).mean())


@lru_cache(maxsize=1)
def _judge(path: str) -> Any:
    """A classifier of the real images, to see which digits are still drawn."""
    from sklearn.linear_model import LogisticRegression

    images = read_images(path)
    return LogisticRegression(max_iter=300).fit(images.training, images.labels)
