"""What people were asked: from a task file, from a study file, or guessed from human texts alone.

A task file is TOML::

    title = "Summaries of abstracts"
    instructions = "Read the text, then summarise it in about 100 words."
    words = [90, 130]                # optional; else the lengths of the human texts, if given
    prompt = "$instructions\\n\\nText: $source"   # the default where there are sources

    [sources]                        # what people were given to work on; optional
    file = "abstracts.csv"           # beside the task file; anything that an assay reads
    text = "texts"                   # its column

    [recipe]                         # what to ask for where the command does not say; optional
    n = 320
    styles = ["plain"]
    temperatures = [0.7, 0.9]

A study file of `wellhead collect` will do as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any, NamedTuple

from wellhead.corpus import open_corpus
from wellhead.errors import BadInput

__all__ = ["TITLE_REQUEST", "Source", "Task", "from_human", "human_texts", "read_task"]

_LARGEST_FILE = 1_000_000
_SOURCES = 100_000
_PROMPT = "$instructions\n\nText: $source"
# Without a task, people's texts give one: their title, asked of the model, and then a text.
TITLE_REQUEST = "Give this text a title that says what it is about. Give only the title.\n\n$text"
_FROM_TITLE = "Write $kind with the title “$title” in about $words words. Give only the text."


class Source(NamedTuple):
    """One thing to write about.

    Attributes:
        id: of the source.
        prompt: the task for this source; ``$words`` and, from human texts, ``$title`` are open.
        text: what was given to work on, or the human text that the task is made from.
    """

    id: str
    prompt: str
    text: str = ""


class Task(NamedTuple):
    """What was asked.

    Attributes:
        title: of the whole.
        sources: one or more.
        words: fewest and most words wanted, or None where human texts say it.
        titled: whether each prompt needs a title, which the model is asked for first.
        recipe: settings of `Recipe` that the task itself states.
    """

    title: str
    sources: tuple[Source, ...]
    words: tuple[int, int] | None = None
    titled: bool = False
    recipe: Mapping[str, Any] = MappingProxyType({})


def read_task(path: str | Path) -> Task:
    """The task in a task file, or in a study file of `wellhead collect`.

    Raises:
        BadInput: no such file, or something in it that is not as expected.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise BadInput(
                f"{path} has over {_LARGEST_FILE:,} bytes; sources go in a file beside it"
            )
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: not valid TOML ({error})") from error
    if "study" in table:
        table = _of_study(table)
    return _task(table, path)


def from_human(texts: Mapping[str, str], *, kind: str = "a text") -> Task:
    """A task made from human texts alone: a title for each, and a text for each title.

    Args:
        texts: by id.
        kind: what they are, as in "a news report"; part of what the model is asked for.
    """
    if not texts:
        raise BadInput("expected human texts to make prompts from, got none")
    prompt = Template(_FROM_TITLE).safe_substitute(kind=kind.replace("$", "$$"))
    sources = tuple(Source(name, prompt, text) for name, text in texts.items())
    return Task(f"From {len(sources):,} human texts", sources, titled=True)


def human_texts(source: Any, *, text_column: str | None = None) -> dict[str, str]:
    """The texts of a human reference by id, the first `_SOURCES` of them."""
    return dict(_rows(open_corpus(source, text_column=text_column)))


def _of_study(study: Mapping[str, Any]) -> dict[str, Any]:
    tasks, writing = study.get("tasks", {}), study.get("writing", {})
    return {
        "title": study["study"].get("title", ""),
        "instructions": writing.get("instructions"),
        "sources": {"file": tasks.get("file"), "text": tasks.get("text", "text")},
    }


def _task(table: Mapping[str, Any], path: Path) -> Task:
    extra = set(table) - {"title", "instructions", "words", "prompt", "sources", "recipe"}
    if extra:
        raise BadInput(
            f"{path}: '{extra.pop()}' is not known; a task has title, instructions, words, prompt, "
            "[sources] and [recipe]"
        )
    instructions = table.get("instructions")
    if not isinstance(instructions, str) or not instructions.strip():
        raise BadInput(f"{path}: expected 'instructions', what people were asked to do")
    prompt = table.get("prompt", _PROMPT)
    if not isinstance(prompt, str) or not _known(prompt):
        raise BadInput(f"{path}: 'prompt' may use $instructions, $source and $words, $$ for a $")
    title = str(table.get("title") or path.stem)
    words, recipe = _words(table.get("words"), path), _recipe(table.get("recipe", {}), path)
    if "sources" not in table:
        return Task(title, (Source("task", _escaped(instructions.strip())),), words, recipe=recipe)
    sources = tuple(_sources(table["sources"], prompt, instructions, path))
    return Task(title, sources, words, recipe=recipe)


def _known(prompt: str) -> bool:
    template = Template(prompt)
    return template.is_valid() and set(template.get_identifiers()) <= {
        *("instructions", "source", "words"),
    }


def _words(given: Any, path: Path) -> tuple[int, int] | None:
    if given is None:
        return None
    whole = isinstance(given, list) and len(given) == 2 and all(isinstance(n, int) for n in given)
    if not whole or not 1 <= given[0] <= given[1] <= 20_000:
        raise BadInput(f"{path}: 'words' expects the fewest and the most, as in [90, 130]")
    return given[0], given[1]


def _recipe(given: Any, path: Path) -> dict[str, Any]:
    kinds: dict[str, Any] = {"n": int, "styles": str, "temperatures": (int, float)}
    if not isinstance(given, Mapping) or not set(given) <= set(kinds):
        raise BadInput(f"{path}: [recipe] may state {', '.join(kinds)}")
    found: dict[str, Any] = {}
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        if isinstance(value, list) is (name == "n") or not all(
            isinstance(each, kinds[name]) and not isinstance(each, bool) for each in values
        ):
            raise BadInput(f"{path}: [recipe] {name} cannot be {value!r}")
        found[name] = value if name == "n" else tuple(values)
    return found


def _sources(given: Any, prompt: str, instructions: str, path: Path) -> Iterable[Source]:
    if not isinstance(given, Mapping) or not isinstance(given.get("file"), str):
        raise BadInput(f"{path}: [sources] expects 'file', and perhaps 'text', the column")
    corpus = open_corpus(path.parent / given["file"], text_column=given.get("text"))
    for name, text in _rows(corpus):
        asked = Template(prompt).safe_substitute(
            instructions=_escaped(instructions.strip()), source=_escaped(text)
        )
        yield Source(name, asked, text)


def _rows(corpus: Any) -> Iterable[tuple[str, str]]:
    pairs = (
        pair
        for batch in corpus.batches()
        for pair in zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True)
    )
    return islice(pairs, _SOURCES)


def _escaped(text: str) -> str:
    return text.replace("$", "$$")
