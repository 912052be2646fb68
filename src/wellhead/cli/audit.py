"""`wellhead audit`: documents drawn at random, labelled by people in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import AsJson, Seed, TextColumn, folder_out, show_result
from wellhead.errors import BadSetting, unknown_name

__all__ = ["audit_command"]


@app.command("audit")
def audit_command(
    out: Annotated[
        Path, typer.Option("--out", "-o", callback=folder_out, help="Folder of the audit.")
    ],
    corpus: Annotated[
        str | None,
        typer.Argument(help="What to draw from; leave it out to go on with the audit in --out."),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Documents to draw.")] = 50,
    way: Annotated[
        str,
        typer.Option(
            help="How to draw: random; stratified, with --group-by; active, with --assay: more "
            "often where the detector is in doubt."
        ),
    ] = "random",
    assay: Annotated[
        Path | None, typer.Option(help="Folder of an assay of the same corpus.")
    ] = None,
    group_by: Annotated[
        str | None, typer.Option(help="Column with the groups of a stratified draw.")
    ] = None,
    link_column: Annotated[
        str | None, typer.Option(help="Column with an address where raters find evidence.")
    ] = None,
    text_column: TextColumn = None,
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 0,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Whether to open the labelling page.")
    ] = True,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Draw documents at random and label them in the browser; stop and go on as you like."""
    from wellhead.audit import AuditFolder, begin, read_audit
    from wellhead.audit.draw import WAYS
    from wellhead.audit.server import serve

    if way not in WAYS:
        raise unknown_name("way to draw", way, WAYS)
    if corpus is None and not (out / "audit.json").exists():
        raise BadSetting(f"expected a corpus to draw from, since {out} holds no audit")
    audit = (
        AuditFolder(out)
        if corpus is None
        else begin(
            out,
            corpus,
            n=n,
            way=way,
            assay=assay,
            group_by=group_by,
            link_column=link_column,
            text_column=text_column,
            seed=seed,
        )
    )
    if page:
        serve(audit, port=port, told=_tell)
    result = read_audit(audit)
    saved = result.save(out)
    show_result(result, as_json=as_json, saved=saved)


def _tell(address: str) -> None:
    typer.echo(f"label at {address} (this machine only); Ctrl-C ends and keeps all", err=True)
    typer.launch(address)
