"""`wellhead lineage`: which text came from which, and the proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.cli._options import (
    AsJson,
    IdColumn,
    PageFile,
    Seed,
    TextColumn,
    echo_json,
    share_of,
    show_result,
)
from wellhead.errors import BadInput, BadSetting

if TYPE_CHECKING:
    from wellhead.lineage import HumanShare, Reading, Store
    from wellhead.lineage.verify import Verification

__all__ = ["lineage_app"]

lineage_app = typer.Typer(
    help="Never lose the original, and prove where a generation came from.", no_args_is_help=True
)
app.add_typer(lineage_app, name="lineage")

StoreArgument = Annotated[str, typer.Argument(help="Folder of the store, or an fsspec address.")]
Files = Annotated[list[str], typer.Argument(help="Files of text, folders of them, addresses.")]
Name = Annotated[str | None, typer.Option(help="What to call it; the first file's name if not.")]
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
_TOLD = 20  # findings on the terminal
PublicKey = Annotated[Path | None, typer.Option("--key", help="Public key of whoever signed.")]


def _reading(text: str | None, ids: str | None, keep: bool | None, attach: Any) -> Reading:
    from wellhead.lineage import Reading

    return Reading(text_column=text, id_column=ids, keep=keep, attach=tuple(attach or ()))


def _share(assay: Path | None) -> HumanShare | None:
    from wellhead.lineage.measured import share_of_assay

    return None if assay is None else share_of_assay(assay)


def _told(store: Store, id: str, as_json: bool) -> None:
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
    _told(opened, add(opened, files, writers=writers, about=about, reading=reading), as_json)


@lineage_app.command("derive")
def derive_command(
    store: StoreArgument,
    files: Files,
    parent: Annotated[list[str], typer.Option(help="What it was made from; may be repeated.")],
    step: Annotated[str, typer.Option(help="What was done, as in filter, mix or generate.")],
    name: Name = None,
    model: Annotated[str | None, typer.Option(help="What wrote the new rows.")] = None,
    revision: Annotated[str | None, typer.Option(help="Of the model.")] = None,
    seed: Annotated[int | None, typer.Option(help="With which the model was sampled.")] = None,
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
    _told(opened, derive(opened, files, parents=parent, about=about, reading=reading), as_json)


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


@lineage_app.command("show")
def show_command(
    store: StoreArgument,
    name: Annotated[str | None, typer.Argument(help="One manifest, and what it is from.")] = None,
    check: Annotated[bool, typer.Option(help="Verify first, and mark what is lost.")] = False,
    out: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Draw the family tree from people's sentences to the last generation."""
    from wellhead.lineage import Store
    from wellhead.lineage.family import family
    from wellhead.lineage.verify import verify

    opened = Store(store)
    found = verify(opened).findings if check else ()
    lost = {each.manifest for each in found if each.severity == "broken"}
    result = family(opened, of=name, lost=lost)
    show_result(result, as_json=as_json, html=out)


@lineage_app.command("verify")
def verify_command(
    store: Annotated[
        str | None, typer.Argument(help="Folder of the store, or an fsspec address.")
    ] = None,
    head: Annotated[
        list[Path] | None, typer.Option(help="A head that was kept elsewhere; may be repeated.")
    ] = None,
    key: PublicKey = None,
    proof: Annotated[
        Path | None, typer.Option(help="Check this proof instead, with --key alone.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Check this signed folder instead, with --signature, --key.")
    ] = None,
    signature: Annotated[Path | None, typer.Option(help="What was signed of the folder.")] = None,
    relocate: Annotated[bool, typer.Option(help="Note where renamed files lie now.")] = False,
    out: PageFile = None,
    as_json: AsJson = False,
) -> None:
    """Hash everything again down to generation 0; exit 3 when anything is lost or altered."""
    from wellhead.lineage import Store
    from wellhead.lineage.folders import require_folder
    from wellhead.lineage.signing import public_key
    from wellhead.lineage.verify import verify

    if folder is not None:
        if key is None or signature is None:
            raise BadSetting("--folder: expected --signature FILE and --key FILE.")
        require_folder(folder, key, signature)
        typer.echo(f"{folder}: every file is what was signed")
        return
    public = public_key(key) if key else None
    if proof is not None:
        _proof(proof, public, [*(head or ())][:1])
        return
    if store is None:
        raise BadSetting("expected a store, or --proof FILE.")
    with progress("hashing") as bar:
        result = verify(Store(store), heads=head or (), key=public, relocate=relocate, progress=bar)
    show_result(result, as_json=as_json, html=out, more=_findings(result))
    if not result.intact:
        raise BadInput("something is lost or altered; see above.")


def _findings(found: Verification) -> list[str]:
    """The first findings in words, what is broken before what is worth a remark."""
    ordered = sorted(found.findings, key=lambda each: each.severity != "broken")
    lines = []
    for each in ordered[:_TOLD]:
        vouched = f" Still vouched for by {each.vouches}." if each.vouches else ""
        lines.append(
            f"{each.severity}: {each.code}, {each.name}: {each.says.rstrip('.')}.{vouched}"
        )
    if len(ordered) > _TOLD:
        lines.append(f"{len(ordered) - _TOLD:,} more; --out FILE or --json has them all")
    return lines


def _proof(path: Path, key: Any, earlier: list[Path]) -> None:
    from wellhead.lineage.heads import load, read_head, require_proof

    if key is None:
        raise BadSetting("--proof: expected --key FILE, the public key of whoever signed it.")
    old = read_head(load(earlier[0]), str(earlier[0]), key) if earlier else None
    head, manifest = require_proof(load(path), key, earlier=old)
    typer.echo(f"holds: under the head of {head.size} manifests, signed at {head.time}")
    typer.echo(manifest)


@lineage_app.command("gc")
def gc_command(store: StoreArgument) -> None:
    """Remove what writers left that died; manifests and their files stay."""
    from wellhead.lineage import Store

    removed = Store(store).collect_garbage()
    typer.echo("\n".join([*(f"removed {name}" for name in removed), f"{len(removed)} removed"]))


@lineage_app.command("sign")
def sign_command(
    store: Annotated[
        str | None, typer.Argument(help="Folder of the store, or an fsspec address.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private key.")] = None,
    new_key: Annotated[Path | None, typer.Option(help="Make a key of this name first.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the head.")] = None,
    proof: Annotated[
        str | None, typer.Option(help="A manifest: write a proof that it is under the head.")
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option(help="An old head that the proof must continue.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Sign all files of this folder instead, into --out.")
    ] = None,
) -> None:
    """Sign where the log ends now, or a folder; keep the signature where the store is not."""
    import json

    from wellhead._atomic import write_text
    from wellhead.lineage import Store, signing
    from wellhead.lineage.folders import new_folder_key, sign_folder
    from wellhead.lineage.heads import load, prove, read_head, sign_head

    if new_key is not None:
        public = new_folder_key(new_key) if folder else signing.new_key(new_key)
        typer.echo(f"private key: {new_key} (keep it); public key: {public} (give it away)")
    if folder is not None:
        if (signer := key or new_key) is None or out is None:
            raise BadSetting("--folder: expected --key FILE (or --new-key) and --out FILE.")
        sign_folder(folder, signer, out)
        typer.echo(f"{out}: a signature over every file in {folder}")
        return
    if store is None:
        if new_key is None:
            raise BadSetting("expected a store to sign, or --new-key FILE.")
        return
    if (key := key or new_key) is None:
        raise BadSetting("expected --key FILE; make one with --new-key FILE.")
    opened, private = Store(store), signing.private_key(key)
    if proof is not None:
        old = read_head(load(earlier), str(earlier), private.public_key()) if earlier else None
        found = prove(opened, proof, private, earlier=old)
    else:
        found = sign_head(opened, private)
    written = json.dumps(found, indent=1, ensure_ascii=False)
    if out is None:
        typer.echo(written)
    else:
        write_text(out, written + "\n")
        typer.echo(f"{out}: keep it where the store is not")


@lineage_app.command("export")
def export_command(
    store: StoreArgument,
    name: Annotated[str, typer.Argument(help="Name or first digits of a manifest.")],
    format: Annotated[
        str, typer.Option(help="croissant, cyclonedx, oasis, huggingface or eu.")
    ] = "croissant",
    facts: Annotated[
        Path | None, typer.Option(help="TOML with what only the publisher knows.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="Hold this export against the store; exit 3 if it differs.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write.")] = None,
) -> None:
    """Write where a text comes from in a format that others read."""
    from wellhead._atomic import write_text
    from wellhead.lineage import Store
    from wellhead.lineage.exports import Facts, export, read_facts, wrong

    opened, known = Store(store), read_facts(facts) if facts else Facts()
    if check is not None:
        found = wrong(opened, name, format, check.read_text("utf-8", "replace"), facts=known)
        if found:
            raise BadInput(f"{check} is not what the store says: {'; '.join(found[:5])}")
        typer.echo(f"{check}: as the store says")
        return
    text = export(opened, name, format, facts=known)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(str(out))


@lineage_app.command("reserve")
def reserve_command(
    store: StoreArgument,
    original: Annotated[
        list[str] | None, typer.Option(help="An original to draw from; all by people if not.")
    ] = None,
    share: Annotated[
        float, typer.Option(parser=share_of, metavar="SHARE", help="Of every stratum, as in 10%.")
    ] = 0.1,
    by: Annotated[str | None, typer.Option(help="Column whose values are the strata.")] = None,
    seed: Seed = 0,
    name: Annotated[str, typer.Option(help="What to call the reserve.")] = "reserve",
    check: Annotated[
        list[str] | None, typer.Option(help="A mix: exit 1 where it lacks texts of the reserve.")
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
        _told(opened, make(opened, original or (), plan, name=name), as_json)


@lineage_app.command("record")
def record_command(
    store: StoreArgument,
    folder: Annotated[
        Path,
        typer.Argument(help="Of a finished `wellhead collapse run` or `wellhead curate --apply`."),
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
        _told(opened, id, as_json=False)
