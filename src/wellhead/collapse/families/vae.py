"""A variational autoencoder of images, trained again and again on what it draws.

The image experiment of Shumailov et al. (2024). Draws are decoder means of standard normal codes,
as there. What shrinks is the spread of the latent codes: each generation's images lie closer to
the middle of what the generation before could say. Needs the extra ``lm`` for torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellhead.collapse.data import Array, Counts, Data, Rng, Samples
from wellhead.collapse.families.images import EMBEDDED, Images, read_images
from wellhead.collapse.family import FAMILIES, Family, Fitting, Step
from wellhead.collapse.plugin import require
from wellhead.collapse.samplers import Bias, Sampler
from wellhead.errors import MissingExtra

if TYPE_CHECKING:
    from wellhead.collapse.setting import Setting

__all__ = ["VAE"]

DRAWN = 1000  # images drawn to measure a generation
Weights = dict[str, Array]


@FAMILIES.register("vae")
@dataclass(frozen=True)
class VAE(Family):
    """One hidden layer each way, Gaussian codes, Bernoulli pixels.

    Args:
        images: "digits" (8 x 8, embedded) or the path of an idx file such as MNIST's.
        latent: dimensions of the code.
        hidden: width of the hidden layers.
        epochs: passes over the data in each generation.
        batch: images per step.
        rate: step size of Adam.
    """

    samplers = frozenset({"unbiased", "bias"})
    starts_from = "data"
    many_lineages = False
    checkpoints = True
    weighted = False

    images: str = field(default=EMBEDDED, metadata={"path": True})
    latent: int = 2
    hidden: int = 256
    epochs: int = 60
    batch: int = 64
    rate: float = 0.002

    def __post_init__(self) -> None:
        for name in ("latent", "hidden", "epochs", "batch"):
            value = getattr(self, name)
            require(value >= 1, f"expected {name} of at least 1, got {value}.")
        require(self.rate > 0, f"expected a rate above 0, got {self.rate}.")

    def check(self, setting: Setting) -> None:
        require(
            setting.size is None or setting.size >= 100,
            f"size: expected at least 100 images per generation, got {setting.size}.",
        )
        require(
            setting.name_of("regime") != "fresh-real",
            "the images are all learned from at the start: none are left to be fresh.",
        )

    def open(self, setting: Setting) -> VAE:
        try:
            import torch  # noqa: F401
        except ImportError:
            raise MissingExtra("the family vae", "lm") from None
        available = len(self._read().training)
        require(
            setting.size is None or setting.size <= available,
            f"size: there are {available} images to learn from, {setting.size} are asked for.",
        )
        return self

    def default_size(self) -> int:
        return len(self._read().training)

    def original(self, size: int, lineages: int, rng: Rng) -> Data:
        training = self._read().training
        return Samples(training[rng.permutation(len(training))[:size]][None])

    def fit(self, data: Data, context: Fitting) -> Weights:
        from wellhead.collapse.families.vae_training import train

        assert isinstance(data, Samples)
        return train(
            data.values[0],
            latent=self.latent,
            hidden=self.hidden,
            epochs=self.epochs,
            batch=self.batch,
            rate=self.rate,
            seed=int(context.rng.integers(2**31)),
        )

    def sample(self, model: Weights, size: Counts, sampler: Sampler, rng: Rng) -> Data:
        strength = sampler.strength if isinstance(sampler, Bias) else 1.0
        codes = rng.standard_normal((int(np.max(size)), self.latent)) * strength**0.5
        return Samples(decode(model, codes)[None])

    def measure(self, step: Step) -> dict[str, Array]:
        assert isinstance(step.training, Samples)
        drawn = self.sample(step.model, DRAWN, step.sampler, step.rng)
        assert isinstance(drawn, Samples)
        pixels = drawn.values[0]
        own, first = (
            encode(model, step.training.values[0])[0] for model in (step.model, step.first)
        )
        held_out = self._read().held_out
        measures = {
            "latent_deviation": np.sqrt(first.var(axis=0).mean()),
            "own_latent_deviation": np.sqrt(own.var(axis=0).mean()),
            "pixel_deviation": np.sqrt(pixels.var(axis=0).sum()),
            "reconstruction": _reconstruction(step.model, held_out),
        }
        labels = self._read().labels
        if labels is not None:
            shares = np.bincount(_judge(self.images).predict(pixels), minlength=10) / DRAWN
            measures["classes"] = 1 / (shares**2).sum() / len(shares)
        return {name: np.atleast_1d(np.float64(value)) for name, value in measures.items()}

    def save(self, folder: Path, model: Weights, arrived: list[Data]) -> None:
        for name, values in model.items():
            np.save(folder / f"model.{name}.npy", values)
        for number, data in enumerate(arrived):
            assert isinstance(data, Samples)
            np.save(folder / f"{number}.npy", data.values)

    def load(self, folder: Path) -> tuple[Any, list[Data]]:
        parts = folder.glob("model.*.npy")
        model = {file.stem.removeprefix("model."): np.load(file) for file in parts}
        arrived = sorted(folder.glob("[0-9]*.npy"), key=lambda file: int(file.stem))
        return model, [Samples(np.load(file)) for file in arrived]

    def _read(self) -> Images:
        return read_images(self.images)


def encode(model: Weights, pixels: Array) -> tuple[Array, Array]:
    """Means and log-variances of the codes of images (images, pixels)."""
    hidden = np.maximum(pixels @ model["enter.weight"].T + model["enter.bias"], 0)
    means = hidden @ model["mean.weight"].T + model["mean.bias"]
    return means, hidden @ model["spread.weight"].T + model["spread.bias"]


def decode(model: Weights, codes: Array) -> Array:
    """The images that codes (images, latent) stand for."""
    hidden = np.maximum(codes @ model["leave.weight"].T + model["leave.bias"], 0)
    pixels: Array = 1 / (1 + np.exp(-(hidden @ model["draw.weight"].T + model["draw.bias"])))
    return pixels


def _reconstruction(model: Weights, pixels: Array) -> float:
    """Mean Bernoulli loss per image (nats) of real images sent through the model."""
    drawn = np.clip(decode(model, encode(model, pixels)[0]), 1e-6, 1 - 1e-6)
    loss = pixels * np.log(drawn) + (1 - pixels) * np.log(1 - drawn)
    return float(-loss.sum(axis=1).mean())


@lru_cache(maxsize=1)
def _judge(path: str) -> Any:
    """A classifier of the real images, to see which digits are still drawn."""
    from sklearn.linear_model import LogisticRegression

    images = read_images(path)
    return LogisticRegression(max_iter=300).fit(images.training, images.labels)
