"""`wellhead collect tokens`: personal links for people whom a study lets in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli._options import Replace, file_out, keep_earlier
from wellhead.cli.collect import StudyArgument, collect_app, with_extra

__all__ = ["tokens"]


@collect_app.command()
@with_extra
def tokens(
    study: StudyArgument,
    count: Annotated[int, typer.Option(help="How many people to let in.")],
    address: Annotated[
        str, typer.Option(help="Where the server is reached, such as https://study.example.org.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(callback=file_out, help="Write the links to this file, one a line."),
    ] = None,
    replace: Replace = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Draw tokens, add them to the study's `tokens_file`, and print their links."""
    from wellhead._atomic import write_text
    from wellhead.collect.study import load_study
    from wellhead.collect.tokens import add_tokens, link_of

    keep_earlier(out, replace)
    known = load_study(study)
    made = add_tokens(known, count)
    links = [link_of(known, token, address) for token in made]
    if out is not None:
        write_text(out, "\n".join(links) + "\n")
    if as_json:
        typer.echo(json.dumps({"study": known.id, "tokens": made, "links": links}))
    elif out is not None:
        typer.echo(f"{out}: {count} links. A running server lets them in at once.")
    else:
        typer.echo("\n".join(links))
