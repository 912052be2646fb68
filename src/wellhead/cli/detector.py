"""`wellhead detector`: make a detector for one's own task, list those at hand, show a card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.cli._options import AsJson, Seed, TextColumn, echo_json, new_folder

if TYPE_CHECKING:
    from wellhead.detect import Card

__all__ = ["detector_app"]

detector_app = typer.Typer(
    no_args_is_help=True, help="Detectors: train one for your task, list them, show their errors."
)
app.add_typer(detector_app, name="detector")


@detector_app.command()
def train(
    human: Annotated[
        str,
        typer.Option(
            "--human",
            "--clean",
            help="Known-human texts: file, folder, glob or -. For a judge of `watch`: answers "
            "that break no rule.",
        ),
    ],
    machine: Annotated[
        list[str],
        typer.Option(
            "--machine",
            "--violating",
            help="Texts of one generator; repeat for each generator. For a judge of `watch`: "
            "answers that break one.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(callback=new_folder, help="Folder to write the detector into.")
    ],
    name: Annotated[str | None, typer.Option(help="Its name; by default the folder's.")] = (None),
    text_column: TextColumn = None,
    group_column: Annotated[
        str | None,
        typer.Option(
            help="Column whose equal values stay on one side of a split (prompt, author)."
        ),
    ] = None,
    most_texts: Annotated[
        int,
        typer.Option(
            "--most-texts",
            min=20,
            help="Of a corpus with more texts, so many are drawn at random.",
        ),
    ] = 100_000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Fit a detector on your own texts and measure its errors on texts left out."""
    from wellhead.detect import train_detector

    with progress("reading") as told:
        detector = train_detector(
            human=human,
            machine=machine,
            name=name or out.resolve().name,
            seed=seed,
            text_column=text_column,
            group_column=group_column,
            most_texts=most_texts,
            progress=told,
        )
    detector.save(out)
    _show(detector.card, as_json)
    typer.echo(f"written to {out}; use it with --detector {out}", err=True)


@detector_app.command("list")
def list_detectors(as_json: AsJson = False) -> None:
    """List the detectors known by name: revision, languages, mean measured errors."""
    from wellhead.detect.scorer import SCORERS

    rows = [_row(name, SCORERS[name]()) for name in SCORERS.names()]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        errors = (
            f"mean AUC {row['auc']:.3f} on {row['cells']} kinds left out" if row["cells"] else ""
        )
        languages = ", ".join(row["languages"]) or "languages not stated"
        typer.echo(f"{row['name']}  {row['revision']}  {languages}  {errors}".rstrip())


@detector_app.command()
def show(
    detector: Annotated[str, typer.Argument(help="A name of `detector list`, or a folder.")],
    as_json: AsJson = False,
) -> None:
    """Show a detector's card: what it was fitted on, and its measured errors."""
    from wellhead.detect import Card, load_scorer

    scorer = load_scorer(detector)
    card = getattr(scorer, "card", None)
    if isinstance(card, Card):
        _show(card, as_json)
    elif as_json:
        echo_json({"name": scorer.name, "revision": scorer.revision})
    else:
        typer.echo(f"{scorer.name}  {scorer.revision}  (has no card)")


def _row(name: str, scorer: Any) -> dict[str, Any]:
    measured = getattr(getattr(scorer, "card", None), "measured", ())
    auc = sum(one.auc for one in measured) / len(measured) if measured else None
    languages = list(getattr(scorer, "languages", ()))
    return {
        "name": name,
        "revision": scorer.revision,
        "languages": languages,
        "cells": len(measured),
        "auc": auc,
    }


def _show(card: Card, as_json: bool) -> None:
    if as_json:
        echo_json(card.to_dict())
        return
    typer.echo(f"{card.name}  revision {card.revision}  made with wellhead {card.made_with}\n")
    if card.adapted_from is not None:
        typer.echo(f"Adapted from {' '.join(card.adapted_from)}\n")
    typer.echo("Fitted on")
    for source in card.fitted_on:
        licence = f"; licence: {source.licence}" if source.licence else ""
        place = f"; {source.url}" if source.url else ""
        counts = f"{source.human} human, {source.machine} machine"
        typer.echo(f"  {source.name}: {counts}{licence}{place}")
    typer.echo(f"\nLanguages: {', '.join(card.languages) or 'not stated'}")
    typer.echo("\nMeasured on what was left out")
    typer.echo("  (caught: share of machine texts at the threshold that flags 5 % of people)")
    _show_summaries(card)
    typer.echo(f"  {'AUC':>5}  {'caught':>6}  {'people':>6}  {'machine':>7}  kind")
    for one in card.measured:
        kind = f"{one.source} / {one.domain} / {one.generator} (new: {one.left_out})"
        typer.echo(f"  {one.auc:5.3f}  {one.caught:6.1%}  {one.human:6}  {one.machine:7}  {kind}")
    _show_elsewhere(card)
    for note in card.notes:
        typer.echo(f"\n{note}")


def _show_elsewhere(card: Card) -> None:
    if card.elsewhere:
        typer.echo("\nPeople flagged at a nominal 5 % when the threshold is that of other domains")
    for one in sorted(card.elsewhere, key=lambda row: -row.flagged):
        typer.echo(f"  {one.flagged:6.1%}  {one.human:6}  {one.source} / {one.domain}")


_BY = {
    "kind": "by what the machine did",
    "family": "by family of generators",
    "year": "by year, of the texts whose source states it",
    "length": "by length in characters",
}


def _show_summaries(card: Card) -> None:
    for by in dict.fromkeys(one.by for one in card.summaries):
        typer.echo(
            f"  {'AUC':>5}  {'caught':>6}  {'cells':>6}  {'machine':>7}  {_BY.get(by, f'by {by}')}"
        )
        for one in (row for row in card.summaries if row.by == by):
            counts = f"{one.cells:6}  {one.machine:7}"
            typer.echo(f"  {one.auc:5.3f}  {one.caught:6.1%}  {counts}  {one.value}")
        typer.echo()
