"""Fitting a network to blocks: AdamW, warm-up and cosine, the best of its epochs by validation.

In: a network, weighted blocks, a recipe and seeds. Out: the network with the weights of its best
epoch, and its loss curve. Batches follow from the seed alone, and no dropout is applied, not even
in a base that had some, so that what is kept on disk (weights, moments, step) is all that a killed
fit needs to end on the same numbers. Under ``torchrun`` each process takes its rows of the same
batches.

A batch that does not fit into memory goes through the network in parts whose gradients add up.

torch is imported with this module; see `wellhead.recursion.torch_extra`.
"""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from wellhead._threads import one_thread
from wellhead.recursion.data import Array
from wellhead.recursion.device import autocast, device
from wellhead.recursion.distributed import World, connect
from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.checkpoint import Checkpoint
from wellhead.recursion.families.transformer.model import LanguageModel
from wellhead.recursion.families.transformer.objective import Objective
from wellhead.recursion.families.transformer.scoring import mean_loss
from wellhead.recursion.families.transformer.streaming import held

__all__ = ["Recipe", "precision_of", "train"]

WARMUP = 0.05  # the share of steps in which the rate rises
DECAY = 0.1  # of weights that are matrices
SAVE_EVERY = 30.0  # seconds between two states kept on disk
WIDE = 256  # the width from which bf16 was measured to be faster on a CPU that multiplies it


class Recipe(NamedTuple):
    """How a network is fitted.

    Args:
        epochs: passes over the blocks.
        batch: blocks in a step.
        rate: the highest learning rate.
        precision: "auto", "fp32" or "bf16".
        choose: "validation" keeps the epoch that is best on real validation text, "last" the last.
        micro: blocks that a process puts through the network at a time; None for all of a step's.
    """

    epochs: int = 3
    batch: int = 32
    rate: float = 3e-3
    precision: str = "auto"
    choose: str = "validation"
    micro: int | None = None


def train(
    network: Any,
    data: Blocks,
    validation: Array,
    recipe: Recipe,
    seed: int,
    workspace: Path | None = None,
) -> LanguageModel:
    """The network, fitted in place, and how that went.

    Args:
        network: starts as it is.
        data: what it is fitted to.
        validation: real blocks by which the epoch is chosen.
        recipe: how.
        seed: of the order of the blocks.
        workspace: where a fit in work is kept; one found there goes on.
    """
    fit = Fit(network, data, recipe, seed, connect())
    checkpoint = Checkpoint(None if workspace is None else workspace / "training.pt", SAVE_EVERY)
    fit.restore(checkpoint.read())
    with one_thread():
        while fit.step < fit.total:
            fit.one_step()
            if fit.step % fit.per_epoch == 0:
                fit.finish_epoch(validation)
            if fit.world.leads and checkpoint.due(time.monotonic()):
                checkpoint.write(fit.state())
    fit.settle()
    if fit.world.leads:
        checkpoint.remove()
    return LanguageModel(network, fit.losses, fit.validation)


class Fit:
    """A fit between two steps."""

    def __init__(self, network: Any, data: Blocks, recipe: Recipe, seed: int, here: World) -> None:
        self.network, self.recipe, self.seed, self.world = network, recipe, seed, here
        self.tokens = held(data.tokens, device())
        self.mass = torch.as_tensor(data.mass.astype(np.float32), device=device())
        self.size = data.size
        self.per_epoch = math.ceil(data.size / recipe.batch)
        self.total = recipe.epochs * self.per_epoch
        self.objective = _objective(network, self.tokens.rows(torch.arange(2)), here)
        self.precision = precision_of(recipe.precision, network)
        self.optimiser = _optimiser(network, recipe)
        self.step = 0
        self.losses: list[float] = []
        # Losses still on their device: fetching each would make a GPU wait at every step.
        self._latest: list[torch.Tensor] = []
        self.validation: list[float] = []
        self.best: dict[str, Any] | None = None
        self._epoch, self._order = -1, torch.empty(0)

    def one_step(self) -> None:
        self.network.eval()  # without dropout
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate * _pace(self.step, self.total)
        loss = self._backward(self._rows())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._latest.append(_summed(loss, self.world))
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
            self.losses += torch.stack(self._latest).tolist()
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

    def _rows(self) -> torch.Tensor:
        """The blocks of this step, the same ones whatever happened before."""
        epoch, place = divmod(self.step, self.per_epoch)
        if epoch != self._epoch:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.size)
            self._epoch = epoch
            self._order = torch.as_tensor(order, device=self.tokens.order)
        return self._order[place * self.recipe.batch : (place + 1) * self.recipe.batch]

    def _backward(self, rows: torch.Tensor) -> torch.Tensor:
        """This process's part of the mean loss per token of the batch, blocks as they weigh; its
        gradients are added up, part by part, and exchanged with the last part."""
        mass = self.mass[rows].sum().clamp(min=1e-12)
        own = rows[self.world.rank :: self.world.size]
        shares = self.mass[own] / mass
        if len(own) == 0:
            # The last batch may have fewer blocks than there are processes.
            own, shares = rows[:1], torch.zeros_like(self.mass[:1])
        micro = self.recipe.micro or len(own)
        total = torch.zeros((), device=self.mass.device)
        for start in range(0, len(own), micro):
            part = slice(start, start + micro)
            with self._exchange(last=start + micro >= len(own)):
                # Gradients of processes are averaged; their sum is wanted.
                with autocast(self.precision, self.mass.device.type):
                    tokens = self.tokens.rows(own[part])
                    loss = self.objective(tokens, shares[part] * self.world.size)
                torch.autograd.backward(loss)
            total += loss.detach()
        return total

    def _exchange(self, *, last: bool) -> AbstractContextManager[None]:
        """Processes exchange gradients once a step, not once a part."""
        if last or not isinstance(self.objective, DistributedDataParallel):
            return nullcontext()
        alone: AbstractContextManager[None] = self.objective.no_sync()
        return alone


def _summed(loss: torch.Tensor, here: World) -> torch.Tensor:
    if here.size > 1:
        torch.distributed.all_reduce(loss)
    return loss / here.size


def _objective(network: Any, trial: torch.Tensor, here: World) -> torch.nn.Module:
    objective = Objective(network.eval(), trial)
    if here.size == 1:
        return objective
    return DistributedDataParallel(
        objective, device_ids=[device()] if device().type == "cuda" else None
    )


def precision_of(wanted: str, network: Any) -> str:
    """Narrow networks gain less from products in bf16 on a CPU than changing formats costs."""
    narrow = network.config.hidden_size < WIDE and device().type == "cpu"
    return "fp32" if wanted == "auto" and narrow else wanted


def _optimiser(network: Any, recipe: Recipe) -> torch.optim.Optimizer:
    matrices = [each for each in network.parameters() if each.dim() >= 2]
    vectors = [each for each in network.parameters() if each.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.95), fused=True)


def _pace(step: int, total: int) -> float:
    """The share of the highest rate: a linear rise, then half a cosine down to a tenth."""
    rise = max(1, round(WARMUP * total))
    if step < rise:
        return (step + 1) / rise
    done = (step - rise) / max(1, total - rise)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * done))
