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
    low, high = percent(share.low, down=True), percent(share.high, up=True)
    return Page(
        title="How much of this text did machines write?",
        lead=(
            f"Between {low} and {high} of these {counted(result.distinct, 'distinct text')} were "
            f"probably written by machines (best estimate {percent(share.point)}), by the scores "
            f"of {counted(result.shards, 'shard')}.\n\n"
            f"The texts were compared with {counted(result.human, 'text')} that people certainly "
            f"wrote. The range holds with {percent(share.level)} confidence if those are the same "
            "kind of text. Scores alone cannot tell whether they are: words, layout and language "
            "were not looked at. Assay a sample of the texts, and see what its checks say."
        ),
        bar=ShareBar(
            title="Share of these texts that machines wrote",
            low=share.low,
            high=share.high,
            point=share.point,
            bound=result.at_least,
        ),
        facts=(
            ("machine-written", f"{percent(share.point)} ({interval(*share[:3:2], share=True)})"),
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
