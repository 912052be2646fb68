"""Fitting a network to blocks: AdamW, warm-up and cosine, the best of its epochs by validation.

In: a network, weighted blocks, a recipe and seeds. Out: the network with the weights of its best
epoch, and its loss curve. Batches follow from the seed alone, and no dropout is applied, not even
in a base that had some, so that what is kept on disk (weights, moments, step) is all that a killed
fit needs to end on the same numbers. Under ``torchrun`` each process takes its rows of the same
batches.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wellhead.recursion.data import Array
from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.checkpoint import Halfway
from wellhead.recursion.families.transformer.device import (
    World,
    autocast,
    device,
    load_torch,
    one_thread,
    world,
)
from wellhead.recursion.families.transformer.scoring import mean_loss

__all__ = ["Recipe", "steps", "train"]

WIDE = 256  # the width from which bf16 was measured to be faster on a CPU that multiplies it


class Recipe(NamedTuple):
    """How a network is fitted.

    Args:
        epochs: passes over the blocks.
        batch: blocks in a step.
        rate: the highest learning rate.
        warmup: the share of steps in which the rate rises.
        decay: weight decay of matrices.
        precision: "auto", "fp32" or "bf16".
        choose: "validation" keeps the epoch that is best on real validation text, "last" the last.
        save_every: seconds between two states kept on disk.
    """

    epochs: int = 3
    batch: int = 32
    rate: float = 3e-3
    warmup: float = 0.05
    decay: float = 0.1
    precision: str = "auto"
    choose: str = "validation"
    save_every: float = 30.0


class Fitted(NamedTuple):
    """What a fit leaves: loss of every step, and the validation loss of every epoch."""

    losses: list[float]
    validation: list[float]


def train(
    network: Any,
    data: Blocks,
    validation: Array,
    recipe: Recipe,
    seed: int,
    workspace: Path | None = None,
) -> Fitted:
    """Fit `network` in place.

    Args:
        network: starts as it is.
        data: what it is fitted to.
        validation: real blocks by which the epoch is chosen.
        recipe: how.
        seed: of the order of the blocks.
        workspace: where a fit in work is kept; one found there goes on.
    """
    fit = _Fit(network, data, recipe, seed, world())
    halfway = Halfway(None if workspace is None else workspace / "training.pt", recipe.save_every)
    fit.restore(halfway.read())
    with one_thread():
        while fit.step < fit.total:
            fit.one_step()
            if fit.step % fit.per_epoch == 0:
                fit.finish_epoch(validation)
            if fit.world.leads and halfway.due(time.monotonic()):
                halfway.write(fit.state())
    fit.settle()
    if fit.world.leads:
        halfway.remove()
    return Fitted(fit.losses, fit.validation)


def steps(blocks: int, recipe: Recipe) -> int:
    """Steps of a whole fit."""
    return recipe.epochs * math.ceil(blocks / recipe.batch)


class _Fit:
    """A fit between two steps."""

    def __init__(self, network: Any, data: Blocks, recipe: Recipe, seed: int, here: World) -> None:
        torch = load_torch()
        self.network, self.recipe, self.seed, self.world = network, recipe, seed, here
        self.tokens = torch.as_tensor(data.tokens.astype(np.int64), device=device())
        self.mass = torch.as_tensor(data.mass.astype(np.float32), device=device())
        self.per_epoch = math.ceil(data.size / recipe.batch)
        self.total = recipe.epochs * self.per_epoch
        self.objective = _objective(network, self.tokens[:2], here)
        self.precision = _precision(recipe.precision, network)
        self.optimiser = _optimiser(network, recipe)
        self.step = 0
        self.losses: list[float] = []
        # Losses still on their device: fetching each would make a GPU wait at every step.
        self._latest: list[Any] = []
        self.validation: list[float] = []
        self.best: dict[str, Any] | None = None
        self._epoch, self._order = -1, self.tokens

    def one_step(self) -> None:
        torch = load_torch()
        self.network.eval()  # without dropout
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate * _pace(self.step, self.total, self.recipe.warmup)
        loss = self._loss(self._rows())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._latest.append(_summed(loss.detach(), self.world))
        self.step += 1

    def finish_epoch(self, validation: Array) -> None:
        """Measure the network, and keep its weights when they are the best so far."""
        self.fetch()
        if self.recipe.choose != "validation":
            return
        self.validation.append(mean_loss(self.network, validation))
        if self.validation[-1] <= min(self.validation):
            weights = self.network.state_dict()
            self.best = {name: each.detach().clone() for name, each in weights.items()}

    def fetch(self) -> None:
        """Bring the latest losses from their device."""
        if self._latest:
            self.losses += load_torch().stack(self._latest).tolist()
            self._latest = []

    def settle(self) -> None:
        """Give the network the weights of its best epoch."""
        if self.best is not None:
            self.network.load_state_dict(self.best)

    def state(self) -> dict[str, Any]:
        self.fetch()
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "losses": self.losses,
            "validation": self.validation,
            "best": self.best,
        }

    def restore(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.best = state["step"], state["best"]
        self.losses, self.validation = state["losses"], state["validation"]

    def _rows(self) -> Any:
        """The blocks of this step, the same ones whatever happened before."""
        epoch, place = divmod(self.step, self.per_epoch)
        if epoch != self._epoch:
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self.tokens))
            self._epoch = epoch
            self._order = load_torch().as_tensor(order, device=self.tokens.device)
        return self._order[place * self.recipe.batch : (place + 1) * self.recipe.batch]

    def _loss(self, rows: Any) -> Any:
        """This process's part of the mean loss per token of the batch, blocks as they weigh."""
        torch = load_torch()
        mass = self.mass[rows].sum().clamp(min=1e-12)
        own = rows[self.world.rank :: self.world.size]
        shares = self.mass[own] / mass
        if len(own) == 0:
            # The last batch may have fewer blocks than there are processes.
            own, shares = rows[:1], torch.zeros_like(self.mass[:1])
        # Gradients of processes are averaged; their sum is wanted.
        with autocast(self.precision):
            return self.objective(self.tokens[own], shares * self.world.size)


def _summed(loss: Any, here: World) -> Any:
    if here.size > 1:
        load_torch().distributed.all_reduce(loss)
    return loss / here.size


def _objective(network: Any, trial: Any, here: World) -> Any:
    from wellhead.recursion.families.transformer.objective import Objective

    objective = Objective(network.eval(), trial)
    if here.size == 1:
        return objective
    parallel = load_torch().nn.parallel.DistributedDataParallel
    return parallel(objective, device_ids=[device()] if device().type == "cuda" else None)


def _precision(wanted: str, network: Any) -> str:
    """Narrow networks gain less from products in bf16 on a CPU than changing formats costs."""
    narrow = network.config.hidden_size < WIDE and device().type == "cpu"
    return "fp32" if wanted == "auto" and narrow else wanted


def _optimiser(network: Any, recipe: Recipe) -> Any:
    matrices = [each for each in network.parameters() if each.dim() >= 2]
    vectors = [each for each in network.parameters() if each.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": recipe.decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return load_torch().optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.95), fused=True)


def _pace(step: int, total: int, warmup: float) -> float:
    """The share of the highest rate: a linear rise, then half a cosine down to a tenth."""
    rise = max(1, round(warmup * total))
    if step < rise:
        return (step + 1) / rise
    done = (step - rise) / max(1, total - rise)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * done))
