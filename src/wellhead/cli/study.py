"""`wellhead study`: two or more methods about one study, one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli import app
from wellhead.errors import BadSetting


@app.command()
def study(
    evidence: Annotated[
        list[Path],
        typer.Argument(help="Evidence files (Parquet, CSV, JSONL), or a study's export folder."),
    ],
    documents: Annotated[
        Path | None, typer.Option(help="A table with more about the documents, by id.")
    ] = None,
    group_by: Annotated[
        str | None, typer.Option(help="Column that parts documents into groups.")
    ] = None,
    worker: Annotated[str | None, typer.Option(help="Column with the worker.")] = None,
    time: Annotated[str | None, typer.Option(help="Column with the time of submission.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Use only this method; may be repeated.")
    ] = None,
    cut: Annotated[
        list[str] | None,
        typer.Option(help="METHOD=VALUE: from which value on a method says machine; repeatable."),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=A,B: a Beta prior for 'share', 'METHOD.sensitivity' or "
            "'METHOD.specificity'; repeatable."
        ),
    ] = None,
    trust: Annotated[
        str | None, typer.Option(help="A method that is right wherever it speaks.")
    ] = None,
    dependent: Annotated[
        str | None, typer.Option(help="Methods that are known to err together, by comma.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the report.")] = "",
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="The same seed gives the same report.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for HTML, Markdown, JSON, methods.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """How much did machines write, by several methods of which none is always right?"""
    from wellhead.assay.joint.study import study as run
    from wellhead.report.terminal import show

    result = run(
        evidence,
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
        title=title,
        level=level,
        seed=seed,
    )
    saved = result.save(out) if out is not None else {}
    if as_json:
        typer.echo(result.to_json())
    else:
        show(result.page(), more=[f"report: {saved['html']}"] if saved else ())


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
    from wellhead.assay.joint.bayes import Beta, Priors

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
