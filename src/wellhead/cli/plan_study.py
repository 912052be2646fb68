"""`wellhead plan study`: what to collect so that two methods give one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wellhead._progress import progress
from wellhead.cli._options import (
    AsJson,
    Level,
    PageFile,
    Replace,
    Seed,
    keep_earlier,
    share_of,
    show_result,
)
from wellhead.cli.plan import plan_app
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from wellhead.study.planning import Expected


@plan_app.command("study")
def plan_study_command(
    width: Annotated[
        float,
        typer.Option(
            parser=share_of, metavar="SHARE", help="Wanted interval width, as in 10% or 0.1."
        ),
    ],
    share: Annotated[
        float,
        typer.Option(parser=share_of, metavar="SHARE", help="Expected machine-written share."),
    ] = 0.3,
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME:SENSITIVITY:SPECIFICITY, at least two; of three or more, each subset "
            "is tried. By default text and process."
        ),
    ] = None,
    answers: Annotated[str, typer.Option(help="Numbers of answers to try.")] = "100,300,1000",
    warm_ups: Annotated[str, typer.Option(help="Numbers of known-human texts.")] = "0,50,200",
    audits: Annotated[str, typer.Option(help="Numbers of audited answers.")] = "0,50",
    level: Level = 0.95,
    repeats: Annotated[int, typer.Option(min=5, help="Simulated studies per design.")] = 24,
    seed: Seed = 0,
    out: PageFile = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """How many answers, known-human warm-ups and audits give an interval of WIDTH?"""
    from wellhead.study.planning import METHODS, plan_study

    keep_earlier(out, replace)
    with progress("simulating") as bar:
        plan = plan_study(
            width=width,
            share=share,
            methods=[_method(item) for item in method] if method else METHODS,
            answers=_counts(answers, "--answers"),
            warm_ups=_counts(warm_ups, "--warm-ups"),
            audits=_counts(audits, "--audits"),
            level=level,
            repeats=repeats,
            seed=seed,
            progress=bar,
        )
    show_result(plan, as_json=as_json, html=out)
    if as_json:
        return
    typer.echo("")
    typer.echo("answers  warm-ups  audited  mean width  9 in 10 below  settles it        methods")
    for design in plan.designs:
        verdict = "yes" if design.enough else "no" if design.determined else "no, a range only"
        typer.echo(
            f"{design.answers:7,}  {design.warm_ups:8,}  {design.audited:7,}  {design.width:10.1%}"
            f"  {design.width_90:13.1%}  {verdict:16}  {', '.join(design.methods)}"
        )


def _method(item: str) -> Expected:
    from wellhead.study.planning import Expected

    name, *rates = item.split(":")
    try:
        sensitivity, specificity = (float(rate) for rate in rates)
    except ValueError as error:
        raise BadSetting(f"--method expects NAME:SENSITIVITY:SPECIFICITY, got '{item}'.") from error
    return Expected(name, sensitivity, specificity)


def _counts(words: str, option: str) -> list[int]:
    try:
        return [int(word) for word in words.split(",")]
    except ValueError as error:
        raise BadSetting(
            f"{option} expects whole numbers separated by commas, got '{words}'."
        ) from error
