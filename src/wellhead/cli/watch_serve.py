"""`wellhead watch serve`, `meter` and `user`: what runs, and who may look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli.watch import SettingsFile, watch_app
from wellhead.errors import BadSetting


@watch_app.command("serve")
def serve_command(
    settings: Annotated[
        Path | None, typer.Argument(metavar="WATCH.toml", help="What is watched.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8090,
    meter: Annotated[
        bool, typer.Option("--meter/--no-meter", help="Start the meter too, or leave it to others.")
    ] = True,
    demo: Annotated[
        bool, typer.Option("--demo", help="Play the whole story in two minutes, on real processes.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="Where --demo writes; a new folder.")] = Path(
        "wellhead-out/watch-demo"
    ),
) -> None:
    """Run the gateway: relay OpenAI's API, log and judge every exchange, stop what must stop."""
    if demo:
        _play(folder, port)
        return
    if settings is None:
        raise BadSetting("expected the settings of a watch (WATCH.toml), or --demo.")
    from wellhead.watch.serving import serve
    from wellhead.watch.settings import read_settings

    serve(
        read_settings(settings),
        host=host,
        port=port,
        meter=meter,
        told=lambda address: typer.echo(f"watched: {address}", err=True),
    )


def _play(folder: Path, port: int) -> None:
    from wellhead.watch.demo import play, written_answers
    from wellhead.watch.report import report_on

    typer.echo("a small model writes the answers of two versions …", err=True)
    settings = play(
        folder,
        written_answers(),
        port=port,
        pace=5,
        told=lambda tale: typer.echo(f"{tale.step}\n    {tale.told}"),
        shown=lambda address: typer.echo(f"look at: {address}", err=True),
    )
    report = folder / "report.html"
    report_on(settings).save_html(report)
    typer.echo(f"report: {report}\nthe logs: wellhead watch verify {settings.path}", err=True)


@watch_app.command("meter")
def meter_command(
    settings: SettingsFile,
    parent: Annotated[
        int | None,
        typer.Option(help="Stop once this process has ended and all that it relayed is judged."),
    ] = None,
) -> None:
    """Judge what a gateway started with --no-meter relays; best run as another user."""
    from wellhead.watch.meter import run_meter
    from wellhead.watch.settings import read_settings

    run_meter(read_settings(settings, secrets=False), parent=parent)


@watch_app.command("user")
def user_command(
    settings: SettingsFile,
    name: Annotated[str, typer.Argument(help="Who may look at the page.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take this right away.")] = False,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="WELLHEAD_PASSWORD",
            help="At least 12 characters; better asked for or given in the environment.",
        ),
    ] = None,
) -> None:
    """Let somebody see the page by name and password."""
    from wellhead.watch.accounts import Accounts
    from wellhead.watch.settings import read_settings

    accounts = Accounts(read_settings(settings).folder)
    if remove:
        accounts.remove(name)
    else:
        given = password or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        accounts.add(name, given)
    typer.echo(f"may look: {', '.join(accounts.names()) or 'nobody'}", err=True)
