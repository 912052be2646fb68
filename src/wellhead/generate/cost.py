"""What the calls cost: told before they are made, counted after."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from wellhead.errors import BadSetting
from wellhead.generate.cache import Answer, Calls, key_of
from wellhead.generate.jobs import Job
from wellhead.generate.script import Call, script

__all__ = ["Bill", "Prices", "estimated"]

# English, as the tokenisers of current models cut it; other languages take more.
_CHARACTERS_PER_TOKEN = 4.0
_TOKENS_PER_WORD = 1.4


@dataclass(frozen=True, kw_only=True)
class Prices:
    """In any currency, for a million tokens read and a million written."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def __post_init__(self) -> None:
        for price in (self.tokens_in, self.tokens_out):
            if not 0 <= price < math.inf:
                raise BadSetting(f"expected a price of 0 or more, got {price}")


class Bill(NamedTuple):
    """Calls and tokens, and what they cost; `reused` answers were there already."""

    calls: int = 0
    reused: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def cost(self, prices: Prices) -> float:
        """In the currency of the prices."""
        return (self.tokens_in * prices.tokens_in + self.tokens_out * prices.tokens_out) / 1e6

    def plus(self, answer: Answer) -> Bill:
        """With one more call."""
        return Bill(
            self.calls + 1,
            self.reused,
            self.tokens_in + answer.tokens_in,
            self.tokens_out + answer.tokens_out,
        )


def estimated(
    jobs: Iterable[Job], calls: Calls, *, endpoint: str, titled: bool, most_tokens: int, seed: int
) -> Bill:
    """The bill to expect; what is in `calls` is free."""
    bill, seen = Bill(), set()
    for job in jobs:
        steps = script(job, titled=titled, most_tokens=most_tokens, seed=seed)
        try:
            call = next(steps)
            while True:
                key = key_of(call.content(endpoint))
                known = calls.get(key)
                if known is not None:
                    bill = bill._replace(reused=bill.reused + 1)
                elif key not in seen:
                    bill = bill.plus(_guessed(call, key))
                seen.add(key)
                call = steps.send(known or _guessed(call, key))
        except StopIteration:
            continue
    return bill


def _guessed(call: Call, key: str) -> Answer:
    """An answer of the expected length, unlike that to any other call."""
    read = sum(len(message["content"]) for message in call.messages)
    return Answer(
        f"{key} " * call.words,
        "stop",
        round(read / _CHARACTERS_PER_TOKEN),
        round(call.words * _TOKENS_PER_WORD),
    )
