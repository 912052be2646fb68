"""Tokens per second of training and writing, beside two peers in the same run.

Peers: a plain loop in the manner of nanoGPT (its own small decoder, full attention, AdamW, and
`torch.multinomial` without a cache), and `transformers.Trainer` with `generate` on the same network
as ours. Every candidate has the same shape, vocabulary, batch and blocks; times are processor
seconds of this process on one thread, so that other work on the machine hardly counts. Prints a
table and writes JSON beside it:

    python benchmarks/lm_speed.py [--parameters 0.05] [--blocks 512] [--out lm_speed.json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import transformers
from torch import nn
from torch.nn import functional

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.generation import continued
from wellhead.recursion.families.transformer.network import from_scratch
from wellhead.recursion.families.transformer.shape import Shape, shape
from wellhead.recursion.families.transformer.tokens import learn
from wellhead.recursion.families.transformer.training import Recipe, train
from wellhead.recursion.samplers import Beam, Sampler, TopP, Unbiased

BLOCK, BATCH, ROWS = 64, 32, 256


def main() -> None:
    arguments = parse()
    torch.set_num_threads(1)
    form = shape(arguments.parameters)
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(3000)]
    text = [" ".join(rng.choice(words, 60)) for _ in range(400)]
    tokens = learn(text, arguments.vocabulary)
    data = rng.integers(1, tokens.size, (arguments.blocks, BLOCK)).astype(np.int32)
    ours = from_scratch(arguments.parameters, tokens, BLOCK, 0)
    plain = PlainDecoder(form, tokens.size)
    prompts = np.resize(data, (ROWS, BLOCK))
    whole = ROWS * BLOCK
    rows = [
        ("training", "wellhead", timed(lambda: fit(ours, data, "fp32"), data.size)),
        (
            "training",
            "wellhead, bf16 where the CPU has it",
            timed(lambda: fit(ours, data, "auto"), data.size),
        ),
        ("training", "plain loop", timed(lambda: plain_fit(plain, data), data.size)),
        ("training", "transformers.Trainer", timed(lambda: trainer_fit(ours, data), data.size)),
        ("writing", "wellhead, unbiased", timed(lambda: write(ours, prompts, Unbiased()), whole)),
        ("writing", "wellhead, top-p 0.9", timed(lambda: write(ours, prompts, TopP(p=0.9)), whole)),
        (
            "writing",
            "wellhead, 5 beams",
            timed(lambda: write(ours, prompts[:64], Beam()), 64 * BLOCK),
        ),
        ("writing", "plain loop", timed(lambda: plain_write(plain, prompts), whole)),
        ("writing", "generate, unbiased", timed(lambda: generate(ours, prompts), whole)),
        (
            "writing",
            "generate, top-p 0.9",
            timed(lambda: generate(ours, prompts, top_p=0.9), whole),
        ),
        (
            "writing",
            "generate, 5 beams",
            timed(lambda: generate(ours, prompts[:64], beams=5), 64 * BLOCK),
        ),
    ]
    report(rows, form, arguments)


def parse() -> argparse.Namespace:
    parser = benchmark_arguments(__doc__, json_default="lm_speed.json")
    parser.add_argument("--parameters", type=float, default=0.05)
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--blocks", type=int, default=512)
    return parser.parse_args()


def timed(work: Callable[[], Any], tokens: int) -> float:
    """Tokens per processor second, the better of two after one to warm up."""
    work()
    seconds = []
    for _ in range(2):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return tokens / min(seconds)


def fit(network: Any, data: np.ndarray, precision: str) -> None:
    recipe = Recipe(1, BATCH, 1e-3, precision=precision, choose="last")
    train(network, Blocks.real(data), data[:1], recipe, 0)


def write(network: Any, prompts: np.ndarray, sampler: Sampler) -> None:
    continued(network, prompts, BLOCK, sampler, np.random.default_rng(0))


def generate(network: Any, prompts: np.ndarray, top_p: float = 1.0, beams: int = 1) -> None:
    network.eval()
    tokens = torch.as_tensor(prompts.astype(np.int64))
    with torch.inference_mode():
        network.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            do_sample=beams == 1,
            top_p=top_p,
            top_k=0,
            num_beams=beams,
            max_new_tokens=BLOCK,
            min_new_tokens=BLOCK,
        )


def trainer_fit(network: Any, data: np.ndarray) -> None:
    rows = [{"input_ids": row, "labels": row} for row in data.astype(np.int64)]
    with tempfile.TemporaryDirectory() as folder:
        options = transformers.TrainingArguments(
            folder,
            num_train_epochs=1,
            per_device_train_batch_size=BATCH,
            learning_rate=1e-3,
            save_strategy="no",
            report_to=[],
            logging_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = transformers.Trainer(network, options, train_dataset=rows)
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()


class PlainDecoder(nn.Module):
    """A small decoder as one would write it down: learned positions, full causal attention."""

    def __init__(self, form: Shape, vocabulary: int) -> None:
        super().__init__()
        self.heads = form.heads
        self.words = nn.Embedding(vocabulary, form.width)
        self.places = nn.Embedding(4 * BLOCK, form.width)
        # Two matrices of 4 × width make a layer as large as our gated one.
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "before": nn.LayerNorm(form.width),
                    "mix": nn.Linear(form.width, 3 * form.width, bias=False),
                    "out": nn.Linear(form.width, form.width, bias=False),
                    "between": nn.LayerNorm(form.width),
                    "up": nn.Linear(form.width, 4 * form.width, bias=False),
                    "down": nn.Linear(4 * form.width, form.width, bias=False),
                }
            )
            for _ in range(form.layers)
        )
        self.last = nn.LayerNorm(form.width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        rows, length = tokens.shape
        x = self.words(tokens) + self.places(torch.arange(length))
        for layer in self.layers:
            parts = layer["mix"](layer["before"](x)).view(rows, length, 3, self.heads, -1)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + layer["out"](mixed.transpose(1, 2).reshape(rows, length, -1))
            x = x + layer["down"](functional.gelu(layer["up"](layer["between"](x))))
        return self.last(x) @ self.words.weight.T


def plain_fit(network: PlainDecoder, data: np.ndarray) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)
    for _ in range(math.ceil(len(data) / BATCH)):
        rows = torch.as_tensor(data[rng.integers(len(data), size=BATCH)].astype(np.int64))
        logits = network(rows)[:, :-1]
        loss = functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


def plain_write(network: PlainDecoder, prompts: np.ndarray) -> None:
    tokens = torch.as_tensor(prompts.astype(np.int64))
    with torch.inference_mode():
        for _ in range(BLOCK):
            law = torch.softmax(network(tokens)[:, -1], -1)
            tokens = torch.cat([tokens, torch.multinomial(law, 1)], dim=1)


def report(rows: list[tuple[str, str, float]], form: Shape, arguments: argparse.Namespace) -> None:
    title = f"{form.parameters:.2f} M non-embedding parameters, vocabulary {arguments.vocabulary}"
    print(f"{title}, blocks of {BLOCK}, one thread, fp32 unless named otherwise\n")
    print(
        markdown_table(
            ("", "", ">tokens per processor second"),
            [(kind, name, f"{rate:,.0f}") for kind, name, rate in rows],
        )
    )
    result = {
        "shape": form._asdict(),
        "vocabulary": arguments.vocabulary,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "avx512_bf16": bool(torch.cpu._is_avx512_bf16_supported()),
        "rows": [dict(zip(("kind", "name", "rate"), row, strict=True)) for row in rows],
    }
    save_json(arguments.json, result)


if __name__ == "__main__":
    main()
