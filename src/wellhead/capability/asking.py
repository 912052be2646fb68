"""Tasks put to a model by lm-eval, with every answer kept as it comes.

In: a model that transformers loads or that an endpoint runs, tasks, how many items. Out: lm-eval's
record of each item. GGUF files are dequantised, so that likelihoods are exact for the weights in
the file. Chat templates are not applied: published figures are without them.

torch, transformers and lm-eval are imported with this module; see `require_lm_eval` in `loading`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import lm_eval.api.task as lm_eval_task
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lm_eval import evaluator, utils
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

from wellhead._progress import Progress
from wellhead._threads import one_thread
from wellhead._waiting import wait_for
from wellhead.capability.answers import Answers, key_of
from wellhead.capability.endpoint import Endpoint
from wellhead.capability.loading import Subject, load
from wellhead.capability.network import Network
from wellhead.capability.suites import Task
from wellhead.errors import BadInput, BadSetting
from wellhead.models.opening import open_engine

__all__ = ["Asked", "load_tasks", "opened", "records"]

TRIAL = 16  # questions that are timed
WORDS = 8  # tokens of the answer that is timed
TOGETHER = 128  # questions put to a model at a time, and kept together
LOGITS = 1e8  # numbers in a table of logits, at most, at 128 positions
SEED = 1234
SMALL = 10_000_000  # parameters, below which a second thread only gets in the way
# What lm-eval raises where a template or a field does not fit the items.
_MISFITS = (TemplateError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def opened(subject: Subject) -> Iterator[Any]:
    """A model as lm-eval sees it.

    Raises:
        BadInput: it cannot be loaded.
        BadSetting: an endpoint that gives no likelihoods.
    """
    _quieten()
    if subject.found.kind == "remote":
        engine = open_engine(subject.found)
        try:
            yield Endpoint(engine)
        finally:
            wait_for(engine.close())
        return
    network, tokenizer = load(subject)
    together = int(LOGITS // (network.config.vocab_size * 128))
    size = max(1, min(TOGETHER, together))
    with _threads(network):
        yield Network(pretrained=network, tokenizer=tokenizer, batch_size=size)


def _threads(network: Any) -> Any:
    """One thread for a small network, all of them for others."""
    small = sum(each.numel() for each in network.parameters()) < SMALL
    return one_thread() if small else nullcontext()


class Asked(LM):  # type: ignore[misc]
    """A model whose answers are kept.

    Args:
        model: as lm-eval sees it.
        answers: those it has given.
        bar: advances by one for each question.
    """

    def __init__(self, model: Any, answers: Answers, bar: Progress) -> None:
        super().__init__()
        self.model, self.answers, self.bar = model, answers, bar

    @property
    def tokenizer_name(self) -> str:
        return str(self.model.tokenizer_name)

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        found = self._asked("loglikelihood", requests, self._likely)
        return [(float(value), bool(greedy)) for value, greedy in found]

    def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
        ask = partial(self.model.loglikelihood_rolling, disable_tqdm=True)
        return [float(each) for each in self._asked("rolling", requests, ask)]

    def generate_until(self, requests: list[Any]) -> list[str]:
        ask = partial(self.model.generate_until, disable_tqdm=True)
        fitting = [self._fitting(each) for each in requests]
        return [str(each) for each in self._asked("generate", fitting, ask)]

    def fits(self, answer: str) -> bool:
        """Whether the model can tell the likelihood of an answer."""
        return bool(self.model.fits(answer))

    def seconds(self, requests: Sequence[Any]) -> float:
        """How long these take, from a batch of middling length, unless all are answered."""
        new = [each for each in requests if key_of("loglikelihood", each.args) not in self.answers]
        new.sort(key=_length)
        middle = len(new) // 2
        trial = new[max(0, middle - TRIAL // 2) :][:TRIAL]
        if not trial:
            return 0.0
        self._likely(trial[:1])
        start = time.monotonic()
        self._likely(trial)
        taken = time.monotonic() - start
        return taken / sum(map(_length, trial)) * sum(map(_length, new))

    def seconds_to_write(self, requests: Sequence[Any]) -> float:
        """How long these take at the most, from a few words of one, unless all are answered."""
        fitting = [self._fitting(each) for each in requests]
        new = [each for each in fitting if key_of("generate", each.args) not in self.answers]
        if not new:
            return 0.0
        context, options = min(new, key=_length).args
        arguments = (context, {**options, "max_gen_toks": WORDS})
        trial = Instance(request_type="generate_until", doc={}, arguments=arguments, idx=0)
        start = time.monotonic()
        self.model.generate_until([trial], disable_tqdm=True)
        taken = time.monotonic() - start
        return taken / WORDS * sum(int(each.args[1]["max_gen_toks"]) for each in new)

    def _fitting(self, request: Any) -> Any:
        """The same question, asking for no more than half of what the model sees at a time."""
        context, options = request.args
        most = min(int(options.get("max_gen_toks", 256)), max(1, self.model.max_length // 2))
        arguments = (context, {**options, "max_gen_toks": most})
        return Instance(request_type="generate_until", doc={}, arguments=arguments, idx=0)

    def _likely(self, part: list[Any]) -> Any:
        return self.model.loglikelihood(part, disable_tqdm=True)

    def _asked(self, method: str, requests: list[Any], ask: Callable[[list[Any]], Any]) -> Any:
        keys = [key_of(method, each.args) for each in requests]
        new = dict(zip(keys, requests, strict=True))
        new = {key: each for key, each in new.items() if key not in self.answers}
        self.bar.advance(len(requests) - len(new))
        # Questions of a like length share a batch without much padding.
        order = sorted(new, key=lambda key: len(str(new[key].args[0])))
        for start in range(0, len(order), TOGETHER):
            part = order[start : start + TOGETHER]
            self.answers.add(zip(part, ask([new[key] for key in part]), strict=True))
            self.bar.advance(len(part))
        return [self.answers[key] for key in keys]


def _length(request: Any) -> int:
    return sum(len(str(part)) for part in request.args)


def load_tasks(tasks: Sequence[Task], own: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """lm-eval's tasks: ours, and those of the user's own YAML files.

    Args:
        tasks: ours.
        own: folders with YAML files.
        names: tasks or groups in them.

    Raises:
        BadInput: a task that lm-eval cannot make sense of.
    """
    _quieten()
    _sandboxed()
    manager = TaskManager(include_path=list(own) or None, include_defaults=False)
    try:
        loaded: dict[str, Any] = manager.load([*(task.config() for task in tasks), *names])
    except (*_MISFITS, OSError, ImportError) as error:
        raise BadInput(
            f"a task cannot be loaded ({type(error).__name__}: {error}). Compare its data files, "
            "splits, metrics and templates with the items."
        ) from error
    for task in loaded["tasks"].values():
        task.set_fewshot_seed(seed=SEED)
    return loaded


def requests_of(loaded: Mapping[str, Any], limit: int | None) -> list[Any]:
    """Everything that these tasks will ask.

    Raises:
        BadInput: an item does not fit the templates of its task.
    """
    found = []
    with _silent():
        for name, task in loaded["tasks"].items():
            try:
                task.build_all_requests(limit=limit, rank=0, world_size=1)
            except _MISFITS as error:
                raise BadInput(
                    f"task {name}: an item does not fit its templates, or there are fewer than it "
                    f"shows solved ({type(error).__name__}: {error})."
                ) from error
            found += task.instances
    return found


def records(
    model: Asked, loaded: Mapping[str, Any], limit: int | None, *, confirm: bool
) -> dict[str, list[dict[str, Any]]]:
    """lm-eval's record of every item, by task.

    Raises:
        BadSetting: a task runs code that a model wrote, and that was not confirmed.
    """
    unsafe = [name for name, task in loaded["tasks"].items() if getattr(task, "UNSAFE_CODE", False)]
    if unsafe and not confirm:
        raise BadSetting(
            f"{', '.join(unsafe)}: this runs programs that the model wrote, on this machine. "
            "Confirm it with --confirm-run-unsafe-code, best inside a container; or leave the task "
            "out."
        )
    with _silent():
        found = evaluator.evaluate(
            lm=model,
            task_dict=dict(loaded),
            limit=limit,
            log_samples=True,
            bootstrap_iters=0,
            confirm_run_unsafe_code=confirm,
        )
    samples: dict[str, list[dict[str, Any]]] = found["samples"]
    return samples


def asked_for(context: str, answer: str) -> Any:
    """A question for the likelihood of one answer."""
    return Instance(request_type="loglikelihood", doc={}, arguments=(context, answer), idx=0)


def _sandboxed() -> None:
    """Templates of YAML files put words together; those that reach into Python are refused."""
    known, bounds = utils.env, ImmutableSandboxedEnvironment
    utils.env = bounds(undefined=known.undefined, keep_trailing_newline=True)
    utils.env.filters.update(known.filters)


def _quieten() -> None:
    """lm-eval tells at length what it does; what matters of it is raised."""
    logging.getLogger("lm_eval").setLevel(logging.CRITICAL)


@contextmanager
def _silent() -> Iterator[None]:
    """Without lm-eval's own progress bars, of which there is one for each task."""
    bar = lm_eval_task.tqdm
    lm_eval_task.tqdm = partial(bar, disable=True)
    try:
        yield
    finally:
        lm_eval_task.tqdm = bar
