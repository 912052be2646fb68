"""`wellhead collapse tokenise`: a corpus as token shards, for runs that do not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli._options import AsJson, CorpusArgument, TextColumn, Where, echo_json, new_folder
from wellhead.cli.collapse import collapse_app

__all__ = ["tokenise"]


@collapse_app.command()
def tokenise(
    corpus: CorpusArgument,
    out: Annotated[Path, typer.Option("--out", "-o", callback=new_folder, help="A new folder.")],
    block: Annotated[int, typer.Option(help="Tokens in a block.")] = 512,
    vocabulary: Annotated[int, typer.Option(help="Size of the tokenizer's vocabulary.")] = 32_000,
    text_column: TextColumn = None,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Turn a corpus of any size into shards of tokens, for --set family.corpus=FOLDER."""
    from wellhead._progress import progress
    from wellhead.corpus import open_corpus
    from wellhead.recursion.torch_extra import require_torch

    require_torch("transformer")
    from wellhead.recursion.families.transformer.shards import Cut, write_shards

    opened = open_corpus(corpus, text_column=text_column, where=where)
    with progress("documents") as bar:

        def documents() -> Iterator[str]:
            for batch in opened.batches():
                yield from batch.column("text").to_pylist()
                bar.advance(batch.num_rows)

        written = write_shards(documents(), out, Cut(block=block, vocabulary=vocabulary))
    if as_json:
        echo_json(written)
        return
    typer.echo(
        f"{out}: {written['documents']:,} documents, {written['tokens']:,} tokens to learn from in "
        f"{len(written['shards'])} shards of blocks of {block}\n"
        f"next: wellhead collapse run lm-quick --set family.corpus={out} "
        f"--set family.block={block} --set family.vocabulary={vocabulary} --dry-run"
    )
