"""`wellhead serve`: an OpenAI-compatible server over any models."""

from __future__ import annotations

from typing import Annotated

import typer

from wellhead.cli import app
from wellhead.errors import MissingExtra

__all__ = ["serve_command"]

Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL]...",
        help="RUN@GENERATION, a folder, a GGUF file, the URL of an endpoint, or scripted:FILE.",
    ),
]
HostOption = Annotated[
    str, typer.Option("--host", help="Address to listen on; any but loopback needs a token.")
]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")
]
LengthOption = Annotated[int, typer.Option("--length", min=1, help="Most tokens of an answer.")]
WaitingOption = Annotated[int, typer.Option("--waiting", min=0, help="Requests that may wait.")]


def need_chat(what: str) -> None:
    """Raise unless what the extra ``chat`` brings is there."""
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("fastapi", "uvicorn")):
        raise MissingExtra(what, "chat")


@app.command("serve")
def serve_command(
    models: Models = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8081,
    length: LengthOption = 2048,
    waiting: WaitingOption = 256,
) -> None:
    """Serve models by OpenAI's API; without MODEL, SmolLM2 and the models of lm-quick."""
    need_chat("serve")
    from wellhead.models.resolve import default_models, resolve
    from wellhead.models.server import Limits
    from wellhead.models.serving import Address, open_engines, serve

    found = [resolve(model) for model in models] if models else default_models()
    limits = Limits(length=length, waiting=waiting)
    serve(open_engines(found), Address(host, port), limits)
