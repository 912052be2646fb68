"""``wellhead.generate.generate``: a task in, machine references out."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import mannwhitneyu

from wellhead._atomic import write_text
from wellhead._progress import Progress, quiet
from wellhead.corpus.identity import document_id
from wellhead.errors import Interrupted
from wellhead.generate.asking import Limits, Session
from wellhead.generate.cache import Calls, key_of
from wellhead.generate.cost import Bill, Prices, estimated
from wellhead.generate.endpoint import Chat
from wellhead.generate.jobs import Job, Recipe, Writer
from wellhead.generate.result import OUTCOMES, GenerateResult, Group, Length
from wellhead.generate.script import Made
from wellhead.generate.task import Task

__all__ = ["ASIDE", "expected_bill", "generate"]

# Folders whose names begin with an underscore are no part of a corpus.
ASIDE = "_generate"


def generate(
    task: Task,
    recipe: Recipe,
    chat: Chat,
    *,
    out: str | Path,
    human: Mapping[str, str] | None = None,
    prices: Prices | None = None,
    limits: Limits | None = None,
    cache: str | Path | None = None,
    progress: Progress = quiet,
) -> GenerateResult:
    """Machine texts for a task, as references for `wellhead.assay`.

    Each model's usable texts are written to ``<model>.jsonl`` in `out`, one row a text with its
    model, style, sampling, source and a hash of what was asked. Refusals, empty and truncated
    answers, the report and every answer ever paid for are in ``_generate`` beside them, which no
    corpus reads. The same call goes on where an earlier one stopped.

    Args:
        task: what people were asked: `read_task`, or `from_human`.
        recipe: how many texts, by which models, in which styles.
        chat: what answers; an `Endpoint`, or anything with its methods.
        out: the folder.
        human: human texts by id, for lengths, examples and the styles that start from one.
        prices: of tokens, for the cost.
        limits: of the endpoint.
        cache: file of earlier answers; in `out` if not given.
        progress: told of every text.

    Raises:
        BadSetting: nothing can be asked so: a wrong key, an unknown model or style.
        Interrupted: the user stopped; what was answered is kept and written.
    """
    folder = Path(out)
    writer = Writer(task, recipe, human or {})
    jobs = list(writer.jobs())
    progress.total(len(jobs))
    with Calls(_cache(folder, cache)) as calls:
        session = Session(chat, calls, limits or Limits(), progress)
        made = session.run(jobs, **_settings(task, recipe))
    files = _write(folder, jobs, made, chat.name)
    result = _result(writer, jobs, made, session, prices, files)
    result.save(folder / ASIDE)
    if session.stopped:
        done = sum(each is not None for each in made)
        raise Interrupted(
            f"stopped after {done:,} of {len(jobs):,} texts; they are kept in {folder}, and the "
            "same command goes on from there"
        )
    return result


def expected_bill(
    task: Task,
    recipe: Recipe,
    chat: Chat,
    *,
    out: str | Path,
    human: Mapping[str, str] | None = None,
    cache: str | Path | None = None,
) -> Bill:
    """What `generate` will ask and read, by a rule of thumb of four characters a token."""
    jobs = Writer(task, recipe, human or {}).jobs()
    with Calls.there(_cache(Path(out), cache)) as calls:
        return estimated(jobs, calls, endpoint=chat.name, **_settings(task, recipe))


def _cache(folder: Path, cache: str | Path | None) -> Path:
    return Path(cache) if cache is not None else folder / ASIDE / "answers.sqlite"


def _settings(task: Task, recipe: Recipe) -> dict[str, Any]:
    return {"titled": task.titled, "most_tokens": recipe.most_tokens, "seed": recipe.seed}


def _write(
    folder: Path, jobs: Sequence[Job], made: Sequence[Made | None], endpoint: str
) -> dict[str, str]:
    """The usable texts by model, and the others apart; the files by model."""
    usable: dict[str, list[dict[str, Any]]] = defaultdict(list)
    aside = []
    for job, each in zip(jobs, made, strict=True):
        if each is not None and each.outcome == "usable":
            usable[job.model].append(_row(job, each, endpoint))
        elif each is not None:
            aside.append({"outcome": each.outcome, **_row(job, each, endpoint)})
    files = {}
    for model, rows in usable.items():
        files[model] = f"{_slug(model, usable)}.jsonl"
        write_text(folder / files[model], _lines(rows))
    write_text(folder / ASIDE / "set_aside.jsonl", _lines(aside))
    return files


def _row(job: Job, made: Made, endpoint: str) -> dict[str, Any]:
    asked = {"steps": job.style.steps, "task": job.source.prompt, "values": dict(job.values)}
    return {
        "id": document_id(made.text),
        "text": made.text,
        "generator": job.model,
        "style": job.style.name,
        "temperature": job.temperature,
        "source_id": job.source.id,
        "human_id": job.human or None,
        "repeat": job.repeat,
        "machine_part": round(made.machine_part, 4),
        "prompt_sha256": key_of(asked),
        "endpoint": endpoint,
    }


def _slug(model: str, models: Iterable[str]) -> str:
    """A file name for a model; two that would share one get a number."""
    slugs = [re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") or "model" for name in models]
    place = list(models).index(model)
    same = slugs[:place].count(slugs[place])
    return f"{slugs[place]}-{same + 1}" if same else slugs[place]


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _result(
    writer: Writer,
    jobs: Sequence[Job],
    made: Sequence[Made | None],
    session: Session,
    prices: Prices | None,
    files: dict[str, str],
) -> GenerateResult:
    by_group: dict[tuple[str, str], list[Made | None]] = defaultdict(list)
    for job, each in zip(jobs, made, strict=True):
        by_group[job.model, job.style.name].append(each)
    usable = [each for each in made if each is not None and each.outcome == "usable"]
    return GenerateResult(
        title=writer.task.title,
        endpoint=session.chat.name,
        groups=tuple(_group(*key, each) for key, each in by_group.items()),
        bill=session.bill,
        cost=None if prices is None else session.bill.cost(prices),
        length=_length(writer.human, usable),
        examples=tuple((*key, text) for key, each in by_group.items() if (text := _first(each))),
        failures=dict(session.failures.most_common(5)),
        files=files,
        complete=all(each is not None and each.outcome != "failed" for each in made),
        seed=writer.recipe.seed,
    )


def _group(model: str, style: str, made: Sequence[Made | None]) -> Group:
    done = [each for each in made if each is not None]
    words = [len(each.text.split()) for each in done if each.outcome == "usable"]
    counts = {outcome: sum(each.outcome == outcome for each in done) for outcome in OUTCOMES}
    median = float(np.median(words)) if words else None
    return Group(model=model, style=style, asked=len(made), **counts, words=median)


def _first(made: Sequence[Made | None]) -> str:
    return next((each.text for each in made if each and each.outcome == "usable"), "")


def _length(human: Mapping[str, str], usable: Sequence[Made]) -> Length | None:
    if not human or not usable:
        return None
    people = np.array([len(text.split()) for text in human.values()])
    machine = np.array([len(each.text.split()) for each in usable])
    longer = mannwhitneyu(people, machine).statistic / (len(people) * len(machine))
    return Length(float(np.median(people)), float(np.median(machine)), float(longer))
