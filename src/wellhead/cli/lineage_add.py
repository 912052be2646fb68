"""`wellhead lineage add`, `derive`, `reserve` and `record`: what writes manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead.cli._options import AsJson, IdColumn, Seed, TextColumn, echo_json, share_of
from wellhead.cli.lineage import StoreArgument, lineage_app, told
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from wellhead.lineage import HumanShare, Reading

Files = Annotated[list[str], typer.Argument(help="Files of text, folders of them, addresses.")]
Name = Annotated[str | None, typer.Option(help="Its name; by default the first file's.")]
Keep = Annotated[
    bool | None,
    typer.Option("--keep/--leave", help="Keep files in the store, or leave them where they lie."),
]
Attach = Annotated[
    list[Path] | None, typer.Option(help="A file without rows that belongs to it, as a model.")
]
Assay = Annotated[
    Path | None, typer.Option(help="assay.json of a `wellhead assay`: the measured human share.")
]
Note = Annotated[str | None, typer.Option(help="Anything else that is worth keeping.")]


def _reading(text: str | None, ids: str | None, keep: bool | None, attach: Any) -> Reading:
    from wellhead.lineage import Reading

    return Reading(text_column=text, id_column=ids, keep=keep, attach=tuple(attach or ()))


def _share(assay: Path | None) -> HumanShare | None:
    from wellhead.lineage.measured import share_of_assay

    return None if assay is None else share_of_assay(assay)


@lineage_app.command("add")
def add_command(
    store: StoreArgument,
    files: Files,
    writers: Annotated[
        str, typer.Option(help="Who wrote it: people, machines or unknown. Only people are roots.")
    ],
    name: Name = None,
    origin: Annotated[
        str,
        typer.Option(help="collected, public, licensed, private, crawled, user or synthetic."),
    ] = "unknown",
    source: Annotated[str | None, typer.Option(help="Where it was published or found.")] = None,
    licence: Annotated[str | None, typer.Option(help="SPDX name or address of it.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="First day of collection.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day of collection.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="As in en; may be repeated.")] = None,
    assay: Assay = None,
    note: Note = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    keep: Keep = None,
    attach: Attach = None,
    as_json: AsJson = False,
) -> None:
    """Add an original: text that was made from nothing in the store."""
    from wellhead.lineage import About, Origin, Store, add
    from wellhead.lineage.manifest import part_of

    opened = Store(store)
    facts = {
        "kind": origin,
        "source": source,
        "licence": licence,
        "collected_from": since,
        "collected_to": until,
        "languages": language or [],
    }
    about = About(name=name, origin=part_of(Origin, facts), human_share=_share(assay), note=note)
    reading = _reading(text_column, id_column, keep, attach)
    told(opened, add(opened, files, writers=writers, about=about, reading=reading), as_json)


@lineage_app.command("derive")
def derive_command(
    store: StoreArgument,
    files: Files,
    parent: Annotated[list[str], typer.Option(help="What it was made from; may be repeated.")],
    step: Annotated[str, typer.Option(help="What was done, as in filter, mix or generate.")],
    name: Name = None,
    model: Annotated[str | None, typer.Option(help="What wrote the new rows.")] = None,
    revision: Annotated[str | None, typer.Option(help="Revision of the model.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed with which the model was sampled.")] = None,
    sampling: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="As in temperature=0.7.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="File of the prompt; its hash is kept.")
    ] = None,
    assay: Assay = None,
    note: Note = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    keep: Keep = None,
    attach: Attach = None,
    as_json: AsJson = False,
) -> None:
    """Add what was made from others: a filter, a mix, a new generation."""
    from wellhead.lineage import About, Generator, Step, Store, derive
    from wellhead.lineage.hashing import hash_file
    from wellhead.lineage.manifest import part_of

    opened = Store(store)
    generator = None
    facts = {"revision": revision, "seed": seed, "sampling": _pairs(sampling)}
    if model is not None:
        facts |= {"model": model, "prompt_sha256": hash_file(prompt).sha256 if prompt else None}
        generator = part_of(Generator, facts)
    elif prompt or any(facts.values()):
        raise BadSetting("expected --model beside --revision, --seed, --sampling and --prompt.")
    about = About(
        name=name,
        generator=generator,
        human_share=_share(assay),
        step=Step(name=step),
        note=note,
    )
    reading = _reading(text_column, id_column, keep, attach)
    told(opened, derive(opened, files, parents=parent, about=about, reading=reading), as_json)


def _pairs(given: list[str] | None) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for each in given or ():
        key, equals, value = each.partition("=")
        if not equals:
            raise BadSetting(f"--sampling: expected KEY=VALUE, got '{each}'.")
        try:
            found[key] = float(value)
        except ValueError:
            found[key] = value
    return found


@lineage_app.command("reserve")
def reserve_command(
    store: StoreArgument,
    original: Annotated[
        list[str] | None, typer.Option(help="An original to draw from; by default all by people.")
    ] = None,
    share: Annotated[
        float,
        typer.Option(
            parser=share_of, metavar="SHARE", help="Share to draw from every stratum, such as 10%."
        ),
    ] = 0.1,
    by: Annotated[str | None, typer.Option(help="Column whose values are the strata.")] = None,
    seed: Seed = 0,
    name: Annotated[str, typer.Option(help="What to call the reserve.")] = "reserve",
    check: Annotated[
        list[str] | None,
        typer.Option(help="Check this mix: exit 1 if it lacks texts of the reserve."),
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="Write its texts here, one a line, as for the laboratory.")
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    as_json: AsJson = False,
) -> None:
    """Draw human originals that later mixes must include, or hold a mix against them."""
    from wellhead.lineage import Store
    from wellhead.lineage.drawing import Plan, make
    from wellhead.lineage.reserve import required, write_texts

    opened = Store(store)
    if check:
        held = required(opened, name, check, text_column)
        typer.echo(f"the mix holds all {held:,} texts of the reserve '{name}'")
    elif texts is not None:
        typer.echo(f"{texts}: {write_texts(opened, name, texts):,} texts")
    else:
        columns = {"text_column": text_column, "id_column": id_column}
        plan = Plan(share=share, by=by, seed=seed, **columns)
        told(opened, make(opened, original or (), plan, name=name), as_json)


@lineage_app.command("record")
def record_command(
    store: StoreArgument,
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of a finished `wellhead collapse run` or `wellhead curate --apply`."
        ),
    ],
    parent: Annotated[str, typer.Option(help="The corpus that it was made from.")],
    as_json: AsJson = False,
) -> None:
    """Add a run of the laboratory, generation by generation, or a curated corpus."""
    from wellhead.curation.ancestry import record_curation
    from wellhead.lineage import Store
    from wellhead.recursion.ancestry import record_run

    opened = Store(store)
    if (folder / "plan.json").exists():
        ids = [record_curation(opened, folder, parent=parent)]
    else:
        ids = record_run(opened, folder, parent=parent)
    if as_json:
        echo_json(ids)
        return
    for id in ids:
        told(opened, id, as_json=False)
