"""``wellhead demo``: the main job on real text whose machine share is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellhead._progress import progress
from wellhead.cli import app
from wellhead.cli._options import AsJson, Replace, Seed, echo_json, folder_out, keep_earlier

if TYPE_CHECKING:
    from wellhead.demo import Rehearsal


@app.command()
def demo(
    share: Annotated[float, typer.Option(help="True share of machine paragraphs, 0 to 1.")] = 0.30,
    documents: Annotated[int, typer.Option(help="Paragraphs in the collection.")] = 400,
    known_human: Annotated[
        int, typer.Option(help="Paragraphs of other addresses to bring as the human reference.")
    ] = 200,
    known_machine: Annotated[
        int, typer.Option(help="Paragraphs of the same model to bring as a machine reference.")
    ] = 0,
    seed: Seed = 0,
    out: Annotated[
        Path,
        typer.Option(
            callback=folder_out, help="Folder for inputs and report; a demo's is renewed."
        ),
    ] = Path("wellhead-out/demo"),
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Assay speeches mixed with a small model's paragraphs, and compare with the truth."""
    from wellhead.demo import load_demo, rehearse

    if not (out / "truth.jsonl").exists():
        # Only a demo has such a file: the next one takes its place.
        keep_earlier(out, replace, "report.html", "report.md", "assay.json", "*.jsonl")
    mixture = load_demo(
        share=share,
        documents=documents,
        seed=seed,
        human_references=known_human,
        machine_references=known_machine,
    )
    with progress("scoring") as bar:
        found = rehearse(mixture, out, progress=bar)
    if as_json:
        echo_json(found.to_dict())
    else:
        typer.echo(_told(found))


def _told(found: Rehearsal) -> str:
    from wellhead.report.numbers import interval, percent

    share, flags = found.result.share, found.flags
    total, flagged = flags.machines + flags.humans, flags.machine + flags.human
    verdict = "inside the interval" if found.inside else "OUTSIDE the interval"
    estimate = "unsaid" if found.result.withheld else percent(share.point)
    seen, recognised = found.result.if_seen, []
    if seen is not None and seen.high < share.high:
        ends = interval(seen.low, seen.high, share=True)
        recognised = [f"{'':21}{ends} if the detector can recognise the model"]
    lines = [
        f"{total} paragraphs in the genre of State of the Union addresses, {flags.machines} of",
        "them by a small language model. The assay was not told which.",
        "",
        f"  truth     {percent(found.truth):>6}   {verdict}",
        f"  estimate  {estimate:>6}   {percent(share.level)} interval "
        f"{interval(share.low, share.high, share=True)}",
        *recognised,
        f"  at least  {percent(found.result.at_least, down=True):>6}   whatever the generator",
        f"  flagged   {flagged:6d}   {flags.machine} of {flags.machines} machine paragraphs, "
        f"{flags.human} of {flags.humans} human ones",
        "",
        f"report: {found.report}",
        f"where the texts come from: wellhead lineage show {found.lineage}",
        f"the same by hand: {found.command}",
    ]
    return "\n".join(lines)
