"""The page of a joint result: one answer first, then why, then what could be wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wellhead._result import render
from wellhead.consensus.estimate import ALPHA
from wellhead.consensus.result import Alternative, JointResult
from wellhead.report.blocks import Bullets, Callout, Section
from wellhead.report.numbers import count, interval, number, percent
from wellhead.report.page import Page
from wellhead.report.svg.forest import Forest, Stretch
from wellhead.report.svg.frame import Axis
from wellhead.report.table import Column, Table

if TYPE_CHECKING:
    from wellhead._stats import Interval
    from wellhead.consensus.agreement import Agreement

__all__ = [
    "agreement_blocks",
    "checks",
    "facts",
    "footer",
    "forest",
    "how",
    "joined",
    "joint_page",
    "lead",
    "method_table",
    "names_of",
    "sections",
    "share_axis",
]


@render.register
def joint_page(result: JointResult) -> Page:
    """What the methods say together."""
    return Page(
        title="How much machines wrote, by several methods together",
        lead=lead(result),
        facts=facts(result),
        sections=sections(result),
        footer=footer(result),
    )


def lead(result: JointResult) -> str:
    """The answer in words that need no statistics, then what it comes from."""
    names = [method.name for method in result.methods]
    n = count(result.documents.n)
    looked = f"We looked at {n} texts in {_ways(names)}. {_agreeing(result)}"
    few, many = (_of_hundred(share) for share in result.share[::2])
    if result.model == "bounds":
        return (
            f"How many of these texts a machine wrote is not settled: anything from {few} to "
            f"{many} of every 100 fits what was seen.\n\n{looked} Each way makes mistakes, and "
            "many different truths could have led to just these answers. What would settle it is "
            "listed under the checks."
        )
    return (
        f"Machines wrote about {_of_hundred(result.share.point)} of every 100 of these texts; it "
        f"could be as few as {few} or as many as {many}.\n\n{looked} Each way makes mistakes. "
        f"Our number allows for them, {_provided(result)}"
    )


def _provided(result: JointResult) -> str:
    """What the number rests on, how far that was looked into, and what the range is worth."""
    test = result.independence
    held = f"a range like this one contains the true number about {_often(result.level)}."
    if result.dependent:
        together = names_of([_way(name) for name in result.dependent])
        return f"also where {together} go wrong on the same texts, and {held}"
    ways = "the two ways" if len(result.methods) == 2 else "these ways"
    rests = f"as long as {ways} do not tend to go wrong on the same texts."
    if result.model == "bayesian":
        return (
            f"{rests} It also rests on what was put in beforehand about how often each goes wrong; "
            "without that these texts would leave the number open."
        )
    if test is not None and test.p_value < ALPHA:
        return f"{rests} Something speaks against that here; see the checks before you use it."
    if test is None or not test.testable:
        return f"{rests} These texts cannot show whether they do. If not, {held}"
    return f"{rests} Nothing here says that they do. If not, {held}"


def _often(level: float) -> str:
    """
    >>> _often(0.95), _often(0.9), _often(0.99), _often(0.8)
    ('19 times in 20', '9 times in 10', '99 times in 100', '80 times in 100')
    """
    for times in (10, 20):
        if abs(level * times - (times - 1)) < 1e-9:
            return f"{times - 1} times in {times}"
    return f"{100 * level:.0f} times in 100"


_PLAIN = {
    "text": "reading the text",
    "process": "watching how it was written",
    "declared": "asking the writer",
    "metadata": "looking at times and settings",
    "duplicates": "looking for repeated texts",
}


def _way(name: str) -> str:
    return _PLAIN.get(name, f"using '{name}'")


def _ways(names: list[str]) -> str:
    """
    >>> _ways(["text", "process"])
    'two ways: reading the text and watching how it was written'
    """
    numbers = {2: "two", 3: "three", 4: "four"}
    each = names_of([_way(name) for name in names])
    return f"{numbers.get(len(names), str(len(names)))} ways: {each}"


def _agreeing(result: JointResult) -> str:
    pair = result.agreement[0]
    flagged, others = pair.both + pair.only_first, pair.only_second + pair.neither
    first, second = _way(pair.first), _way(pair.second)
    words = (
        f"{first[0].upper()}{first[1:]} pointed to a machine in {count(flagged)} of them; {second} "
        f"did so in {_part(pair.both, flagged)} and in {_part(pair.only_second, others, 'other')}."
    )
    if pair.silent:
        words += f" Left out here are {count(pair.silent)} texts of which one could tell nothing."
    return words


def _part(some: int, of: int, which: str = "these") -> str:
    """
    >>> _part(13, 15), _part(15, 15), _part(0, 31, "other")
    ('13 of these 15', 'all of these 15', 'none of the other 31')
    """
    words = {0: "none", of: "all"}.get(some, count(some))
    return f"{words} of {'the ' if which == 'other' else ''}{which} {count(of)}"


def facts(result: JointResult) -> list[tuple[str, str]]:
    """The few figures that matter most."""
    share = interval(result.share.low, result.share.high, share=True)
    rows = [
        ("machine-written", share),
        ("texts", count(result.documents.n)),
        *((f"flagged by {m.name}", f"{m.flagged} of {m.observed}") for m in result.methods),
    ]
    if result.bounds.low < result.share.low - 1e-9 or result.bounds.high > result.share.high + 1e-9:
        bounds = interval(result.bounds.low, result.bounds.high, share=True)
        rows.append(("whatever the unseen texts are", bounds))
    return rows


def sections(result: JointResult) -> list[Section]:
    """Everything under the lead."""
    return [
        Section("Each way of looking, and all together", [forest(result), method_table(result)]),
        Section("Where the methods agree", agreement_blocks(result.agreement)),
        *_groups(result),
        Section("Checks", checks(result)),
        Section("How it was estimated", how(result)),
    ]


def forest(result: JointResult) -> Forest:
    """The share by each method alone, by all together, and in other ways."""
    rows = [
        *(_stretch(f"{m.name} alone", m.alone, m.observed) for m in result.methods),
        *(_stretch(a.name, _told(result, a)) for a in result.alternatives),
    ]
    whole = joined(result)
    return Forest(
        title="Share written by machines",
        description="One line per way of counting; the strip is the joint estimate. What each "
        "line rests on is said in the last section.",
        rows=rows,
        x=share_axis([whole, *rows]),
        overall=whole,
    )


def joined(result: JointResult) -> Stretch:
    """The joint estimate as a line; a mere range has no dot."""
    share = result.share
    return _stretch("together", _pointless(share) if _open(result) else share, result.documents.n)


def _open(result: JointResult) -> bool:
    return result.model == "bounds"


def _told(result: JointResult, other: Alternative) -> Interval:
    """Shares by the same model are ranges where its own is; counts are not."""
    ranges = other.code == "no-priors" or (_open(result) and other.code.startswith("echo"))
    return _pointless(other.share) if ranges else other.share


def _pointless(share: Interval) -> Interval:
    return share._replace(point=float("nan"))


def share_axis(rows: Sequence[Stretch]) -> Axis:
    """From nothing to the next ten percent beyond every line, so that no line seems cut off."""
    most = max(row.high for row in rows)
    return Axis("share of texts", percent=True, low=0.0, high=min(1.0, int(10 * most + 1) / 10))


def _stretch(name: str, share: Interval, n: int | None = None) -> Stretch:
    return Stretch(name, share.low, share.point, share.high, n)


def method_table(result: JointResult) -> Table:
    """Each method with what it flags and how often it errs."""
    return Table(
        [
            Column("method"),
            Column("could observe", "count"),
            Column("flags", "count"),
            Column("sensitivity"),
            Column("specificity"),
            Column("flagged at least, at most", "share"),
        ],
        [
            [
                m.name,
                m.observed,
                m.flagged,
                _rate(m.sensitivity),
                _rate(m.specificity),
                (m.bounds.low, m.bounds.high),
            ]
            for m in result.methods
        ],
        caption="Sensitivity: of 100 machine texts, how many the method flags. Specificity: of 100 "
        "texts by people, how many it does not flag. Both are estimated, in brackets their "
        f"{percent(result.level)} interval. The last column counts the texts that the method "
        "could not observe first as written by people, then as written by machines.",
    )


def _rate(share: Interval | None) -> str:
    if share is None:
        return "unknown"
    return f"{percent(share.point)} ({interval(share.low, share.high, share=True)})"


def agreement_blocks(pairs: tuple[Agreement, ...]) -> list[Any]:
    """The cross table of each pair and what follows from it."""
    blocks: list[Any] = []
    for pair in pairs:
        blocks.append(
            Table(
                [
                    Column(""),
                    Column(f"{pair.second}: machine", "count"),
                    Column(f"{pair.second}: person", "count"),
                ],
                [
                    [f"{pair.first}: machine", pair.both, pair.only_first],
                    [f"{pair.first}: person", pair.only_second, pair.neither],
                ],
                caption=f"{pair.first} and {pair.second} on the {pair.n} texts that both observed",
            )
        )
        blocks.append(_said(pair))
    return blocks


def _said(pair: Agreement) -> str:
    share = pair.second_where_first
    words = (
        f"Of the texts that '{pair.first}' flags, '{pair.second}' flags {_rate(share)}; of the "
        f"others, {_rate(pair.second_where_not)}."
    )
    if pair.kappa is not None:
        words += (
            f" Agreement beyond chance (Cohen's kappa): {number(pair.kappa.point, 2)}, "
            f"{number(pair.kappa.low, 2)} to {number(pair.kappa.high, 2)}."
        )
    return words


def _groups(result: JointResult) -> list[Section]:
    if len(result.groups) < 2:
        return []
    rows = [[group.name, group.n, group.share] for group in result.groups]
    columns = [Column("group"), Column("texts", "count"), Column("share", "percent")]
    return [Section("Groups", [Table(columns, rows)])]


def checks(result: JointResult) -> list[Any]:
    """Warnings and notes as call-outs, what held as a list."""
    blocks: list[Any] = [
        Callout("warning" if d.severity == "warning" else "note", d.finding, d.consequence)
        for d in result.diagnostics
        if d.severity != "ok"
    ]
    held = [d.finding for d in result.diagnostics if d.severity == "ok"]
    return [*blocks, *([Bullets(held)] if held else [])]


def how(result: JointResult) -> list[Any]:
    names = {
        "hui-walter": "two methods in groups with different shares (Hui and Walter 1980)",
        "dawid-skene": "three or more methods (Dawid and Skene 1979)",
        "latent class": "a latent-class model",
        "dependent methods": "a latent-class model in which two methods may err together",
        "bayesian": "a latent-class model with the priors stated",
        "bounds": "the range of shares that the data do not exclude",
    }
    blocks: list[Any] = [
        f"Model: {names[result.model]}. Intervals are at {percent(result.level)} by profile "
        "likelihood"
        + ("; the posterior's tails where priors were used." if result.prior else ".")
        + " For the interval to hold:",
        Bullets(result.assumptions),
    ]
    if result.unchecked:
        blocks += ["These data could not check:", Bullets(result.unchecked)]
    return [*blocks, _others(result)]


def _others(result: JointResult) -> Table:
    return Table(
        [
            Column("another way"),
            Column("share", "percent"),
            Column("interval", "share"),
            Column("what it rests on"),
        ],
        [
            [a.name, _told(result, a).point, (a.share.low, a.share.high), a.note]
            for a in result.alternatives
        ],
    )


def footer(result: JointResult) -> str:
    """How to make this again."""
    made = result.reproducibility
    hashes = made.get("hashes") or {}
    files = "; ".join(f"{name} sha256 {digest[:16]}…" for name, digest in dict(hashes).items())  # type: ignore[call-overload]
    return f"wellhead {made['version']}, seed {made['seed']}. {files}"


def names_of(names: list[str]) -> str:
    """Names as a list in words.

    >>> names_of(["text", "process", "declared"])
    'text, process and declared'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _of_hundred(share: float) -> str:
    """A share as a count of a hundred texts."""
    hundredth = 100 * share
    return f"{hundredth:.1f}".removesuffix(".0") if 0 < hundredth < 9.95 else f"{hundredth:.0f}"
