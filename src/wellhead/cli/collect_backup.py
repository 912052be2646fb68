"""`wellhead collect backup`: a copy of the answers, and the heads to check it by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, with_extra

__all__ = ["backup"]


@collect_app.command()
@with_extra
def backup(
    study: StudyArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The copy; must not exist.")],
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy the database while the server runs; beside it OUT.heads.json for `verify --heads`.

    The study's key is not part of it: keep that elsewhere.
    """
    from wellhead._atomic import write_text
    from wellhead.collect.heads import signed
    from wellhead.collect.keys import load_keys
    from wellhead.collect.store.backup import back_up
    from wellhead.collect.store.engine import look
    from wellhead.collect.study import load_study
    from wellhead.collect.verify import verify_study

    known = load_study(study)
    keys = load_keys(known.key_path, known.id)
    back_up(database or known.database_url, out)
    with look(f"sqlite:///{out.resolve()}") as connection:
        result = verify_study(connection, known, keys)
    heads = out.with_name(f"{out.name}.heads.json")
    write_text(heads, json.dumps(signed(keys, result.to_dict())) + "\n")
    if as_json:
        done = {"backup": str(out), "heads": str(heads), "sessions": result.sessions}
        typer.echo(json.dumps({**done, "intact": not result.breaks}))
        return
    words = f"{len(result.breaks)} breaks" if result.breaks else "all intact"
    typer.echo(f"{out}: {result.sessions} sessions, {words}; heads in {heads}")
