"""What a model still can do: questions with known answers, asked of every generation.

Models go in (the generations of a run, checkpoints, GGUF files), tasks are asked of them by lm-eval
(extra ``evaluate``), and out comes for each task the accuracy beside that of chance, the bits per
byte of the right answers, and, item by item against the first generation, what fell.

`suites` holds the tasks, `asking` puts them to a model, `paired` compares two models on the same
items, `falls` decides over many comparisons, `published` knows what papers report. `run` joins
them; lm-eval and torch are imported where they are used.
"""

from __future__ import annotations

from wellhead.capability.result import Evaluation
from wellhead.capability.run import evaluate

__all__ = ["Evaluation", "evaluate"]
