"""Which texts to ask for: balanced over models, styles, temperatures and sources, at random.

A job is one text. Its calls are fixed by the seed before the first is made, so that a run which
was stopped goes on where it was, and a larger run keeps what a smaller one has paid for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from string import Template
from typing import NamedTuple

import numpy as np

from wellhead.errors import BadSetting
from wellhead.generate.styles import Style, load_style, style_names
from wellhead.generate.task import Source, Task

__all__ = ["Job", "Recipe", "Writer", "styles_for"]

_EXAMPLES = 3
_BEGINNING = 30
# Where neither the task nor a human text says how long a text is.
_USUAL_WORDS = (100, 200)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How many texts, and how they are asked for.

    Attributes:
        n: texts asked for.
        models: names that the endpoint knows; each gets the same number of texts.
        styles: names or files; every style that the input allows where there are none.
        temperatures: of sampling; each gets the same number of texts.
        most_tokens: of one answer.
        seed: of what is drawn at random.
    """

    n: int
    models: tuple[str, ...]
    styles: tuple[str, ...] = ()
    temperatures: tuple[float, ...] = (1.0,)
    most_tokens: int = 1500
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise BadSetting(f"expected at least one text to ask for, got {self.n}")
        if not self.models:
            raise BadSetting("expected the name of a model")
        if not self.temperatures:
            raise BadSetting("expected a temperature between 0 and 2, got none")
        for one in self.temperatures:
            if not 0 <= one <= 2:
                raise BadSetting(f"expected a temperature between 0 and 2, got {one}")
        if not 1 <= self.most_tokens <= 32_000:
            raise BadSetting(f"an answer has 1 to 32,000 tokens at most, got {self.most_tokens}")
        if len(set(self.models)) < len(self.models):
            raise BadSetting(f"a model is named twice: {', '.join(self.models)}")


class Job(NamedTuple):
    """One text to be made.

    Attributes:
        model, style, temperature, source: what it is made with and from.
        repeat: how often the same was asked for before.
        words: how long the text should be.
        human: id of the human text that it starts from; "" without one.
        values: what fills the messages' names.
    """

    model: str
    style: Style
    temperature: float
    source: Source
    repeat: int
    words: int
    human: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Writer:
    """Draws the jobs.

    Attributes:
        task: what people were asked.
        recipe: how many texts, and how.
        human: human texts by id, for examples, lengths and the styles that start from one.
    """

    task: Task
    recipe: Recipe
    human: Mapping[str, str] = field(default_factory=dict)

    def jobs(self) -> Iterator[Job]:
        """Every job, in the order in which it is made."""
        recipe, task = self.recipe, self.task
        kinds = list(
            product(recipe.models, styles_for(recipe.styles, self.human), recipe.temperatures)
        )
        asked: Counter[tuple[int, str]] = Counter()
        order = self._order()
        for number in range(recipe.n):
            at = number % len(kinds)
            model, style, temperature = kinds[at]
            rng = np.random.default_rng([recipe.seed, number])
            source = task.sources[order[number // len(kinds) % len(task.sources)]]
            human = self._human(source, style, rng)
            words = self._length(human, rng)
            repeat = asked[at, source.id]
            asked[at, source.id] += 1
            values = self._values(style, source, human, words, rng)
            yield Job(model, style, temperature, source, repeat, words, human, values)

    def _order(self) -> np.ndarray:
        return np.random.default_rng([self.recipe.seed]).permutation(len(self.task.sources))

    def _human(self, source: Source, style: Style, rng: np.random.Generator) -> str:
        """The human text that a job starts from; the source itself where it is one."""
        if source.id in self.human:
            return source.id
        return str(rng.choice(list(self.human))) if self.human and style.needs_human else ""

    def _length(self, human: str, rng: np.random.Generator) -> int:
        if self.task.words is None and human:
            return max(1, len(self.human[human].split()))
        if self.task.words is None and self.human:
            return max(1, len(self.human[str(rng.choice(list(self.human)))].split()))
        low, high = self.task.words or _USUAL_WORDS
        return int(rng.integers(low, high + 1))

    def _values(
        self, style: Style, source: Source, human: str, words: int, rng: np.random.Generator
    ) -> dict[str, str]:
        text = self.human.get(human, "")
        drawn = {name: str(rng.choice(list(values))) for name, values in style.vary.items()}
        others = [name for name in self.human if name not in (human, source.id)]
        examples: list[str] = []
        if "examples" in style.names:
            picked = rng.choice(len(others), min(_EXAMPLES, len(others)), replace=False)
            examples = [self.human[others[i]] for i in picked]
        return {
            **drawn,
            "words": str(words),
            "task": Template(source.prompt).safe_substitute(words=words),
            "text": text,
            "beginning": " ".join(text.split()[:_BEGINNING]),
            "examples": "\n\n---\n\n".join(examples),
        }


def styles_for(names: Sequence[str], human: Mapping[str, str]) -> list[Style]:
    """The styles asked for, or all that the input allows.

    Raises:
        BadSetting: a style that needs human texts where there are none.
    """
    found = [load_style(name) for name in names or style_names()]
    needy = [style.name for style in found if style.needs_human]
    if names and needy and not human:
        raise BadSetting(
            f"the style '{needy[0]}' starts from human texts, and none were given (--human)"
        )
    return [style for style in found if human or not style.needs_human]
