"""What a person wants to know of an answer, in words: one `Fact` for each question.

Pure: how surprising the answer is comes in as nats, what the model learned from as `TrainingText`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from wellhead.models.chat.training import TrainingText
from wellhead.recursion.families.words import WORD
from wellhead.recursion.measure.text import repetition
from wellhead.report.numbers import counted

__all__ = ["Fact", "copied", "lost_words", "repeated", "surprise"]

PHRASE = 4
SHOWN = 8  # words that are listed
LONGEST = 160  # characters of a copy that is quoted
MOST_WORDS = 20_000


class Fact(NamedTuple):
    """A question, its answer, and what stands beside it."""

    name: str
    value: str
    note: str = ""


def surprise(nats: float | None, text: str, reference: str, real_bits: float | None) -> Fact:
    """How improbable the reference finds the answer, for each byte of it."""
    name = f"Surprise of {reference}"
    if not text:
        return Fact(name, "nothing was said")
    if nats is None:
        return Fact(name, "not known", "It does not tell, or cannot look back on so much.")
    value = f"{nats / math.log(2) / len(text.encode()):.2f} bits per byte"
    if real_bits is None:
        return Fact(name, value)
    return Fact(name, value, f"Held-out real text: {real_bits:.2f}. Less is plainer.")


def repeated(text: str) -> Fact:
    """The share of phrases that the answer already held before."""
    name = f"Repeated {PHRASE}-word phrases"
    number: dict[str, int] = {}
    words = [
        number.setdefault(word.lower(), len(number) + 1) for word in WORD.findall(text)[:MOST_WORDS]
    ]
    if len(words) < PHRASE:
        return Fact(name, "too short to say")
    share = repetition(np.array(words, dtype=np.int32), PHRASE)
    of = counted(len(words) - PHRASE + 1, "phrase")
    return Fact(name, f"{share:.0%}", f"Of {of} in this answer.")


def copied(text: str, training: TrainingText) -> Fact:
    """The longest stretch of the answer that stands in the training text."""
    found = list(WORD.finditer(text))[:MOST_WORDS]
    where = training.copied([each.group() for each in found])
    count = where.stop - where.start
    name, of = "Longest copy from its training text", "" if training.whole else "In a sample of it."
    if count == 0:
        return Fact(name, "none", of)
    words = text[found[where.start].start() : found[where.stop - 1].end()]
    quoted = words if len(words) <= LONGEST else words[:LONGEST] + " …"
    unit = "word or mark" if count == 1 else "words and marks"
    return Fact(name, f"{count} {unit}", f"“{' '.join(quoted.split())}” {of}".strip())


def lost_words(training: TrainingText, near: str) -> Fact:
    """Real words that nothing the model learned from holds; first those of `near`.

    Args:
        training: what it learned from.
        near: the prompt and the other answer.
    """
    name = "Words it can no longer say"
    if not training.scratch:
        # A base may know them from elsewhere.
        name = "Words gone from its training text"
    if not training.lost:
        return Fact(name, "none", f"Of the {len(training.real):,} words of the real text.")
    value = f"{len(training.lost):,} of {len(training.real):,}"
    lost = set(training.lost)
    here = list(dict.fromkeys(w for w in map(str.lower, WORD.findall(near)) if w in lost))
    if here:
        return Fact(name, value, f"Of your prompt and the other answer: {_listed(here)}.")
    return Fact(name, value, f"Most frequent in the real text: {_listed(list(training.lost))}.")


def _listed(words: list[str]) -> str:
    more = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
