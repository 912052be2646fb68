"""The calls that make one text, in their order, as a generator: calls out, answers in.

Written once, this is driven by the run, which asks and pays, and by the estimate of the cost,
which only pretends to.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from string import Template
from typing import Any, NamedTuple

from wellhead.generate.cache import Answer
from wellhead.generate.jobs import Job
from wellhead.generate.styles import Step
from wellhead.generate.task import TITLE_REQUEST

__all__ = ["Call", "Made", "script"]

_PARAGRAPH = re.compile(r"\n\s*\n")
_TITLE_TOKENS = 60
# How models begin when they will not answer.
_REFUSAL = re.compile(
    r"\s*(?:i['’]?m (?:really |so |very )?sorry\b|sorry,"
    r"|i (?:can(?:no|['’])t|am unable|am not able)|i['’]m (?:unable|not able)"
    r"|as an ai\b|unfortunately, i can)",
    re.IGNORECASE,
)
_REFUSAL_WORDS = 60


class Call(NamedTuple):
    """One question to a model, and about how long its answer will be in words."""

    model: str
    messages: tuple[dict[str, str], ...]
    sampling: Mapping[str, Any]
    words: int

    def content(self, endpoint: str) -> dict[str, Any]:
        """All that decides the answer."""
        sampling = dict(self.sampling)
        return {
            "endpoint": endpoint,
            "model": self.model,
            "messages": self.messages,
            "sampling": sampling,
        }


class Made(NamedTuple):
    """What became of a job.

    Attributes:
        text: of the last answer, or put together; "" where nothing came.
        outcome: "usable", "refused", "empty", "truncated" or "failed".
        machine_part: share of its characters that the model wrote.
    """

    text: str
    outcome: str
    machine_part: float = 1.0


def script(job: Job, *, titled: bool, most_tokens: int, seed: int) -> Generator[Call, Answer, Made]:
    """The calls of one job."""
    values = dict(job.values)

    def asked(step: Step, tokens: int, words: int, repeat: int) -> Call:
        roles = (("system", step.system), ("user", step.user))
        return Call(
            job.model,
            tuple(
                {"role": role, "content": Template(part).safe_substitute(values)}
                for role, part in roles
                if part
            ),
            {"temperature": job.temperature, "max_tokens": tokens, "seed": seed + repeat},
            words,
        )

    if titled and "task" in job.style.names:
        values["text"] = job.source.text
        # One title serves every style and every repetition.
        title = yield asked(Step(TITLE_REQUEST), _TITLE_TOKENS, 10, 0)
        if (outcome := _outcome(title)) != "usable":
            return Made(title.text, outcome)
        values["task"] = Template(values["task"]).safe_substitute(title=title.text.strip(' "“”*#'))
        values["text"] = job.values["text"]
    if job.style.by_paragraph:
        return (yield from _every_second(job, values, asked, most_tokens))
    answer = Answer("")
    for step in job.style.steps:
        values["previous"] = answer.text
        answer = yield asked(step, most_tokens, job.words, job.repeat)
        if (outcome := _outcome(answer)) != "usable":
            return Made(answer.text, outcome)
    return Made(answer.text.strip(), "usable")


def _every_second(
    job: Job, values: dict[str, str], asked: Any, most_tokens: int
) -> Generator[Call, Answer, Made]:
    """A human text of which the model rewrites the second, fourth, … paragraph."""
    parts = _parts(job.values["text"])
    written = 0
    for place in range(1 if len(parts) > 1 else 0, len(parts), 2):
        values["paragraph"] = parts[place]
        words = len(parts[place].split())
        for step in job.style.steps:
            answer = yield asked(step, most_tokens, words, job.repeat)
            if (outcome := _outcome(answer)) != "usable":
                return Made(answer.text, outcome)
            values["previous"] = answer.text
        parts[place] = answer.text.strip()
        written += len(parts[place])
    return Made("\n\n".join(parts), "usable", written / max(1, sum(map(len, parts))))


def _parts(text: str) -> list[str]:
    """Paragraphs; of a text with one, its sentences in two halves."""
    parts = [part.strip() for part in _PARAGRAPH.split(text) if part.strip()]
    if len(parts) > 1:
        return parts
    sentences = re.split(r"(?<=[.!?。！？])\s*(?=\S)", text.strip())
    half = len(sentences) // 2
    return [" ".join(part) for part in (sentences[:half], sentences[half:]) if part]


def _outcome(answer: Answer) -> str:
    if answer.finish in ("refusal", "content_filter"):
        return "refused"
    if not answer.text.strip():
        return "empty"
    if answer.finish == "length":
        return "truncated"
    short = len(answer.text.split()) <= _REFUSAL_WORDS
    return "refused" if short and _REFUSAL.match(answer.text) else "usable"
