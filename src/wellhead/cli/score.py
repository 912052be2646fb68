"""`wellhead score`: a score for every document, kept beside the corpus."""

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
)
from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from wellhead.detect.scoring import ScoreResult

__all__ = ["score_command"]


@app.command("score")
def score_command(
    corpus: CorpusArgument,
    detector: Annotated[
        str | None,
        typer.Option(
            help="Name or folder of a detector; by default the one for the corpus's language."
        ),
    ] = None,
    tier: Annotated[
        str | None,
        typer.Option(
            help="Of the English detector: full, or fast (words alone). Assay fast scores "
            "with --detector general-fast."
        ),
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    split: Split = None,
    where: Where = None,
    encoding: Encoding = None,
    keep_going: KeepGoing = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the scores; 'scores' beside the corpus.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score every document; stop and start as you like, nothing is scored twice."""
    from wellhead.corpus import open_corpus
    from wellhead.detect.scoring import score

    opened = open_corpus(
        corpus,
        text_column=text_column,
        id_column=id_column,
        split=split,
        where=where,
        encoding=encoding,
        keep_going=keep_going,
    )
    result = score(
        opened,
        detector=_detector(detector, tier),
        out=out or (Path("scores") if corpus == "-" else None),
        show_progress=True,
    )
    typer.echo(result.to_json() if as_json else _told(result))


def _detector(detector: str | None, tier: str | None) -> str | None:
    from wellhead.detect.general import detector_of

    if detector and tier:
        raise BadSetting("expected --detector or --tier, got both; only 'general' has tiers")
    return detector_of(tier) if tier else detector


def _told(result: ScoreResult) -> str:
    census = result.census
    lines = [
        *(f"note: {note}" for note in result.notes),
        f"{result.corpus}: {census.documents} documents scored by {result.scorer} "
        f"{result.revision} ({result.scored} now, {result.reused} before); "
        f"{census.duplicates} exact duplicates",
        *(f"not used: {count} rows, {reason}" for reason, count in census.unusable.items()),
        *(f"scores: {path}" for path in result.sidecars),
    ]
    return "\n".join(lines)
