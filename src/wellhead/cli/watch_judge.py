"""`wellhead watch judge` and `label`: recorded answers, and what people say of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellhead.cli._options import (
    AsJson,
    PageFile,
    Replace,
    TextColumn,
    folder_out,
    keep_earlier,
    share_of,
    show_result,
)
from wellhead.cli.watch import watch_app
from wellhead.errors import BadSetting, LimitExceeded

if TYPE_CHECKING:
    from wellhead.watch import ReviewQueue, Verdict

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
        parser=share_of,
        metavar="SHARE",
        help="Share of the flagged answers that people label; 100 % by default.",
    ),
]
LabelOthers = Annotated[
    float | None,
    typer.Option(
        parser=share_of,
        metavar="SHARE",
        help="Share of the other answers that people label; 2 % by default.",
    ),
]


def _queue(folder: Path | None, flagged: float | None, others: float | None) -> ReviewQueue | None:
    from wellhead.watch.design import Design
    from wellhead.watch.review import begin_review

    if folder is None:
        if flagged is not None or others is not None:
            raise BadSetting(
                "--label-flagged and --label-others belong to a review queue: add --review FOLDER."
            )
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
        typer.Option(
            help="Column with the version, or several separated by commas; by "
            "default version, model."
        ),
    ] = None,
    group_by: Annotated[
        str | None, typer.Option(help="Column with the group of each answer.")
    ] = None,
    text_column: TextColumn = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="Column with a number for each answer, such as minutes; repeatable."),
    ] = None,
    lot: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VERSION=SHARE",
            help="How often a version was drawn, if each answer's version was drawn at "
            "random; repeatable.",
        ),
    ] = None,
    known_column: Annotated[
        str | None,
        typer.Option(help="Column with bad or good for canaries, empty for all other answers."),
    ] = None,
    out: PageFile = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Judge recorded answers in order: rates by version, with intervals that hold at every look."""
    import wellhead.watch as room

    keep_earlier(out, replace)
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
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 0,
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
