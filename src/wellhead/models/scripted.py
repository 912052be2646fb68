"""An engine without a model: it says what a script tells it to, at a set pace.

For demonstrations, and for tests of everything that stands before or behind an engine. A script
is a function from the prompt to a `Line`; `read_script` makes one from a file of JSON lines, each
``{"when": "weather", "say": "It rains.", "pace": 0.02, "fail_after": 3}``: the first whose `when`
stands in the last message (or the text) is said; without `when` it fits everything. Given
`fail_after`, the engine fails after so many pieces.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from wellhead.errors import BadInput
from wellhead.models.engine import EngineFailed, Piece, Prompt, TokenLog, Usage
from wellhead.models.stopping import Stopping

__all__ = ["Line", "Script", "ScriptedEngine", "echo", "read_script"]

MOST_BYTES = 10_000_000


class Line(NamedTuple):
    """What is said, seconds before each piece, and after how many pieces the engine fails."""

    say: str
    pace: float = 0.0
    fail_after: int | None = None


Script = Callable[[Prompt], Line]


def echo(prompt: Prompt) -> Line:
    """What was said last, once more."""
    return Line(prompt.last)


class ScriptedEngine:
    """Says what `script` answers, word by word; a token is a word with the space before it.

    >>> from wellhead.models.engine import write
    >>> write(ScriptedEngine("parrot"), [Prompt("Good day to you.")])[0].text
    'Good day to you.'
    """

    context = None

    def __init__(
        self, name: str, script: Script = echo, *, chats: bool = True, places: int = 64
    ) -> None:
        self.name, self.script, self.chats, self.places = name, script, chats, places
        self.running = 0  # answers that are being written, for tests of cancellation

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        line, stopping = self.script(prompt), Stopping(prompt.sampling.stop)
        words = re.findall(r"\s*\S+\s*$|\s*\S+", line.say)
        said = count()
        self.running += 1
        try:
            for number, word in enumerate(words[: prompt.sampling.length]):
                if number == line.fail_after:
                    raise EngineFailed(f"{self.name} failed, as its script says.")
                await asyncio.sleep(line.pace)
                shown = stopping.take(word)
                next(said)
                wanted = prompt.sampling.logprobs is not None
                if shown:
                    yield Piece(shown, (TokenLog(word, 0.0),) if wanted else ())
                if stopping.stopped:
                    break
        finally:
            self.running -= 1
        cut = len(words) > prompt.sampling.length and not stopping.stopped
        usage = Usage(len(_all_text(prompt).split()), next(said))
        yield Piece(stopping.rest(), finish="length" if cut else "stop", usage=usage)

    async def surprise(self, prompt: Prompt, text: str) -> float | None:
        """None: it has no probabilities."""
        return None

    async def echo(self, text: str, others: int = 0) -> tuple[TokenLog, ...] | None:
        """None, for the same reason."""
        return None

    async def close(self) -> None:
        """Nothing is held."""


def read_script(path: Path) -> Script:
    """The script in a file of JSON lines.

    Raises:
        BadInput: the file cannot be read, or a line is none of a script.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path}: expected a script of at most {MOST_BYTES} bytes.")
        raw = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected a script, a file of JSON lines: {error}.") from None
    rows = [
        _row(path, number, text)
        for number, text in enumerate(raw.splitlines(), start=1)
        if text.strip()
    ]

    def script(prompt: Prompt) -> Line:
        fitting = (line for when, line in rows if when.lower() in prompt.last.lower())
        return next(fitting, Line("I have nothing to say to that."))

    return script


def _row(path: Path, number: int, text: str) -> tuple[str, Line]:
    try:
        row: dict[str, Any] = json.loads(text)
        fail = row.get("fail_after")
        line = Line(str(row["say"]), float(row.get("pace", 0)), None if fail is None else int(fail))
        if not 0 <= line.pace <= 60:
            raise ValueError("pace is 0 to 60 seconds")
        return str(row.get("when", "")), line
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(
            f'{path}, line {number}: expected a line such as {{"when": "weather", "say": "It '
            f'rains."}}: {error!r}.'
        ) from None


def _all_text(prompt: Prompt) -> str:
    return " ".join([prompt.text, *(message.content for message in prompt.messages)])
