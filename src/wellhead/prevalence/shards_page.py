"""The page of an assay of scored shards."""

from __future__ import annotations

from wellhead._result import render
from wellhead.prevalence.shards import ShardedAssay
from wellhead.report.blocks import Section
from wellhead.report.numbers import count, counted, interval, percent
from wellhead.report.page import Page
from wellhead.report.svg import ShareBar
from wellhead.report.table import Column, Table

__all__ = ["shards_page"]


@render.register
def shards_page(result: ShardedAssay) -> Page:
    """The answer first, then the highest scores."""
    share = result.share
    seen, said = result.if_seen or share, interval(share.low, share.high, share=True)
    low, high = percent(seen.low, down=True), percent(seen.high, up=True)
    condition, reach = ".", "The range holds"
    if result.if_seen is not None:
        said = f"{said}, {interval(seen.low, seen.high, share=True)} if recognised"
        condition = (
            ", if the detector can recognise the program that wrote them. If it cannot, it may be "
            f"any number up to {percent(share.high, up=True)}."
        )
        reach = "This holds"
    return Page(
        title="How much of this text did machines write?",
        lead=(
            f"Between {low} and {high} of these {counted(result.distinct, 'distinct text')} were "
            f"probably written by machines (best estimate {percent(share.point)}), by the scores "
            f"of {counted(result.shards, 'shard')}{condition}\n\n"
            f"The texts were compared with {counted(result.human, 'text')} that people certainly "
            f"wrote. {reach} with {percent(share.level)} confidence if those are the same "
            "kind of text. Scores alone cannot tell whether they are: words, layout and language "
            "were not looked at. Assay a sample of the texts, and see what its checks say."
        ),
        bar=ShareBar(
            title="Share of these texts that machines wrote",
            low=share.low,
            high=share.high,
            inner=None if result.if_seen is None else (seen.low, seen.high),
            point=share.point,
            bound=result.at_least,
        ),
        facts=(
            ("machine-written", f"{percent(share.point)} ({said})"),
            ("at least, whatever program", percent(result.at_least, down=True)),
            ("documents", count(result.documents)),
            ("distinct texts", count(result.distinct)),
            ("flagged", f"{count(result.flagged)} (distinct texts)"),
        ),
        sections=[
            Section(
                "The highest scores",
                [
                    Table(
                        [Column("document", "code"), Column("score", "number"), Column("p", "p")],
                        [(one.id, one.score, one.p_value) for one in result.top],
                        cap=50,
                    )
                ],
            )
        ],
        footer=(
            f"wellhead {result.version} · {result.scorer}@{result.revision} · seed {result.seed}"
        ),
    )
