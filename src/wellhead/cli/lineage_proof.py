"""`wellhead lineage verify`, `sign` and `export`: the proof, and what others read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wellhead._progress import progress
from wellhead.cli._options import AsJson, PageFile, Replace, file_out, keep_earlier, show_result
from wellhead.cli.lineage import OptionalStore, StoreArgument, lineage_app
from wellhead.errors import BadInput, BadSetting

if TYPE_CHECKING:
    from wellhead.lineage.verify import Verification

_TOLD = 20  # findings on the terminal
PublicKey = Annotated[Path | None, typer.Option("--key", help="Public key of the signer.")]


@lineage_app.command("verify")
def verify_command(
    store: OptionalStore = None,
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
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Hash everything again down to generation 0; exit 3 when anything is lost or altered."""
    from wellhead.lineage import Store
    from wellhead.lineage.folders import require_folder
    from wellhead.lineage.signing import public_key
    from wellhead.lineage.verify import verify

    keep_earlier(out, replace)
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


@lineage_app.command("sign")
def sign_command(
    store: OptionalStore = None,
    key: Annotated[Path | None, typer.Option(help="Private key.")] = None,
    new_key: Annotated[Path | None, typer.Option(help="Make a key of this name first.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", callback=file_out, help="File for the head.")
    ] = None,
    replace: Replace = False,
    proof: Annotated[
        str | None, typer.Option(help="Write a proof that the head covers this manifest.")
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option(help="An old head that the proof must continue.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Sign all files of this folder instead, into --out.")
    ] = None,
) -> None:
    """Sign the end of the log, or a folder; keep the signature away from the store."""
    import json

    from wellhead._atomic import write_text
    from wellhead.lineage import Store, signing
    from wellhead.lineage.folders import new_folder_key, sign_folder
    from wellhead.lineage.heads import load, prove, read_head, sign_head

    keep_earlier(out, replace)
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
        Path | None, typer.Option(help="Compare this export with the store; exit 3 if it differs.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", callback=file_out, help="File to write.")
    ] = None,
    replace: Replace = False,
) -> None:
    """Write where a text comes from in a format that other tools read."""
    from wellhead._atomic import write_text
    from wellhead.lineage import Store
    from wellhead.lineage.exports import Facts, export, read_facts, wrong

    keep_earlier(out, replace)
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
