"""The part of an assay's page about a detector that was adapted to its task."""

from __future__ import annotations

from wellhead._stats import Interval
from wellhead.detect.tiers.choosing import WORTH, TierTried
from wellhead.prevalence.adapt_result import Adaptation
from wellhead.report.blocks import Block
from wellhead.report.numbers import count, counted
from wellhead.report.table import Column, Table

__all__ = ["adapted"]


def adapted(found: Adaptation) -> list[Block | str]:
    """What it was adapted to, what that gained by writer, and the width with and without."""
    return [
        f"The detector learned this task from {counted(found.human, 'text')} that people wrote and "
        f"{counted(found.machine, 'machine text')}. No text is scored by a model that saw it: each "
        f"of the {count(found.folds)} models was fitted without one part of these texts.",
        Table(
            [
                Column("machine texts"),
                Column("texts", "count"),
                Column("AUC before", "number"),
                Column("adapted", "number"),
                Column("above 95 % of people", "percent"),
            ],
            [[w.name, w.texts, w.before, w.after, w.caught] for w in found.writers],
        ),
        "The AUC is the probability that a machine text scores above a person's: 0.5 is chance, 1 "
        "perfect.",
        *_left_out(found),
        Table(
            [
                Column("detector"),
                Column("best estimate", "percent"),
                Column("interval", "share"),
                Column("width", "percent"),
            ],
            [_row(name, share) for name, share in _shares(found)],
        ),
        f"All on the same {counted(found.compared, 'text')} of the collection, before anything "
        "that the checks take back.",
        *_tiers(found),
    ]


def _tiers(found: Adaptation) -> list[Block | str]:
    if not found.tiers:
        return []
    return [
        Table(
            [
                Column("tier"),
                Column("AUC", "number"),
                Column("gain", "number"),
                Column("±", "number"),
                Column("needed", "number"),
                Column("1,000 texts", "number", unit="s"),
                Column("to fit", "number", unit="s"),
            ],
            [_tier(one) for one in found.tiers if one.auc is not None],
        ),
        "A tier sees more of a text than its words. Its AUC is the mean over texts left out and "
        "over kinds left out whole; its gain is that over the tier taken before it, with the "
        f"standard error. What is needed is {WORTH} for every tenfold of processor time, as a tier "
        "usually takes it. With --tier auto one is taken where it gains that and more than the "
        "error. Seconds are of processor time, here.",
        *(f"Not tried: {one.name}, {one.why_not}" for one in found.tiers if one.auc is None),
    ]


def _tier(one: TierTried) -> list[object]:
    name = f"{one.name} (taken)" if one.taken else one.name
    return [name, one.auc, one.gain, one.error, one.needed, one.seconds, one.fitting]


def _left_out(found: Adaptation) -> list[Block | str]:
    if not found.left_out:
        return []
    return [
        Table(
            [
                Column("left out"),
                Column("texts", "count"),
                Column("AUC before", "number"),
                Column("adapted to the others", "number"),
                Column("above 95 % of people", "percent"),
            ],
            [list(one) for one in found.left_out],
        ),
        "Each generator and each style is left out whole once, as if it were new: that is what to "
        "expect of one that is not among the references.",
    ]


def _shares(found: Adaptation) -> list[tuple[str, Interval]]:
    rows: list[tuple[str, Interval]] = [("as it was", found.before), ("adapted", found.after)]
    if found.without_hard is not None:
        rows.append(("adapted, without the texts that stay hard to see", found.without_hard))
    if found.control is not None:
        cut = count(found.control.characters)
        rows.append((f"adapted, every text cut at {cut} characters", found.control.share))
    return rows


def _row(name: str, share: Interval) -> list[object]:
    low, point, high = share.low, share.point, share.high
    return [name, point, (low, high), high - low]
