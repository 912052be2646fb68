"""`wellhead watch`: what a deployed model says, per version."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import AsJson, PageFile, TextColumn, folder_out, share_of, show_result
from wellhead.errors import BadSetting, LimitExceeded

if TYPE_CHECKING:
    from wellhead.watch import ReviewQueue, Verdict

__all__ = ["watch_app"]

watch_app = typer.Typer(
    help="What a deployed model says, per version, with intervals that may be looked at all day.",
    no_args_is_help=True,
)
app.add_typer(watch_app, name="watch")

Limit = Annotated[
    float | None,
    typer.Option(parser=share_of, metavar="SHARE", help="Rate that no version may exceed."),
]

Judges = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=PLACE",
        help="rules=FILE, detector=FOLDER or http=ADDRESS; repeat for a second opinion: the first "
        "decides.",
    ),
]
JudgesFile = Annotated[
    Path | None, typer.Option(help="File with tables [[verdict]], such as WATCH.toml.")
]


def _judges(rules: Path | None, named: list[str] | None, file: Path | None) -> Verdict:
    from wellhead.watch.panel import judge_named, open_judges, read_judges

    if file is not None:
        if rules or named:
            raise BadSetting("expected either --judges FILE, or judges named one by one.")
        return read_judges(file)
    first = [f"rules={rules}"] if rules else []
    if not first and not named:
        raise BadSetting("expected a judge: --rules FILE, --judge KIND=PLACE or --judges FILE.")
    return open_judges([judge_named(text) for text in [*first, *(named or [])]])


LabelFlagged = Annotated[
    float | None,
    typer.Option(
        parser=share_of, metavar="SHARE", help="Part of what is flagged that people label; 100 %."
    ),
]
LabelOthers = Annotated[
    float | None,
    typer.Option(parser=share_of, metavar="SHARE", help="Part of the rest that they label; 2 %."),
]


def _queue(folder: Path | None, flagged: float | None, others: float | None) -> ReviewQueue | None:
    from wellhead.watch.review import Design, begin_review

    if folder is None:
        if flagged is not None or others is not None:
            raise BadSetting("parts to be labelled need a queue: --review FOLDER.")
        return None
    if flagged is None and others is None:
        return begin_review(folder)
    usual = Design()
    return begin_review(
        folder,
        Design(
            usual.flagged if flagged is None else flagged,
            usual.others if others is None else others,
        ),
    )


def _lot(told: list[str] | None) -> dict[str, float] | None:
    if not told:
        return None
    pairs = [text.rpartition("=") for text in told]
    try:
        return {name: float(share.removesuffix("%")) for name, _, share in pairs if name}
    except ValueError as error:
        raise BadSetting(f"expected --lot VERSION=SHARE, as in seven=95%: {error}") from error


@watch_app.command("judge")
def judge_command(
    records: Annotated[str, typer.Argument(help="Recorded answers: a file, a folder, a glob, -.")],
    rules: Annotated[
        Path | None, typer.Option(help="File of rules (TOML): what a violation is.")
    ] = None,
    judge: Judges = None,
    judges: JudgesFile = None,
    limit: Limit = None,
    review: Annotated[
        Path | None,
        typer.Option(
            callback=folder_out,
            help="Folder of a review queue: what people label corrects the "
            "rates; `wellhead watch label` opens the page.",
        ),
    ] = None,
    label_flagged: LabelFlagged = None,
    label_others: LabelOthers = None,
    version_column: Annotated[
        str | None,
        typer.Option(help="Column that names the version, or several with commas; version, model."),
    ] = None,
    group_by: Annotated[str | None, typer.Option(help="Column of groups.")] = None,
    text_column: TextColumn = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="Column of numbers beside each answer, as minutes; repeatable."),
    ] = None,
    lot: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VERSION=SHARE",
            help="How often a version was drawn, where each answer's was drawn by lot; repeat.",
        ),
    ] = None,
    known_column: Annotated[
        str | None,
        typer.Option(help="Column with bad or good for canaries, empty for all other answers."),
    ] = None,
    out: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge recorded answers in their order: rates by version that hold at every moment."""
    import wellhead.watch as room

    found = room.judge(
        records,
        _judges(rules, judge, judges),
        limit=limit,
        review=_queue(review, label_flagged, label_others),
        version_column=version_column,
        group_column=group_by,
        text_column=text_column,
        measures=measure or (),
        lot=_lot(lot),
        known_column=known_column,
    )
    show_result(found, as_json=as_json, html=out)
    if found.alarmed:
        names = ", ".join(rate.name or "the model" for rate in found.alarmed)
        raise LimitExceeded(f"above the limit of {limit:.2%}: {names}.")


@watch_app.command("label")
def label_command(
    review: Annotated[Path, typer.Argument(help="Folder of a review queue.")],
    port: Annotated[int, typer.Option(help="Of the page; 0 takes a free one.")] = 0,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Whether to open the labelling page.")
    ] = True,
    export: Annotated[
        Path | None,
        typer.Option(
            callback=folder_out,
            help="Folder for clean.jsonl and violating.jsonl: a judge is trained on them.",
        ),
    ] = None,
) -> None:
    """Label the answers that were drawn, in the browser, blind to every verdict."""
    from wellhead.audit.server import serve as serve_labels
    from wellhead.watch.review import ReviewQueue

    queue = ReviewQueue(review)
    if page:
        serve_labels(queue, port=port, told=_open_page)
    done = sum(label.violates is not None for label in queue.labels().values())
    typer.echo(f"{done} of {len(queue.documents)} drawn answers have a label that counts", err=True)
    if export is not None:
        for path in queue.export(export):
            typer.echo(str(path))


def _open_page(address: str) -> None:
    typer.echo(f"label at {address} (this machine only); Ctrl-C ends and keeps all", err=True)
    typer.launch(address)


SettingsFile = Annotated[Path, typer.Argument(metavar="WATCH.toml", help="What is watched.")]
By = Annotated[str, typer.Option("--by", help="Who does it; kept in the log.")]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the log.")]


@watch_app.command("serve")
def serve_command(
    settings: Annotated[
        Path | None, typer.Argument(metavar="WATCH.toml", help="What is watched.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8090,
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
    """Relay OpenAI's API to the versions, log every exchange, have it judged, stop what must be."""
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
        typer.Option(help="End once this process is gone and all that it relayed is judged."),
    ] = None,
) -> None:
    """Judge what a gateway relays that was started with --no-meter; best as another user."""
    from wellhead.watch.meter import run_meter
    from wellhead.watch.settings import read_settings

    run_meter(read_settings(settings, secrets=False), parent=parent)


@watch_app.command("status")
def status_command(settings: SettingsFile, out: PageFile = None, as_json: AsJson = False) -> None:
    """How the watch stands; ends with 1 where something asks for somebody's eyes."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.status import status_of

    found = status_of(read_settings(settings))
    show_result(found, as_json=as_json, html=out)
    if not found.well:
        raise LimitExceeded("the watch asks for your eyes; see above.")


OfVersion = Annotated[
    str | None, typer.Option("--version", help="This version alone; everything if not.")
]


@watch_app.command("kill")
def kill_command(settings: SettingsFile, by: By, why: Why, version: OfVersion = None) -> None:
    """Stop every answer at once, or one version's, those being given included."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.switch import kill, stop_version

    read = read_settings(settings)
    if version is not None:
        stop_version(read, version, by=by, why=why)
        typer.echo(f"version {version} is stopped until wellhead watch resume", err=True)
        return
    kill(read, by=by, why=why)
    typer.echo(f"stopped: {read.kill} is there; wellhead watch resume takes it back", err=True)


@watch_app.command("resume")
def resume_command(
    settings: SettingsFile,
    by: By,
    why: Why,
    version: OfVersion = None,
    trial: Annotated[
        bool,
        typer.Option(
            "--trial", help="Half-open: a twentieth of the traffic, until 200 answers were clean."
        ),
    ] = False,
) -> None:
    """Take the kill back and close every breaker, or one version's."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.switch import resume

    resume(read_settings(settings), by=by, why=why, version=version, trial=trial)


@watch_app.command("rollback")
def rollback_command(
    settings: SettingsFile,
    by: By,
    why: Why,
    to: Annotated[
        str | None, typer.Option(help="A version, or the hash of one of before; else the baseline.")
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="All versions answer again.")] = False,
) -> None:
    """Have one version alone answer, of today or by the hash of its complete state."""
    from wellhead.watch.settings import read_settings
    from wellhead.watch.switch import roll_back, roll_forward

    read = read_settings(settings)
    if over:
        roll_forward(read, by=by, why=why)
        return
    version = roll_back(read, to or read.baseline, by=by, why=why)
    typer.echo(f"{version.name} ({version.hash[:12]}) answers alone", err=True)


@watch_app.command("drill")
def drill_command(
    kind: Annotated[str, typer.Argument(help="kill, rollback, meter, log or silence.")],
    settings: SettingsFile,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Do it for real against the running gateway, time it, and keep a signed record."""
    from wellhead.cli._options import echo_json
    from wellhead.watch.drills import drill
    from wellhead.watch.settings import read_settings

    found = drill(read_settings(settings), kind, by=by)
    if as_json:
        echo_json({**found._asdict(), "steps": [step._asdict() for step in found.steps]})
    else:
        for step in found.steps:
            mark = "passed" if step.passed else "FAILED"
            typer.echo(f"{mark}  {step.seconds:7.2f} s  {step.what}")
        typer.echo(f"record: {found.record}", err=True)
    if not found.passed:
        raise LimitExceeded(f"the {kind} drill failed.")


Day = typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="In UTC.")


@watch_app.command("report")
def report_command(
    settings: SettingsFile,
    since: Annotated[datetime | None, Day] = None,
    until: Annotated[datetime | None, Day] = None,
    out: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """What happened in a period, for somebody who was not there: one offline page."""
    from wellhead.watch.report import report_on
    from wellhead.watch.settings import read_settings

    start, end = (at.replace(tzinfo=UTC).timestamp() if at else None for at in (since, until))
    found = report_on(read_settings(settings), since=start or 0.0, until=end)
    show_result(found, as_json=as_json, html=out)


@watch_app.command("user")
def user_command(
    settings: SettingsFile,
    name: Annotated[str, typer.Argument(help="Who may look at the page.")],
    remove: Annotated[bool, typer.Option("--remove", help="Not any more.")] = False,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="WELLHEAD_PASSWORD",
            help="At least 12 characters; better asked for or given in the environment.",
        ),
    ] = None,
) -> None:
    """Let somebody look at the page by name and password, as soon as the gateway starts anew."""
    from wellhead.watch.accounts import Accounts
    from wellhead.watch.settings import read_settings

    accounts = Accounts(read_settings(settings).folder)
    if remove:
        accounts.remove(name)
    else:
        given = password or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        accounts.add(name, given)
    typer.echo(f"may look: {', '.join(accounts.names()) or 'nobody'}", err=True)


@watch_app.command("verify")
def verify_command(
    settings: SettingsFile,
    head: Annotated[
        list[Path] | None,
        typer.Option(help="Heads that were kept elsewhere; all in `heads` if not."),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Public key; the watch's own if not.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find what was removed, changed, moved or inserted in the logs, or rewritten since a head."""
    from wellhead.cli._options import echo_json
    from wellhead.errors import BadInput
    from wellhead.lineage.signing import public_key
    from wellhead.watch.heads import own_key, verify_logs
    from wellhead.watch.settings import read_settings

    read = read_settings(settings)
    heads = head or sorted(read.heads.glob("head-*.json"))
    public = public_key(key or own_key(read.folder).with_suffix(".pem.pub"))
    faults = verify_logs(read.folder, heads, public)
    if as_json:
        echo_json({"heads": len(heads), "faults": [fault._asdict() for fault in faults]})
    for fault in faults:
        typer.echo(f"{fault.log}, line {fault.line}: {fault.problem}", err=True)
    if faults:
        raise BadInput(f"{len(faults)} faults in the logs.")
    if not as_json:
        typer.echo(f"the logs are whole, and continue {len(heads)} signed heads")
