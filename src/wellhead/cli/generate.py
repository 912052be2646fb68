"""`wellhead generate`: machine references for one's own task."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.cli._options import AsJson, Seed, TextColumn, folder_out, show_result
from wellhead.errors import BadSetting, LimitExceeded

if TYPE_CHECKING:
    from wellhead.generate import Recipe, Task
    from wellhead.generate.cost import Bill, Prices
    from wellhead.generate.endpoint import Chat

__all__ = ["generate_command"]


def _list_styles(wanted: bool) -> None:
    if wanted:
        from wellhead.generate import load_style, style_names

        for name in style_names():
            style = load_style(name)
            needs = " (needs --human)" if style.needs_human else ""
            typer.echo(f"{name:15}{style.about}{needs}\n{'':15}{style.source}")
        raise typer.Exit


def _example(wanted: bool) -> None:
    if wanted:
        from importlib.resources import files

        example = files("wellhead.generate").joinpath("task_files", "crowd-study.toml")
        typer.echo(example.read_text(encoding="utf-8"), nl=False)
        raise typer.Exit


@app.command("generate")
def generate_command(
    out: Annotated[
        Path, typer.Option("--out", "-o", callback=folder_out, help="Folder for the texts.")
    ],
    task: Annotated[
        Path | None,
        typer.Argument(metavar="TASK.toml", help="What people were asked; a study file will do."),
    ] = None,
    human: Annotated[
        str | None,
        typer.Option(
            help="Human texts: for lengths and examples, and for prompts where there is no task."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Name of a model at the endpoint, or a local model; repeatable."),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            envvar="OPENAI_BASE_URL",
            help="An OpenAI-compatible endpoint; without one the model runs here.",
        ),
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Texts to ask for, over all models; 320 by default.")
    ] = None,
    style: Annotated[
        list[str] | None,
        typer.Option(
            help="A style or a style file; repeatable. By default every style that applies."
        ),
    ] = None,
    temperature: Annotated[
        list[float] | None, typer.Option(help="Sampling temperature; repeatable. 1 by default.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="What the human texts are, as in 'a news report'.")
    ] = "a text",
    text_column: TextColumn = None,
    most_tokens: Annotated[int, typer.Option(help="Most tokens of one answer.")] = 1500,
    at_once: Annotated[int, typer.Option(help="Calls in flight.")] = 8,
    per_minute: Annotated[float | None, typer.Option(help="Calls begun in a minute.")] = None,
    price_in: Annotated[float, typer.Option(help="Price of a million tokens read.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Price of a million tokens written.")] = 0.0,
    ask_above: Annotated[
        float, typer.Option(help="Ask before a run that costs more than this.")
    ] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell calls, tokens and cost, and call nothing.")
    ] = False,
    key_from: Annotated[
        str, typer.Option(metavar="VARIABLE", help="Environment variable with the key.")
    ] = "OPENAI_API_KEY",
    cache: Annotated[
        Path | None, typer.Option(help="File of answers paid for before; shared between runs.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    styles: Annotated[
        bool,
        typer.Option(
            "--list-styles", callback=_list_styles, is_eager=True, help="Show the styles."
        ),
    ] = False,
    example: Annotated[
        bool,
        typer.Option(
            "--example", callback=_example, is_eager=True, help="Print a task file to begin with."
        ),
    ] = False,
) -> None:  # many options: each is one that a run of calls to a paid service must be given
    """Have the models you suspect write references for your own task; nothing is paid twice."""
    from wellhead.generate import Recipe, generate
    from wellhead.generate.asking import Limits
    from wellhead.generate.cost import Prices
    from wellhead.generate.run import expected_bill

    people = _people(human, text_column)
    asked = _task(task, people, kind)
    chat, models = _chat(base_url, model or [], key_from)
    recipe = Recipe(
        models=models,
        most_tokens=most_tokens,
        seed=seed,
        **{"n": 320, **asked.recipe, **_said(n=n, styles=style, temperatures=temperature)},
    )
    prices = Prices(tokens_in=price_in, tokens_out=price_out)
    bill = expected_bill(asked, recipe, chat, out=out, human=people, cache=cache)
    _tell(bill, prices, recipe, asked)
    if dry_run:
        return
    _agree(bill.cost(prices), ask_above, yes)
    with progress("generating") as bar:
        result = generate(
            asked,
            recipe,
            chat,
            out=out,
            human=people,
            prices=prices if price_in or price_out else None,
            limits=Limits(at_once=at_once, per_minute=per_minute),
            cache=cache,
            progress=bar,
        )
    show_result(result, as_json=as_json, saved={"html": out / "_generate" / "generate.html"})
    if not result.complete:
        raise LimitExceeded(
            "some calls got no answer; the same command asks for those, and only those, again"
        )


def _said(**options: Any) -> dict[str, Any]:
    """The options that were given, lists as tuples."""
    given = {name: value for name, value in options.items() if value not in (None, [])}
    return {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}


def _people(human: str | None, text_column: str | None) -> dict[str, str]:
    from wellhead.generate.task import human_texts

    return {} if human is None else human_texts(human, text_column=text_column)


def _task(path: Path | None, people: dict[str, str], kind: str) -> Task:
    from wellhead.generate import from_human, read_task

    if path is not None:
        return read_task(path)
    if not people:
        raise BadSetting(
            "expected what people were asked (TASK.toml) or texts that people wrote (--human FILE)"
        )
    return from_human(people, kind=kind)


def _chat(base_url: str | None, models: list[str], key_from: str) -> tuple[Chat, tuple[str, ...]]:
    """What answers: an endpoint where one is named, else models that run here."""
    from wellhead.generate import Endpoint
    from wellhead.models.as_chat import LocalModels
    from wellhead.models.resolve import DEFAULT

    if base_url and not models:
        raise BadSetting("expected --model, a name that the endpoint knows")
    if base_url:
        return Endpoint(base_url, key_from=key_from), tuple(models)
    return LocalModels(), tuple(models) or (DEFAULT,)


def _tell(bill: Bill, prices: Prices, recipe: Recipe, task: Task) -> None:
    cost = bill.cost(prices)
    told = f"about {cost:,.2f} at the stated prices" if cost else "no price stated"
    typer.echo(
        f"{task.title}: {recipe.n:,} texts, {bill.calls:,} calls to make "
        f"({bill.reused:,} kept from before), about {bill.tokens_in:,} tokens read and "
        f"{bill.tokens_out:,} written; {told}",
        err=True,
    )


def _agree(cost: float, limit: float, yes: bool) -> None:
    if cost <= limit or yes:
        return
    if not sys.stdin.isatty():
        raise BadSetting(
            f"this costs about {cost:,.2f}, more than {limit:,.2f}; add --yes, or raise --ask-above"
        )
    typer.confirm(f"Spend about {cost:,.2f}?", abort=True, err=True)
