"""`wellhead collect user`: who may look at a study, and what else they may do."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from wellhead.cli.collect import DatabaseOption, StudyArgument, collect_app, opened, with_extra

__all__ = ["user_app"]

user_app = typer.Typer(help="Researchers' accounts.", no_args_is_help=True)
collect_app.add_typer(user_app, name="user")

Name = Annotated[str, typer.Argument(help="The researcher's name.")]


@user_app.command()
@with_extra
def add(
    study: StudyArgument,
    name: Name,
    role: Annotated[
        str,
        typer.Option(help="viewer looks, reviewer also notes, owner also exports and deletes."),
    ] = "owner",
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            envvar="WELLHEAD_PASSWORD",
            help="At least 12 characters; better asked for or given in the environment.",
        ),
    ] = ...,  # type: ignore[assignment]
    database: DatabaseOption = None,
) -> None:
    """Make or change an account for this study."""
    from wellhead.collect.review.accounts import add_user
    from wellhead.collect.store.erasure import note_action

    with opened(study, database) as host:
        (known,) = host.studies
        now = host.now_ms
        host.store.write(lambda c: add_user(c, name, password, known, role, now_ms=now))
        detail = f"{name} as {role}"
        host.store.write(lambda c: note_action(c, known, "shell", "account", detail, now_ms=now))
    typer.echo(f"{name} is {role} of {known}", err=True)


@user_app.command()
@with_extra
def remove(study: StudyArgument, name: Name, database: DatabaseOption = None) -> None:
    """Remove an account from every study in the database."""
    from wellhead.collect.review.accounts import remove_user
    from wellhead.collect.store.erasure import note_action

    with opened(study, database) as host:
        (known,) = host.studies
        now = host.now_ms
        host.store.write(lambda c: remove_user(c, name))
        host.store.write(
            lambda c: note_action(c, known, "shell", "account removed", name, now_ms=now)
        )
    typer.echo(f"{name} is removed", err=True)


@user_app.command()
@with_extra
def token(
    study: StudyArgument,
    name: Name,
    days: Annotated[int, typer.Option(help="Days for which it is valid.")] = 90,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Revoke the account's tokens instead.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Print a token with which a program reads this study in the account's name; shown once."""
    from wellhead.collect.review.accounts import add_token, revoke_tokens
    from wellhead.collect.store.erasure import note_action

    with opened(study, database) as host:
        (known,) = host.studies
        now = host.now_ms
        action = "tokens revoked" if revoke else "token made"
        host.store.write(lambda c: note_action(c, known, "shell", action, name, now_ms=now))
        if revoke:
            gone = host.store.write(lambda c: revoke_tokens(c, name, known))
            typer.echo(f"{gone} tokens of {name} are worthless now", err=True)
            return
        made = host.store.write(lambda c: add_token(c, name, known, now_ms=now, days=days))
    typer.echo(made)


@user_app.command("list")
@with_extra
def show(
    study: StudyArgument,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List who may do what."""
    from wellhead.collect.review.accounts import list_users

    with opened(study, database) as host:
        users = host.store.read(list_users)
    if as_json:
        typer.echo(json.dumps(users))
        return
    for user in users:
        typer.echo(f"{user['user']}\t{user['study']}\t{user['role']}")
