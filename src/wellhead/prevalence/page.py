"""The page of an assay: the answer first, then the picture, the texts, the groups, the checks.

An `AssayResult` flows in, a `Page` flows out. Nothing is computed here but what is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from wellhead._result import render
from wellhead.corpus.census import Sampled
from wellhead.corpus.language import named
from wellhead.prevalence import plan_page, shards_page  # noqa: F401  (they register their pages)
from wellhead.prevalence.adapt_page import adapted
from wellhead.prevalence.page_flags import flagged
from wellhead.prevalence.page_lead import alerts, bar, facts, lead
from wellhead.prevalence.result import AssayResult, Diagnostic, Documents, GroupShare, Histogram
from wellhead.report.blocks import Block, Bullets, Callout, Code, Details, Facts, Section
from wellhead.report.numbers import count, counted, percent
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Forest, HistogramPair, Stretch
from wellhead.report.table import Column, Table

__all__ = ["assay_page"]


@render.register
def assay_page(result: AssayResult) -> Page:
    """The report of one assay."""
    sections = [
        Section("How the texts score", _scores(result)),
        Section("Flagged texts", flagged(result)),
        *([Section("Groups", _groups(result))] if result.groups else []),
        *(
            [Section("Adapted to this task", adapted(result.adaptation))]
            if result.adaptation
            else []
        ),
        Section("Checks", _checks(result.diagnostics)),
        Section("How the share was estimated", _method(result)),
        Section("What was read", _read(result)),
        Section("Doing it again", _again(result)),
    ]
    return Page(
        title="How much of this text did machines write?",
        lead=lead(result),
        bar=bar(result),
        alerts=alerts(result),
        facts=facts(result),
        sections=sections,
        footer=_footer(result),
    )


def _scores(result: AssayResult) -> list[Block | str]:
    human = result.references.human
    histogram = _coarser(result.histogram, human)
    # Human texts of another kind do not say where people's bars would end.
    has_human = bool(np.any(histogram.human)) and not result.compared_in_vain
    # An upper bound says what could be there, not which texts it would be.
    has_machine = bool(np.any(histogram.machine)) and not result.upper_bound_only
    words = (
        "The further right, the more like machines. Each grey bar counts the texts of this "
        "collection whose score falls there."
    )
    if has_human:
        words += " The line is where the bars would end if people had written every text."
    if has_machine:
        words += " The orange part is what the estimate holds to be machine-written."
    chart = HistogramPair(
        title="This collection against texts that people wrote" if has_human else "The scores",
        description=words,
        edges=histogram.edges,
        sample=histogram.corpus,
        reference=histogram.human if has_human else None,
        shaded=histogram.machine if has_machine else None,
        x=Axis("detector score, higher = more machine-like"),
        names=(
            f"this collection (n = {count(result.documents.evidence)})",
            f"people (n = {count(human)})",
            "held to be machine-written",
        ),
    )
    return [chart]


def _coarser(histogram: Histogram, human: int) -> Histogram:
    """Neighbouring bins joined until a small human reference no longer looks like noise."""
    edges, *heights = histogram
    bins = len(edges) - 1
    if not human or bins % 2 or bins <= 2.5 * human**0.5:
        return histogram
    joined = (np.reshape(part, (-1, 2)).sum(axis=1) for part in heights)
    return _coarser(type(histogram)(edges[::2], *joined), human)


def _groups(result: AssayResult) -> list[Block | str]:
    share, groups = result.share, sorted(result.groups, key=lambda one: natural(one.name))
    whole = Stretch(
        "all", share.low, share.point, share.high, result.documents.evidence, result.at_least
    )
    chart = Forest(
        title="Share of machine text by group",
        description=(
            "Each line is the range for one group, the dot its best estimate, the tick its “at "
            "least” figure; behind a name stands the number of its texts. The first line and the "
            "pale strip are all texts together. Groups whose lines overlap cannot be told apart "
            "with certainty."
        ),
        rows=[
            Stretch(one.name, one.share.low, one.share.point, one.share.high, one.n, one.at_least)
            for one in groups
        ],
        x=Axis("machine-written", percent=True, low=0.0),
        overall=whole,
        table=_group_table(groups),
    )
    if max(one.share.low for one in groups) > min(one.share.high for one in groups):
        return [chart, result.groups_method]
    return [
        f"None of the {counted(len(groups), 'group')} can be told apart from another: every two of "
        "their ranges overlap.",
        Details("The ranges of the groups", [chart]),
        result.groups_method,
    ]


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts names as people do, A2 before A10.

    >>> sorted(["A10", "A2", "a1"], key=natural)
    ['a1', 'A2', 'A10']
    """
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts]


def _group_table(groups: Sequence[GroupShare]) -> Table:
    columns = [
        Column("group"),
        Column("texts", "count"),
        Column("flagged", "count"),
        Column("machine-written", "percent", "best estimate"),
        Column("interval", "share"),
        Column("at least", "bound"),
    ]
    rows = [
        [one.name, one.n, one.flagged, one.share.point, _ends(one), one.at_least] for one in groups
    ]
    return Table(columns, rows)


def _ends(group: GroupShare) -> tuple[float, float]:
    return group.share.low, group.share.high


def _checks(diagnostics: Sequence[Diagnostic]) -> list[Block | str]:
    calm = [one for one in diagnostics if one.severity == "ok"]
    warnings = sum(one.severity == "warning" for one in diagnostics)
    blocks: list[Block | str] = [
        *([f"{counted(warnings, 'warning')}: see the top of this page."] if warnings else []),
        *(
            Callout("note", one.name, f"{one.finding} {one.consequence}")
            for one in diagnostics
            if one.severity == "note"
        ),
    ]
    if calm:
        rows = [[one.name, one.finding, one.consequence] for one in calm]
        table = Table([Column("check"), Column("found"), Column("so")], rows)
        said = f"{counted(len(calm), 'check')} found nothing to worry about"
        blocks.append(Details(said, [table]))
    return blocks or ["No check applies to what was given."]


_HOW = {
    "anchored": (
        "Every text gets a score from the detector. Scores differ from one kind of text to "
        "another, so a score is read by its rank among the human texts that were given. What "
        "machine text looks like on that scale was measured on many kinds of text and programs "
        "that the detector had never seen; the share is the mixture of human and machine ranks "
        "that fits this collection. The interval includes the chance of the draw of texts, that "
        "of the human texts, and not knowing which program it was."
    ),
    "audited": (
        "The share among the checked texts is right on average whatever the detector does; the "
        "scores of all other texts make it more precise, as far as they agree with the checks "
        "(prediction-powered inference). A bad detector widens the interval, it does not bend it."
    ),
    "cluster-random": (
        "The detector was tried on many kinds of text and programs that it had never seen. The "
        "interval goes up to the shares that fit this collection if it is one more such kind, "
        "drawn at random. It begins at 0: nothing here tells people of an unknown kind from "
        "machines."
    ),
}


def _method(result: AssayResult) -> list[Block | str]:
    if result.withheld is not None:
        return [
            f"No share is given: {result.withheld.reason}. What to bring stands at the top of this "
            "page."
        ]
    parts: list[Block | str] = [_HOW[one] for one in result.method.split("+") if one in _HOW]
    if result.references.human and not result.compared_in_vain:
        parts.append(
            "The “at least” figure uses the human texts alone: it is the share that remains after "
            "allowing people as many high scores as those texts and chance permit."
        )
    parts.append(
        f"An interval at {percent(result.share.level)} is made so that, over many collections, "
        f"{percent(result.share.level)} of such intervals hold the true share. This needs:"
    )
    parts.append(Bullets(result.assumptions))
    return parts


def _read(result: AssayResult) -> list[Block | str]:
    documents, references = result.documents, result.references
    pairs = [("texts", count(documents.n))]
    if documents.population is not None:
        pairs.append(("drawn at random from", count(documents.population)))
    pairs.append(("distinct texts in the estimate", count(documents.evidence)))
    pairs.append(("exact repeats", count(documents.duplicates)))
    nearly = documents.near_duplicates - documents.duplicates
    if nearly > 0:
        pairs.append(("near repeats", count(nearly)))
    if documents.copied:
        pairs.append(("copied from the source, set apart", count(documents.copied)))
    pairs.append(("rows that could not be used", count(documents.unusable)))
    pairs += [(f"– {why}", count(n)) for why, n in sorted(documents.unusable_reasons.items())]
    pairs.append(("human texts", count(references.human)))
    pairs += [(f"machine texts: {name}", count(n)) for name, n in references.machine.items()]
    pairs.append(("checked texts", count(references.labels)))
    return [Facts(pairs), *_as_read(documents)]


def _as_read(documents: Documents) -> list[Block | str]:
    """Lengths, languages, unusable rows, and three texts as they were scored."""
    read = documents.read
    if read is None or not read.characters:
        return []
    smallest, _, middle, _, largest = map(count, read.characters)
    pairs = [("characters", f"median {middle}, {smallest} to {largest}")]
    if read.languages:
        told = [f"{named(code)} {percent(part)}" for code, part in list(read.languages.items())[:4]]
        pairs.append(("languages", ", ".join(told)))
    if read.unusable:
        rows = [[one.file, one.row or None, one.reason] for one in read.unusable]
        columns = [Column("file"), Column("row", "count"), Column("why")]
        unused: list[Block | str] = [
            Details("The first rows that could not be used", [Table(columns, rows)])
        ]
    else:
        unused = []
    shown = [[_place(one), one.text] for one in read.sample]
    return [
        Facts(pairs),
        *unused,
        Table([Column("where"), Column("begins")], shown, caption="Some texts as they were scored"),
    ]


def _place(one: Sampled) -> str:
    return f"{one.file}, row {one.row}" if one.file and one.row else one.file or "–"


def _again(result: AssayResult) -> list[Block | str]:
    known = result.reproducibility
    hashes = [(f"hash of {name}", value) for name, value in known.hashes.items()]
    pairs = [
        ("wellhead", known.version),
        ("seed", str(known.seed)),
        ("detector", f"{known.scorer}, revision {known.revision}"),
        *hashes,
    ]
    return [Code(known.command), Facts(pairs)]


def _footer(result: AssayResult) -> str:
    known = result.reproducibility
    detector = f"{known.scorer}@{known.revision}"
    return f"wellhead {known.version} · {known.command} · seed {known.seed} · {detector}"
