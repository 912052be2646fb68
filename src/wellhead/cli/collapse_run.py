"""`wellhead collapse run`: run a preset or a config file, or finish a run folder."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from wellhead.cli._options import AsJson, show_result
from wellhead.cli.collapse import collapse_app
from wellhead.errors import BadSetting

__all__ = ["run"]


@collapse_app.command()
def run(
    experiment: Annotated[
        str, typer.Argument(help="A preset, a TOML file, or a run folder to finish.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Run folder; default runs/NAME.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Replaces the seed of the experiment.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="The full-size version of a preset, not the quick one.")
    ] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting, as in regime.share=0.2; repeatable."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default one per core.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show what training the language models would take."),
    ] = False,
    gpu: Annotated[
        str, typer.Option(help="With --dry-run: L4, RTX4090, A100, H100, H200.")
    ] = "H100",
    gpus: Annotated[int, typer.Option(min=1, help="With --dry-run: number of GPUs.")] = 1,
    price: Annotated[
        float | None, typer.Option(min=0.0, help="With --dry-run: dollars per GPU-hour.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train on your own output, generation after generation, and measure what is lost.

    The run is a folder that can be killed at any moment; the same command finishes it.
    """
    from wellhead.recursion import make_plan
    from wellhead.recursion import resume as finish
    from wellhead.recursion.distributed import leads
    from wellhead.recursion.dry_run import dry_run as reckon
    from wellhead.recursion.run import collapse as start
    from wellhead.recursion.terminal import show

    if dry_run:
        wanted = dict(_change(text) for text in changes or [])
        plan = make_plan(experiment, full=full, seed=seed, changes=wanted)
        show_result(reckon(plan, gpu=gpu, gpus=gpus, price=price), as_json=as_json)
        return
    if (Path(experiment) / "run.json").exists():
        if seed is not None or full or changes or out:
            raise BadSetting(
                f"{experiment} is a run folder, which is finished as it was begun: drop --seed, "
                "--full, --set and --out, or start anew from its config.toml."
            )
        result = finish(experiment, workers=workers, show=True)
    else:
        wanted = dict(_change(text) for text in changes or [])
        plan = make_plan(experiment, full=full, seed=seed, changes=wanted)
        folder = out or Path("runs") / (plan.name + ("-full" if full else ""))
        result = start(
            experiment, out=folder, seed=seed, full=full, changes=wanted, workers=workers, show=True
        )
    if not leads():
        return
    if as_json:
        typer.echo(result.to_json())
    else:
        show(result)


def _change(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise BadSetting(f"--set: expected key=value, as in regime.share=0.2, got '{text}'.")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value
