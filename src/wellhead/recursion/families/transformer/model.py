"""A fitted language model as the loop passes it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["LanguageModel"]


@dataclass
class LanguageModel:
    """A network, how its fit went, and what it was seen to write.

    Args:
        network: the fitted network.
        losses: the loss of every training step.
        validation: the loss on real validation text after every epoch.
        samples: pairs of prompt and continuation for people to read, the prompts being the same in
            every generation; set when it is measured.
        vanished: words of the real text that its training data lacks; set when it is measured.
    """

    network: Any
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    samples: list[dict[str, str]] = field(default_factory=list)
    vanished: dict[str, Any] = field(default_factory=dict)
