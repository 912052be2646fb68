"""`wellhead collect pay`: whom to accept, to reject, to give a bonus, as platforms take it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli._options import Replace, folder_out, keep_earlier
from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra

__all__ = ["pay"]


@collect_app.command()
@with_extra
def pay(
    study: StudyArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", callback=folder_out, help="Folder to write into.")
    ],
    format: Annotated[
        str | None, typer.Option(help="prolific, mturk or link; by default the study's platform.")
    ] = None,
    undecided: Annotated[
        str, typer.Option(help="What no reviewer has decided about: accept or leave.")
    ] = "leave",
    replace: Replace = False,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write reviewers' decisions for the platform that pays, with its own ids of people."""
    from wellhead.collect.answers import settle
    from wellhead.collect.pay import due, write_lists
    from wellhead.collect.store.erasure import note_action

    keep_earlier(
        out, replace, "accept.json", "reject.csv", "review.csv", "bonus.csv", "answers.csv"
    )
    with opened(study, database) as host:
        (known,) = host.studies.values()
        settle(host.store, known, host.keys[known.id], now_ms=host.now_ms)
        owed = host.store.read(lambda c: due(c, known, undecided=undecided))
        files = write_lists(out, format or known.entry.platform, owed)
        now = host.now_ms
        host.store.write(
            lambda c: note_action(c, known.id, "shell", "export", "pay lists", now_ms=now)
        )
    counts = Counter(one.decision or "undecided" for one in owed)
    counts["bonus"] = sum(one.bonus > 0 for one in owed)
    names = {name: str(path) for name, path in files.items()}
    if as_json:
        typer.echo(json.dumps({"study": known.id, "files": names, "answers": counts}))
        return
    typer.echo("\n".join(names.values()))
    typer.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
