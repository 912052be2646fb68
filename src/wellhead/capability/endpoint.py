"""A model behind an OpenAI-compatible endpoint, as lm-eval sees a model.

In: an engine that gives a text back with the log-probability of each token (``echo`` of
``/v1/completions``, as wellhead serve and vLLM offer it). Out: likelihoods of answers. Where an
answer begins is found from the endpoint's own tokens of the question alone, as lm-eval finds it for
a model on disk; so no tokenizer is needed here.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from wellhead._waiting import wait_for
from wellhead.errors import BadInput, BadSetting
from wellhead.models.engine import Engine, Prompt, Sampling, TokenLog, write

__all__ = ["Endpoint"]

STOPS = 4  # that an endpoint takes
HOW = "Give a checkpoint or a GGUF file, or an endpoint that echoes log-probabilities."


class Endpoint:
    """Answers from an engine.

    Raises:
        BadSetting: it does not tell the probability of given words.
    """

    # Endpoints say themselves that a text is too long.
    max_length = 1 << 20

    def __init__(self, engine: Engine) -> None:
        self._engine, self.tokenizer_name = engine, engine.name
        self._lengths: dict[str, int] = {}
        try:
            told = wait_for(engine.echo("The well is deep.", 1))
        except BadSetting as error:
            raise BadSetting(f"{error} Evaluation asks for echo with logprobs. {HOW}") from None
        if not told or not all(log.others for log in told[1:]):
            raise BadSetting(
                f"{engine.name}: evaluation needs the probability of given words, and this "
                f"endpoint does not tell it (echo with logprobs at /v1/completions). {HOW}"
            )

    def fits(self, answer: str) -> bool:
        """Always: an endpoint refuses what is too long."""
        return True

    def loglikelihood(
        self, requests: Sequence[Any], disable_tqdm: bool = True
    ) -> list[tuple[float, bool]]:
        """Of each answer after its question, and whether it is what the model would write."""
        pairs = [_pair(*request.args) for request in requests]
        new = list(
            dict.fromkeys(question for question, _ in pairs if question not in self._lengths)
        )
        whole = [question + answer for question, answer in pairs]
        echoes = wait_for(self._echoes([*new, *whole]))
        self._lengths.update(zip(new, map(len, echoes), strict=False))
        answers = zip(pairs, echoes[len(new) :], strict=True)
        return [_likely(logs[self._lengths[question] :]) for (question, _), logs in answers]

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = True) -> Any:
        """Not from an endpoint: the first word has no probability there."""
        raise BadSetting(f"an endpoint does not tell the probability of a whole text. {HOW}")

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = True) -> list[str]:
        """What the model writes, up to the first of the texts that end an answer."""
        asked = [_written(*request.args) for request in requests]
        answers = write(self._engine, [prompt for prompt, _ in asked])
        return [_cut(each.text, ends) for each, (_, ends) in zip(answers, asked, strict=True)]

    async def _echoes(self, texts: Sequence[str]) -> list[tuple[TokenLog, ...]]:
        free = asyncio.Semaphore(self._engine.places)

        async def one(text: str) -> tuple[TokenLog, ...]:
            async with free:
                told = await self._engine.echo(text, 1)
            if told is None:
                raise BadInput(f"{self._engine.name} gave a text back without log-probabilities.")
            return told

        return await asyncio.gather(*map(one, texts))


def _pair(question: str, answer: str) -> tuple[str, str]:
    """Spaces between the two belong to the answer."""
    bare = question.rstrip()
    if not bare:
        raise BadSetting(
            f"an endpoint does not tell the probability of a text with nothing before it. {HOW}"
        )
    return bare, question[len(bare) :] + answer


def _likely(logs: Sequence[TokenLog]) -> tuple[float, bool]:
    greedy = all(log.logprob >= max((p for _, p in log.others), default=math.inf) for log in logs)
    return sum(log.logprob for log in logs), greedy


def _written(question: str, options: dict[str, Any]) -> tuple[Prompt, list[str]]:
    until = options.get("until") or []
    ends = [until] if isinstance(until, str) else list(until)
    sampling = Sampling(
        length=int(options.get("max_gen_toks", 256)),
        temperature=float(options.get("temperature", 0)) if options.get("do_sample") else 0.0,
        seed=1,
        stop=tuple(ends[:STOPS]),
    )
    return Prompt(question, sampling=sampling), ends


def _cut(text: str, ends: Sequence[str]) -> str:
    for end in ends:
        text = text.split(end)[0] if end else text
    return text
