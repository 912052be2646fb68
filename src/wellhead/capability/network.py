"""A network on this machine as lm-eval sees it, that reads what several answers share once.

In: questions as tokens, a context and an end each. Out: the log-likelihood of each end, and whether
every token of it was the likeliest. lm-eval reads the context again for each answer to choose
from, and asks for the probabilities of its tokens, too. Here contexts of one length are read
together, each once, and the ends follow from what the network keeps of them (its cache of keys and
values). The figures are lm-eval's up to rounding: a network's first questions are put to it in both
ways, and where the two differ, or the network keeps no such cache, lm-eval's way is taken.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from lm_eval.models.huggingface import HFLM

__all__ = ["Network"]

Question = tuple[Any, list[int], list[int]]  # The texts; tokens of the context; those of the end
Answer = tuple[float, bool]  # The log-likelihood; whether it is what the network would write

TRIED = 4  # questions that are asked in both ways
ROUNDING = 0.02  # share of a log-likelihood by which the two may differ
POSITIONS = 128  # for each row of a batch, on average, at most


class Network(HFLM):  # type: ignore[misc]
    """A network on this machine."""

    _shares: bool | None = None  # Whether contexts may be read once; None before it was tried

    def fits(self, answer: str) -> bool:
        """Whether an answer is shorter than what the network sees at a time."""
        return bool(len(self.tok_encode(answer)) < self.max_length)

    def _loglikelihood_tokens(
        self, requests: list[Question], disable_tqdm: bool = False, override_bs: int | None = None
    ) -> list[Answer]:
        def literal(part: list[Question]) -> list[Answer]:
            found: list[Answer] = HFLM._loglikelihood_tokens(self, part, disable_tqdm, override_bs)
            return found

        if any(len(context) + len(end) > self.max_length for _, context, end in requests):
            return literal(requests)
        if self._shares is None:
            tried = requests[:TRIED]
            self._shares = self._keeps() and _alike(literal(tried), self._shared(tried))
        return self._shared(requests) if self._shares else literal(requests)

    def _keeps(self) -> bool:
        """Whether the network takes the options that `_shared` needs."""
        known = inspect.signature(self.model.forward).parameters
        return {"past_key_values", "logits_to_keep", "use_cache"} <= known.keys()

    def _shared(self, requests: Sequence[Question]) -> list[Answer]:
        """The answers, each context read once."""
        ends: dict[tuple[int, ...], dict[int, list[int]]] = defaultdict(dict)
        for place, (_, context, end) in enumerate(requests):
            ends[tuple(context)][place] = end
        found: dict[int, Answer] = {}
        for batch in _batches(ends, int(self.batch_size)):
            with torch.inference_mode():
                found.update(self._batch(batch))
        return [found[place] for place in range(len(requests))]

    def _batch(self, batch: dict[tuple[int, ...], dict[int, list[int]]]) -> dict[int, Answer]:
        """Contexts of one length with their ends, whose answers are returned by their place."""
        begun = self.model(self._tensor(list(batch)), use_cache=True, logits_to_keep=1)
        rows = [row for row, ends in enumerate(batch.values()) for _ in ends]
        ends = [end for each in batch.values() for end in each.values()]
        # What comes first in an end is known from its context; what comes later needs the end.
        priced = _Priced(begun.logits[rows], [end[:1] for end in ends])
        longer = [row for row, end in enumerate(ends) if len(end) > 1]
        if longer:
            kept = begun.past_key_values
            kept.batch_select_indices(torch.tensor([rows[row] for row in longer]).to(self.device))
            most = max(map(len, ends)) - 1
            asked = [(ends[row][:-1] + [0] * most)[:most] for row in longer]
            more = self.model(self._tensor(asked), past_key_values=kept, use_cache=True)
            priced.add(longer, _Priced(more.logits, [ends[row][1:] for row in longer]))
        places = [place for each in batch.values() for place in each]
        return dict(zip(places, priced.answers, strict=True))

    def _tensor(self, rows: Sequence[Sequence[int]]) -> Any:
        return torch.tensor(rows, dtype=torch.long, device=self.device)


class _Priced:
    """What tokens cost, given logits: rows by positions by vocabulary."""

    def __init__(self, logits: Any, tokens: Sequence[Sequence[int]]) -> None:
        logits = logits.float()
        whole = logits.logsumexp(-1)
        likeliest = logits.argmax(-1)
        self.answers: list[Answer] = []
        for row, asked in enumerate(tokens):
            at = torch.tensor(asked, device=logits.device)
            size = len(asked)
            costs = logits[row, torch.arange(size), at] - whole[row, :size]
            self.answers.append((float(costs.sum()), bool((likeliest[row, :size] == at).all())))

    def add(self, rows: Sequence[int], more: _Priced) -> None:
        """Count what comes later to the rows that it belongs to."""
        for row, (cost, greedy) in zip(rows, more.answers, strict=True):
            before, was = self.answers[row]
            self.answers[row] = (before + cost, was and greedy)


def _batches(
    ends: dict[tuple[int, ...], dict[int, list[int]]], rows: int
) -> Iterator[dict[tuple[int, ...], dict[int, list[int]]]]:
    """Contexts of one length, so many that their ends fit into a batch."""
    batch: dict[tuple[int, ...], dict[int, list[int]]] = {}
    for context in sorted(ends, key=len, reverse=True):
        wider = batch | {context: ends[context]}
        if batch and (len(next(iter(batch))) != len(context) or not _fit(wider, rows)):
            yield batch
            wider = {context: ends[context]}
        batch = wider
    if batch:
        yield batch


def _fit(batch: dict[tuple[int, ...], dict[int, list[int]]], rows: int) -> bool:
    sizes = [len(end) for each in batch.values() for end in each.values()]
    return len(batch) <= rows and len(sizes) * max(sizes) <= rows * POSITIONS


def _alike(literal: Sequence[Answer], shared: Sequence[Answer]) -> bool:
    pairs = zip(literal, shared, strict=True)
    return all(abs(a - b) <= ROUNDING * max(1.0, abs(a)) for (a, _), (b, _) in pairs)
