"""``wellhead plan``: what to collect for the interval width one wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wellhead._progress import progress
from wellhead.cli import app
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
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from wellhead.prevalence.plan import Prices

plan_app = typer.Typer(invoke_without_command=True, help="What to collect for a wanted interval.")
app.add_typer(plan_app, name="plan")


@plan_app.callback()
def plan(
    context: typer.Context,
    width: Annotated[
        float | None,
        typer.Option(
            parser=share_of, metavar="SHARE", help="Wanted interval width, as in 10% or 0.1."
        ),
    ] = None,
    share: Annotated[
        float,
        typer.Option(parser=share_of, metavar="SHARE", help="Expected machine-written share."),
    ] = 0.25,
    documents: Annotated[int, typer.Option(help="Documents in the corpus.")] = 1000,
    prices: Annotated[
        str | None,
        typer.Option(help="Prices of one text or label: human=0.5,machine=0.01,label=2."),
    ] = None,
    level: Level = 0.95,
    detector: Annotated[str, typer.Option(help="The detector that will be used.")] = "general",
    seed: Seed = 0,
    out: PageFile = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """How many texts or audited labels give an interval of WIDTH, and which cost least?"""
    if context.invoked_subcommand is not None:
        return
    if width is None:
        raise BadSetting(
            "expected the wanted interval width, for example: wellhead plan --width 0.1"
        )
    keep_earlier(out, replace)
    with progress("opening the detector") as bar:
        from wellhead.detect import load_scorer
        from wellhead.prevalence.library import library_of
        from wellhead.prevalence.plan import plan as run

        result = run(
            library_of(load_scorer(detector)),
            width=width,
            share=share,
            documents=documents,
            level=level,
            prices=None if prices is None else _prices(prices),
            seed=seed,
            progress=bar,
        )
    show_result(result, as_json=as_json, html=out)


def _prices(text: str) -> Prices:
    from wellhead.prevalence.plan import Prices

    try:
        named = {name.strip(): float(price) for name, price in _pairs(text)}
        return Prices(**named)
    except (ValueError, TypeError):
        raise BadSetting(
            "--prices: expected numbers for human, machine and label, like "
            f"human=0.5,machine=0.01,label=2; got '{text}'"
        ) from None


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, price) for name, _, price in (part.partition("=") for part in text.split(","))]
