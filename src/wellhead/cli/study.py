"""`wellhead study`: two or more methods about one study, one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.cli._options import (
    AsJson,
    Level,
    Replace,
    Seed,
    folder_out,
    keep_earlier,
    show_result,
)
from wellhead.cli.collect import with_extra
from wellhead.errors import BadSetting


@app.command()
def study(
    evidence: Annotated[
        list[Path],
        typer.Argument(
            metavar="STUDY|EVIDENCE...",
            help="A study (STUDY.toml or its folder) whose answers are read from its database, "
            "evidence files (Parquet, CSV, JSONL), an assay's documents.parquet, or a folder of "
            "such files.",
        ),
    ],
    documents: Annotated[
        Path | None, typer.Option(help="A table with more about the documents, by id.")
    ] = None,
    group_by: Annotated[
        str | None, typer.Option(help="Column with the group of each document.")
    ] = None,
    worker: Annotated[str | None, typer.Option(help="Column with the worker.")] = None,
    time: Annotated[str | None, typer.Option(help="Column with the time of submission.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Use only this method; may be repeated.")
    ] = None,
    cut: Annotated[
        list[str] | None,
        typer.Option(
            help="METHOD=VALUE: the value from which a method counts as saying machine; repeatable."
        ),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=A,B: a Beta prior for 'share', 'METHOD.sensitivity' or "
            "'METHOD.specificity'; repeatable."
        ),
    ] = None,
    trust: Annotated[
        str | None, typer.Option(help="A method that is right whenever it answers.")
    ] = None,
    dependent: Annotated[
        str | None, typer.Option(help="Methods known to make the same errors, separated by commas.")
    ] = None,
    human: Annotated[
        str | None,
        typer.Option(
            help="Known-human texts; with them wellhead's text detector judges the study's "
            "answers, too."
        ),
    ] = None,
    detector: Annotated[str, typer.Option(help="The detector for --human.")] = "general",
    false_positives: Annotated[
        float, typer.Option(help="Share of human texts that an assay may flag.")
    ] = 0.05,
    task_text: Annotated[
        list[Path] | None,
        typer.Option(
            help="A task's own text (UTF-8 file); quoting it does not count as copying; repeatable."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(help="Database URL instead of the study's own.", envvar="WELLHEAD_DATABASE"),
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the report.")] = "",
    level: Level = 0.95,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", callback=folder_out, help="Folder for HTML, Markdown, JSON, methods."
        ),
    ] = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """How much did machines write, judged by several imperfect methods together?"""
    from wellhead.study.run import study as run

    keep_earlier(out, replace, "study.html", "study.md", "study.json", "methods.txt")
    given = _given(evidence, database, human, detector, false_positives, seed)
    result = run(
        given.sources,
        documents=documents,
        group=group_by,
        worker=worker,
        time=time,
        text=text,
        methods=tuple(method or ()),
        cuts={name: _number(value, "--cut") for name, value in _pairs(cut, "--cut")},
        priors=_priors(prior),
        trusted=trust,
        dependent=tuple(dependent.split(",")) if dependent else (),
        false_positive_rate=false_positives,
        task_texts=(*given.task_texts, *map(_text, task_text or ())),
        title=title or given.title,
        level=level,
        seed=seed,
    )
    saved = result.save(out) if out is not None else None
    show_result(result, as_json=as_json, saved=saved)


class _Given(NamedTuple):
    sources: list[Any]
    task_texts: tuple[str, ...] = ()
    title: str = ""


def _given(
    paths: list[Path],
    database: str | None,
    human: str | None,
    detector: str,
    rate: float,
    seed: int,
) -> _Given:
    """The evidence, with a study's own read from its database."""
    studies = [_study_file(path) for path in paths]
    found = [path for path in studies if path is not None]
    if len(found) > 1:
        raise BadSetting(f"one study at a time, got {', '.join(map(str, found))}.")
    others: list[Any] = [path for path, file in zip(paths, studies, strict=True) if file is None]
    if found:
        return _live(found[0], others, database, human, detector, rate, seed)
    if human is not None:
        raise BadSetting(
            "--human judges the answers of a study, and none was given. For texts in files: "
            "`wellhead assay TEXTS --human FILE --out FOLDER`, then give FOLDER/documents.parquet."
        )
    return _Given(others)


def _study_file(path: Path) -> Path | None:
    """The study file that a path names, or None where it names evidence."""
    if path.suffix == ".toml":
        return path
    inside = path / "STUDY.toml"
    return inside if inside.is_file() else None


@with_extra
def _live(
    path: Path,
    others: list[Any],
    database: str | None,
    human: str | None,
    detector: str,
    rate: float,
    seed: int,
) -> _Given:
    from wellhead.collect.study_evidence import judge_texts, read_study

    live = read_study(path, database=database)
    sources = [live.evidence, live.answers, *others]
    if human is not None:
        with progress("scoring") as bar:
            sources.append(
                judge_texts(
                    live,
                    human,
                    detector=detector,
                    false_positive_rate=rate,
                    seed=seed,
                    progress=bar,
                )
            )
    elif not others:
        raise BadSetting(
            f"'{path.name}' has one method, its recordings. Give a second: texts known to be by "
            "people with --human FILE, so that wellhead's text detector judges the answers, or "
            "evidence from elsewhere (a CSV file with id and value)."
        )
    return _Given(sources, live.task_texts, live.title)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"--task-text expects a UTF-8 file: {error}") from error


def _pairs(given: list[str] | None, option: str) -> list[tuple[str, str]]:
    pairs = []
    for item in given or []:
        name, equals, value = item.partition("=")
        if not (name and equals and value):
            raise BadSetting(f"{option} expects NAME=VALUE, got '{item}'.")
        pairs.append((name, value))
    return pairs


def _number(value: str, option: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise BadSetting(f"{option} expects a number after '=', got '{value}'.") from error


def _priors(given: list[str] | None):  # type: ignore[no-untyped-def]
    """`process.specificity=97,3` and the like as priors; None without any."""
    from wellhead.consensus.bayes import Beta, Priors

    if not given:
        return None
    share, rates = Beta(), {"sensitivity": {}, "specificity": {}}  # type: ignore[var-annotated]
    for name, value in _pairs(given, "--prior"):
        parts = [_number(part, "--prior") for part in value.split(",")]
        if len(parts) != 2:
            raise BadSetting(f"--prior expects two numbers, NAME=A,B; got '{name}={value}'.")
        method, _, kind = name.rpartition(".")
        if name == "share":
            share = Beta(*parts)
        elif kind in rates and method:
            rates[kind][method] = Beta(*parts)
        else:
            raise BadSetting(
                "--prior knows 'share', 'METHOD.sensitivity' and 'METHOD.specificity', "
                f"not '{name}'."
            )
    return Priors(share, rates["sensitivity"], rates["specificity"])
