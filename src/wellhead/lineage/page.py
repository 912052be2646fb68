"""What a person sees of a family and of a verification."""

from __future__ import annotations

from wellhead._result import render
from wellhead.lineage.family import Family
from wellhead.lineage.tree import Tree
from wellhead.lineage.verify import Verification
from wellhead.report.blocks import Callout, Section
from wellhead.report.numbers import count, counted, percent
from wellhead.report.page import Page
from wellhead.report.table import Column, Table

__all__ = ["family_page", "verification_page"]


@render.register
def family_page(family: Family) -> Page:
    """The tree, and every member in a table."""
    members = family.members
    lost = [each for each in members if each.lost]
    tree = Tree(members)
    return Page(
        title="Where this text comes from",
        lead=_told(family),
        facts=(
            ("bodies of text", count(len(members))),
            ("originals", count(sum(not each.parents for each in members))),
            ("deepest generation", count(max((each.generation for each in members), default=0))),
        ),
        alerts=[
            Callout("warning", f"{each.name} is lost in part", "See `wellhead lineage verify`.")
            for each in lost[:5]
        ],
        sections=[Section("Family tree", [tree] if members else ["Nothing was added yet."])],
        footer=f"store: {family.store}",
    )


def _told(family: Family) -> str:
    if not family.members:
        return "The store is empty: add an original with `wellhead lineage add`."
    used = {parent for each in family.members for parent in each.parents}
    tips = [each for each in family.members if each.id not in used]
    rows, rooted = sum(each.rows for each in tips), sum(each.rooted for each in tips)
    deepest = max(each.generation for each in family.members)
    return (
        f"{counted(len(family.members), 'body/bodies')} of text, {counted(deepest, 'generation')} "
        f"deep. Of the {counted(rows, 'row')} that nothing else was made from, {count(rooted)} "
        f"({percent(rooted / rows if rows else 0, down=True)}) have a human ancestor that can be "
        "named."
    )


@render.register
def verification_page(found: Verification) -> Page:
    """The verdict first, then every finding with what still vouches."""
    broken = [each for each in found.findings if each.severity == "broken"]
    return Page(
        title="Is everything still there?",
        lead=_verdict(found, len(broken)),
        facts=(
            ("manifests", count(found.manifests)),
            ("files hashed again", count(found.files)),
            ("originals that open", f"{count(found.originals_open)} of {count(found.originals)}"),
            ("deepest generation", count(found.depth)),
            ("rows with a human root", f"{count(found.rooted)} of {count(found.rows)}"),
            ("heads compared", _heads(found)),
        ),
        sections=[Section("What was found", [_findings(found)])] if found.findings else [],
        footer=f"store: {found.store}",
    )


def _heads(found: Verification) -> str:
    checked = sum(head.checked for head in found.heads)
    unchecked = len(found.heads) - checked
    return f"{checked} with a checked signature, {unchecked} without (give --key)"


def _verdict(found: Verification, broken: int) -> str:
    if broken:
        return f"{counted(broken, 'thing is/things are')} lost or altered. The rest holds."
    notes = len(found.findings)
    more = f" {counted(notes, 'remark')} below." if notes else ""
    return (
        f"All {counted(found.manifests, 'manifest')} and {counted(found.files, 'file')} are "
        f"as they were, down to generation 0.{more}"
    )


def _findings(found: Verification) -> Table:
    columns = [Column("kind"), Column("of"), Column("what"), Column("what still vouches")]
    return Table(
        columns,
        [
            (f"{each.severity}: {each.code}", each.name, each.says, each.vouches or "–")
            for each in found.findings
        ],
    )
