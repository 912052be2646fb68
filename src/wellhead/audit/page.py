"""The report of an audit: the labels, the agreement, and what they are worth."""

from __future__ import annotations

from wellhead._result import render
from wellhead.audit.folder import GROUND_TRUTH
from wellhead.audit.result import AuditResult
from wellhead.report.blocks import Callout, Code, Section
from wellhead.report.numbers import count, counted, number
from wellhead.report.page import Page
from wellhead.report.table import Column, Table

__all__ = ["audit_page"]

_UNSURE = 0.1
_WAYS = {
    "random": "at random",
    "stratified": "at random, each group in proportion",
    "active": "at random, more often where the detector is in doubt",
}
_USE = "wellhead assay CORPUS --human HUMAN --labels labels.jsonl --labels-drawn random"


@render.register
def audit_page(result: AuditResult) -> Page:
    """What an audit found."""
    design = result.design
    done = len(result.labels) + result.unsure
    return Page(
        title="An audit by people",
        lead=(
            f"{counted(done, 'document')} of {count(design.n)} were looked at; "
            f"{count(result.machine)} of {count(len(result.labels))} labelled documents are by "
            "machines. The share of the whole collection is what an assay makes of these labels."
        ),
        alerts=_alerts(result),
        facts=[
            ("drawn from", f"{count(design.size)} distinct texts"),
            ("drawn", _WAYS[design.way]),
            ("still open", count(result.open)),
            ("cannot be told", count(result.unsure)),
        ],
        sections=[
            Section("What each rater said", [_raters(result)]),
            *([Section("Agreement", [_agreement(result)])] if result.agreement else []),
            Section("What the labels are worth", [GROUND_TRUTH]),
            Section("Use them", [Code(_USE)]),
        ],
        footer=f"{design.corpus}; seed {design.seed}",
    )


def _alerts(result: AuditResult) -> list[Callout]:
    alerts = []
    if result.open:
        alerts.append(
            Callout(
                "warning",
                f"{counted(result.open, 'document')} were not looked at",
                "Label all that were drawn: those left over are no random sample.",
            )
        )
    if result.unsure > _UNSURE * result.design.n:
        alerts.append(
            Callout(
                "warning",
                f"{counted(result.unsure, 'document')} cannot be told",
                "They are left out. If machine texts are harder to tell, the share comes out too "
                "low; if people's are, too high.",
            )
        )
    return alerts


def _raters(result: AuditResult) -> Table:
    names = ("machine", "a person", "cannot tell")
    return Table(
        columns=[Column("rater"), *(Column(name, "count") for name in names)],
        rows=[tuple(rater) for rater in result.raters],
    )


def _agreement(result: AuditResult) -> Table:
    return Table(
        columns=[
            Column("raters"),
            Column("both could tell", "count"),
            Column("same label", "count"),
            Column("kappa"),
        ],
        rows=[
            (
                f"{pair.first} and {pair.second}",
                pair.both,
                pair.same,
                None
                if pair.kappa is None
                else f"{number(pair.kappa.point)} ({number(pair.kappa.low)} to "
                f"{number(pair.kappa.high)})",
            )
            for pair in result.agreement
        ],
        caption="Kappa is agreement beyond chance: 1 always, 0 as by chance (Cohen 1960).",
    )
