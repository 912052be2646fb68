"""Models to evaluate: which ones an argument means, and how one is loaded.

A run gives every kept generation of every cell of its first repetition, each cell a series of its
own; anything else is one model, and plain models are one series in which the first is compared with
the others.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wellhead.capability.answers import digest_of
from wellhead.errors import BadInput, BadSetting, MissingExtra
from wellhead.models.resolve import Found, default_models, generations, resolve
from wellhead.recursion.folder import Folder

__all__ = ["Subject", "load", "require_lm_eval", "subjects"]


@dataclass(frozen=True)
class Subject:
    """A model and its place in a series.

    Args:
        found: the model.
        series: the line of models that it is compared in.
        generation: its place there; the first is what others are compared with.
    """

    found: Found
    series: str
    generation: int

    @property
    def name(self) -> str:
        return f"{self.series}, generation {self.generation}" if self.series else self.found.name

    @property
    def digest(self) -> str:
        """Of the files that decide its answers; of its name where it lies elsewhere."""
        if self.found.kind == "remote":
            return f"endpoint-{hashlib.sha256(self.found.path.encode()).hexdigest()[:16]}"
        place = self.found.place()
        folder = Path(place.folder)
        if place.gguf is not None:
            return digest_of([folder / place.gguf])
        if folder.is_dir():
            return digest_of(folder.iterdir())
        return place.folder.replace("/", "--")


def subjects(models: Sequence[str]) -> list[Subject]:
    """Every model that the arguments mean; those used by default without any.

    Raises:
        BadInput: one is not there, or a run has kept no models.
        BadSetting: one gives no likelihoods.
    """
    if not models:
        return _plain(default_models())
    found: list[Subject] = []
    plain: list[Found] = []
    for model in models:
        path = Path(model)
        if (path / "run.json").is_file():
            found += _of_run(path)
        elif path.parent.name in ("generations", "work") and path.is_dir():
            found += _series(path.name, generations(model))
        else:
            plain.append(resolve(model))
    return [*found, *_plain(plain)]


def load(subject: Subject) -> tuple[Any, Any]:
    """The network, in fp32 on a CPU and bf16 on a GPU, and its tokenizer.

    Raises:
        BadInput: it cannot be loaded.
    """
    import torch
    import transformers

    from wellhead.recursion.device import device

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    place = subject.found.place()
    where = {} if place.gguf is None else {"gguf_file": place.gguf}
    kind = torch.float32 if device().type == "cpu" else torch.bfloat16
    try:
        # The progress bar over the tensors of a GGUF file has no switch of its own.
        with redirect_stderr(io.StringIO()):
            tokenizer = transformers.AutoTokenizer.from_pretrained(place.folder, **where)
            network = transformers.AutoModelForCausalLM.from_pretrained(
                place.folder, dtype=kind, **where
            )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise BadInput(
            f"model {subject.found.path}: expected a causal language model that transformers "
            f"loads: {error}"
        ) from None
    return network.to(device()).eval(), tokenizer


def require_lm_eval() -> None:
    """Look for what the extra installs.

    Raises:
        MissingExtra: it is not installed.
    """
    # Threads that spin while they wait slow every other process down.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if any(find_spec(module) is None for module in ("lm_eval", "torch", "transformers")):
        raise MissingExtra("evaluating a model", "evaluate")


def _of_run(path: Path) -> list[Subject]:
    """The kept generations of every setting's first repetition."""
    folder = Folder(path)
    found: list[Subject] = []
    for cell in folder.cells():
        place = folder.generations(cell)
        if cell.repetition == 0 and place.is_dir():
            label = folder.plan.settings[cell.setting].label
            found += _series(label, generations(str(place)))
    if not found:
        raise BadInput(
            f"{path} has no finished generations with models: finish it with wellhead collapse "
            f"run {path}; runs keep their models with family.keep_models = true."
        )
    return found


def _series(label: str, kept: list[Found]) -> list[Subject]:
    return [
        Subject(found, label, found.origin.number if found.origin else place)
        for place, found in enumerate(kept)
    ]


def _plain(kept: Sequence[Found]) -> list[Subject]:
    for found in kept:
        if found.kind == "scripted":
            raise BadSetting(
                f"{found.name}: evaluation needs the probability of given words, which a script "
                "does not tell. Give a checkpoint, a GGUF file or the URL of an endpoint."
            )
    return [Subject(found, "", place) for place, found in enumerate(kept)]
