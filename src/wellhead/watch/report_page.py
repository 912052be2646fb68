"""The report on a period, as one page that needs nothing but itself."""

from __future__ import annotations

from wellhead.report.blocks import Block, Bullets, Callout, Section
from wellhead.report.numbers import count, counted
from wellhead.report.page import Page
from wellhead.report.table import Column, Table
from wellhead.watch.judges_page import judges_blocks
from wellhead.watch.many_page import exceeding_blocks, measure_blocks
from wellhead.watch.report import WatchReport
from wellhead.watch.review_page import queue_blocks
from wellhead.watch.status_page import rates, replay, rollback, sums, when

__all__ = ["report_page"]


def report_page(found: WatchReport) -> Page:
    """The whole page."""
    period = f"From {when(found.since)} to {when(found.until)} UTC"
    judged = sum(each.judged for each in found.status.versions)
    failed = [each for each in found.drills if not each.passed]
    versions = counted(len(found.status.versions), "version")
    lead = (
        f"{period}, {counted(judged, 'answer')} of {versions} "
        f"were judged; there were {counted(len(found.incidents), 'incident')} and "
        f"{counted(len(found.drills), 'drill')}, "
        f"{'all passed' if not failed else f'{len(failed)} failed'}."
    )
    labelled = queue_blocks([*found.status.versions, *found.status.groups], found.status.review)
    sections = [
        Section("Rates", rates(found.status)),
        Section("Above the limit, of many rates", exceeding_blocks(found.status)),
        Section("What people's labels say", labelled),
        Section("What several judges say together", judges_blocks(found.status.consensus)),
        Section("Time, satisfaction and other measures", measure_blocks(found.status)),
        Section("Would a rollback have helped?", rollback(found.status)),
        *[
            Section(f"Incident {number}", replay(incident))
            for number, incident in enumerate(found.incidents[-12:], 1)
        ],
        Section("Drills", _drills(found)),
        Section("What must add up, over the whole log", [Bullets(sums(found.status))]),
        Section("Proofs", [Bullets(_proofs(found))]),
    ]
    return Page(
        title="Report of a watch",
        lead=lead,
        facts=[
            ("answers judged", count(judged)),
            ("incidents", count(len(found.incidents))),
            ("drills", count(len(found.drills))),
            ("signed heads", count(found.heads)),
        ],
        alerts=[
            Callout("warning", f"The log {each.log} is broken", f"line {each.line}: {each.problem}")
            for each in found.faults[:10]
        ],
        sections=[section for section in sections if section.blocks],
        footer=f"wellhead {found.version}.",
    )


def _drills(found: WatchReport) -> list[Block | str]:
    if not found.drills:
        return ["No drill was held in this period."]
    columns = [
        *map(Column, ("time (UTC)", "drill", "result", "who")),
        Column("seconds", digits=2),
        Column("OWASP AISVS 1.0"),
        Column("signature"),
    ]
    rows = [
        (
            *(each.at or "–", each.drill, "passed" if each.passed else "FAILED", each.by),
            *(each.seconds, ", ".join(each.answers_to) or "–"),
            "holds" if each.signed else "DOES NOT HOLD",
        )
        for each in found.drills
    ]
    return [Table(columns, rows)]


def _proofs(found: WatchReport) -> list[str]:
    whole = "whole" if not found.faults else f"broken in {counted(len(found.faults), 'place')}"
    return [
        f"The logs are {whole}; they were held against {counted(found.heads, 'signed head')}.",
        f"Heads and drills are signed with the Ed25519 key {found.key}.",
        "Who controls the host, the key and every saved head can write another history; heads that "
        "were kept elsewhere exclude it (wellhead watch verify --head).",
    ]
