"""`wellhead chat`: one prompt, two models side by side, on a page or in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead.cli import app
from wellhead.cli._options import AsJson
from wellhead.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from fastapi import APIRouter

    from wellhead.models.chat import Panel
    from wellhead.models.engine import Sampling

__all__ = ["chat_command"]

Model = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN|MODEL]",
        help="A run, RUN@GENERATION, a folder, a GGUF file, the URL of an endpoint, scripted:FILE.",
    ),
]
Other = Annotated[str | None, typer.Argument(metavar="[MODEL2]", help="The model beside it.")]


@app.command("chat")
def chat_command(
    model: Model = None,
    other: Other = None,
    terminal: Annotated[
        bool,
        typer.Option(
            "--terminal", help="Talk in the terminal instead of on a page; reads from pipes, too."
        ),
    ] = False,
    as_json: AsJson = False,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the first answers, the same for both.")
    ] = 1,
    temperature: Annotated[
        float,
        typer.Option(
            min=0, max=2, help="Sampling temperature; 0 always takes the likeliest token."
        ),
    ] = 0.8,
    top_p: Annotated[
        float,
        typer.Option(
            min=0.01, max=1, help="Draw from the likeliest tokens of this joint probability."
        ),
    ] = 1.0,
    top_k: Annotated[
        int, typer.Option(min=0, help="Draw from this many of the likeliest tokens; 0 for all.")
    ] = 0,
    length: Annotated[int, typer.Option(min=1, max=2048, help="Tokens of an answer.")] = 120,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but loopback needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8081,
) -> None:
    """Talk to two models at once, or to the first and the last generation of a run.

    Under each answer: how surprising generation 0 finds it, repeated phrases, the longest copy from
    the training text, and words that are gone.
    """
    from wellhead.models.chat import choose, open_panel
    from wellhead.models.engine import Sampling

    if as_json and not terminal:
        raise BadSetting("--json is for --terminal: add it, or leave --json out.")
    if not terminal:
        _need_server()
    sampling = Sampling(length, temperature, top_p, top_k, seed)
    panel = open_panel(choose(model, other))
    if terminal:
        from wellhead.models.chat.terminal import talk

        talk(panel, sampling, as_json=as_json)
        return
    from wellhead.models.server import Limits
    from wellhead.models.serving import Address, serve

    serve(panel.engines, Address(host, port), Limits(), pages=_pages(panel, sampling))


def _pages(panel: Panel, sampling: Sampling) -> Any:
    from wellhead.models.chat.pages import chat_pages

    def made(desk: Any) -> Sequence[APIRouter]:
        return [chat_pages(desk, panel, sampling)]

    return made


def _need_server() -> None:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("fastapi", "uvicorn")):
        raise MissingExtra("the chat page", "chat")
