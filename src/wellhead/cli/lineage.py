"""`wellhead lineage`: which text came from which, and the proof of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import AsJson, PageFile, Replace, echo_json, keep_earlier, show_result

if TYPE_CHECKING:
    from wellhead.lineage import Store

__all__ = ["OptionalStore", "StoreArgument", "lineage_app", "told"]

lineage_app = typer.Typer(
    help="Never lose the original, and prove where a generation came from.", no_args_is_help=True
)
app.add_typer(lineage_app, name="lineage")

StoreArgument = Annotated[str, typer.Argument(help="Folder of the store, or an fsspec address.")]
OptionalStore = Annotated[
    str | None, typer.Argument(help="Folder of the store, or an fsspec address.")
]


def told(store: Store, id: str, as_json: bool) -> None:
    import json

    from wellhead.report.untrusted import clean

    found = store.read(id)
    if as_json:
        echo_json({"id": id, "manifest": json.loads(found.data)})
        return
    where = sum(file.place is None for file in found.files)
    typer.echo(
        f"{clean(found.name)}: generation {found.generation}, {found.rows.total:,} rows, "
        f"{found.rows.rooted:,} with a human root; {where} of {len(found.files)} files kept in the "
        f"store\n{id}"
    )


@lineage_app.command("init")
def init_command(store: StoreArgument) -> None:
    """Make a store."""
    from wellhead.lineage import init

    made = init(store)
    typer.echo(f"{made.place.address}: a lineage store, {len(made.log())} manifests")


@lineage_app.command("show")
def show_command(
    store: StoreArgument,
    name: Annotated[str | None, typer.Argument(help="One manifest and its ancestors.")] = None,
    check: Annotated[bool, typer.Option(help="Verify first, and mark what is lost.")] = False,
    out: PageFile = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Draw the family tree from people's sentences to the last generation."""
    from wellhead.lineage import Store
    from wellhead.lineage.family import family
    from wellhead.lineage.verify import verify

    keep_earlier(out, replace)
    opened = Store(store)
    found = verify(opened).findings if check else ()
    lost = {each.manifest for each in found if each.severity == "broken"}
    result = family(opened, of=name, lost=lost)
    show_result(result, as_json=as_json, html=out)


@lineage_app.command("gc")
def gc_command(store: StoreArgument) -> None:
    """Remove what interrupted writers left behind; manifests and their files stay."""
    from wellhead.lineage import Store

    removed = Store(store).collect_garbage()
    typer.echo("\n".join([*(f"removed {name}" for name in removed), f"{len(removed)} removed"]))
