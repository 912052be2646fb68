"""``wellhead curate``: what to keep of a corpus, at what weight, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.cli._options import (
    AsJson,
    CorpusArgument,
    Encoding,
    IdColumn,
    KeepGoing,
    Replace,
    Seed,
    Split,
    TextColumn,
    Where,
    folder_out,
    keep_earlier,
    share_of,
    show_result,
)
from wellhead.errors import LimitExceeded

_WRITTEN = ("plan.html", "plan.md", "plan.json", "rule.json", "curation.json")


@app.command()
def curate(
    corpus: CorpusArgument,
    assay: Annotated[
        Path, typer.Option(help="The folder that `wellhead assay … --out FOLDER` wrote.")
    ],
    policy: Annotated[
        str,
        typer.Option(help="weight, fdr, budget (so many documents) or groups; or a plug-in's."),
    ] = "weight",
    dial: Annotated[
        float | None,
        typer.Option(
            help="How strict the policy is; with limits, the mildest setting that "
            "meets them is chosen."
        ),
    ] = None,
    max_machine: Annotated[
        float | None,
        typer.Option(
            parser=share_of, metavar="SHARE", help="Largest share of machine text in what is kept."
        ),
    ] = None,
    max_human_loss: Annotated[
        float | None,
        typer.Option(
            parser=share_of, metavar="SHARE", help="Largest share of human text that may be lost."
        ),
    ] = None,
    max_inflation: Annotated[
        float | None, typer.Option(help="Largest inflation of error by training on what is kept.")
    ] = None,
    generations: Annotated[int, typer.Option(help="Generations of that training.")] = 5,
    reserve: Annotated[
        float | None,
        typer.Option(
            parser=share_of, metavar="SHARE", help="Share of the human originals to set aside."
        ),
    ] = None,
    fold_repeats: Annotated[
        bool, typer.Option("--fold-repeats", help="Drop what repeats an earlier text.")
    ] = False,
    group_by: Annotated[
        str | None, typer.Option(help="Column with groups; what is lost is told for each.")
    ] = None,
    detector: Annotated[
        str | None,
        typer.Option(
            help="The assay's detector, if the assay was of a sample and has not saved it."
        ),
    ] = None,
    draws: Annotated[
        bool,
        typer.Option(
            "--draws",
            help="Keep each text at random, with its weight as the "
            "probability, instead of weighting it.",
        ),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the new corpus; without it only the plan.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(callback=folder_out, help="Folder for the plan, and for the new corpus."),
    ] = None,
    replace: Replace = False,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    split: Split = None,
    where: Where = None,
    encoding: Encoding = None,
    keep_going: KeepGoing = False,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """What to keep of CORPUS, at what weight, and what that costs; the original stays as it is."""
    from wellhead.corpus import open_corpus
    from wellhead.curation.run import curate as run

    if not apply:
        # Applied, a plan is carried out, and a new corpus goes on or refuses another's folder.
        keep_earlier(out, replace, *_WRITTEN)
    opened = open_corpus(
        corpus,
        text_column=text_column,
        id_column=id_column,
        split=split,
        where=where,
        encoding=encoding,
        keep_going=keep_going,
    )
    with progress("reading") as bar:
        plan = run(
            opened,
            assay=assay,
            policy=policy,
            dial=dial,
            max_machine=max_machine,
            max_human_loss=max_human_loss,
            max_inflation=max_inflation,
            generations=generations,
            reserve=reserve,
            fold_repeats=fold_repeats,
            group_by=group_by,
            detector=detector,
            out=out,
            apply=apply,
            as_="draws" if draws else "weights",
            seed=seed,
            progress=bar,
        )
    html = None if out is None else out / "plan.html"
    show_result(plan, as_json=as_json, saved=None if html is None else {"html": html})
    if plan.met is False:
        raise LimitExceeded(plan.answer)
