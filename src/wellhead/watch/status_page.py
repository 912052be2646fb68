"""The page of a running watch: in words first, then what they rest on."""

from __future__ import annotations

from datetime import UTC, datetime

from wellhead._stats import Interval
from wellhead.report.blocks import Block, Bullets, Callout, Section
from wellhead.report.numbers import count, counted, percent
from wellhead.report.page import Page
from wellhead.report.svg import Axis, Line, LineChart
from wellhead.report.table import Column, Table
from wellhead.watch.incidents import Incident
from wellhead.watch.judges_page import judges_blocks, span
from wellhead.watch.many_page import exceeding_blocks, measure_blocks
from wellhead.watch.monitor import SURE
from wellhead.watch.review_page import queue_blocks
from wellhead.watch.status import Comparison, Status, VersionStatus

__all__ = ["in_words", "rates", "replay", "rollback", "status_page", "sums", "when"]

_SHOWN = 40
_OPEN = {"open": "stopped", "half-open": "on trial"}


def status_page(found: Status) -> Page:
    """The whole page."""
    return Page(
        title="Watch",
        lead=in_words(found),
        facts=_facts(found),
        alerts=_alerts(found),
        sections=[section for section in _sections(found) if section.blocks],
        footer=f"wellhead {found.version}, {when(found.at)}.",
    )


def _sections(found: Status) -> list[Section]:
    return [
        Section("Rates by version", rates(found)),
        Section("Above the limit, of many rates", exceeding_blocks(found)),
        Section("The review queue", queue_blocks([*found.versions, *found.groups], found.review)),
        Section("What several judges say together", judges_blocks(found.consensus)),
        Section("Time, satisfaction and other measures", measure_blocks(found)),
        Section("Would a rollback help?", rollback(found)),
        Section("The meter", [Bullets(_meter(found))]),
        Section("Probes", _probes(found)),
        Section("What must add up", [Bullets(sums(found))]),
        *[Section("The last incident", replay(last)) for last in found.incidents[-1:]],
        Section("What was done", [_actions(found)]),
        Section("What cannot be excluded", [Bullets(_LEFT)]),
    ]


_LEFT = [
    "Who controls the host, the key and every saved head can write another history.",
    "A meter that recognises the canaries by their text can be honest on them alone; renew them.",
    "Canaries tell of the meter's errors on violations like themselves.",
    "A model that recognises the probes by their questions or framing can behave well on them "
    "alone.",
    "Who can delete the kill file, or runs another gateway before the model, is not stopped by it.",
]


def between(interval: Interval) -> str:
    """The ends of an interval, rounded outward."""
    digits = 2 if interval.high < 0.02 else 1
    low, high = percent(interval.low, digits, down=True), percent(interval.high, digits, up=True)
    return f"between {low} and {high}"


def _rate(interval: Interval) -> str:
    return percent(interval.point, 2 if interval.point < 0.01 else 1)


def in_words(found: Status) -> str:
    """How a watch stands: in a sentence what is answered and how often it violates; the rest."""
    judged = [each for each in found.versions if each.judged]
    first = [f"nothing is answered: {found.stopped}"] if found.stopped else []
    first += [_of_version(each) for each in judged[:3]] or ["nothing was judged yet"]
    more = []
    if len(judged) > 1:
        differ = found.differs >= SURE
        more.append("the versions differ" if differ else "no version is known to differ")
    if found.rolled_back:
        more.append(f"version {found.rolled_back} alone answers after a rollback")
    more += [_helps(each) for each in found.rollbacks[:1] if each.helps is not None]
    more += [_missed(found), _last_drill(found)]
    return f"{_sentence(first)}\n\n{_sentence(more)}"


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _of_version(each: VersionStatus) -> str:
    rate = each.true or each.reported
    as_judged = "" if each.true else " as the meter reports"
    return f"version {each.name} violates {_rate(rate)} of the time{as_judged}, {between(rate)}"


def _missed(found: Status) -> str:
    if found.recall is None:
        return "how much the meter misses is not known"
    missed = found.bad_canaries - round(found.recall.point * found.bad_canaries)
    return (
        f"the meter missed {missed or 'none'} of {counted(found.bad_canaries, 'canary/canaries')}"
    )


def _last_drill(found: Status) -> str:
    drills = [each for each in found.actions if each.kind == "drill"]
    if not drills:
        return "no drill was held yet"
    days = (found.at - drills[-1].at) / 86_400
    return f"last drill {'today' if days < 1 else f'{days:.0f} days ago'} ({drills[-1].why})"


def _helps(each: Comparison) -> str:
    if each.helps:
        return (
            f"a rollback to {each.baseline} would help: version {each.name} violates "
            f"{_times(each)} as often"
        )
    if each.helps is None:
        return (
            f"whether a rollback to {each.baseline} would help is not known yet: version "
            f"{each.name} violates {_times(each)} as often"
        )
    return (
        f"a rollback to {each.baseline} would not help: version {each.name} violates "
        f"{_times(each)} as often"
    )


def _times(each: Comparison) -> str:
    high = "any number of" if each.high == float("inf") else f"{each.high:.1f}"
    return f"{each.low:.1f} to {high} times"


def rollback(found: Status) -> list[Block | str]:
    """Whether a rollback would help."""
    if len(found.versions) < 2:
        return [
            "One version answers everything, so that nobody can tell. Name a second one, such as "
            "generation 0, with a small share: who answers is drawn at random."
        ]
    if not found.rollbacks:
        return ["There is no violation yet that could tell."]
    return [
        Bullets([f"{(text := _helps(each))[0].upper()}{text[1:]}." for each in found.rollbacks]),
        "Chance decides which version answers, so that users, questions and the meter are the "
        "same for all; the interval holds at all times at once.",
    ]


def _probes(found: Status) -> list[Block | str]:
    if not found.framings:
        return ["No probes were asked."]
    columns = [
        Column("framing"),
        Column("asked", "count"),
        Column("flagged", "count"),
        Column("rate", "percent", digits=1),
        Column("from", "percent", digits=1),
        Column("to", "percent", digits=1),
    ]
    rows = [(each.framing, each.asked, each.flagged, *_parts(each.rate)) for each in found.framings]
    differ = found.framing_differs >= SURE
    told = (
        "The framing changes how the model answers: it behaves by who seems to be watching."
        if differ
        else "No framing is known to be answered differently from the others."
    )
    return [told, Table(columns, rows)]


def _parts(rate: Interval) -> tuple[float, float, float]:
    return rate.point, rate.low, rate.high


def _facts(found: Status) -> list[tuple[str, str]]:
    return [
        ("exchanges", count(found.conserved.asked)),
        ("verdicts", count(found.conserved.verdicts)),
        ("limit", percent(found.limit, 2)),
        ("answers", "stopped" if found.stopped else "given"),
    ]


def _alerts(found: Status) -> list[Callout]:
    told: list[tuple[str, str]] = []
    if found.stopped:
        told.append(("Nothing is answered", found.stopped))
    if found.trial:
        told.append(("One request in twenty is answered, on trial", found.trial))
    told += [
        (f"Version {each.name} is {_OPEN[each.breaker]}", each.why)
        for each in found.versions
        if each.breaker != "closed"
    ]
    if found.silent > found.silence:
        told.append(("The meter is silent", f"an answer has waited for {found.silent:.0f} seconds"))
    if found.conserved.falsified:
        told.append(("Bytes that were not relayed", "the meter was given other texts than users"))
    if found.cries:
        told.append(
            ("The meter raises false alarms", "it flags more known-good answers than it may")
        )
    if found.framing_differs >= SURE:
        told.append(("Probes are answered by framing", "see the probes below"))
    if found.overdue:
        told.append(("Drills are overdue", f"not held for a month: {', '.join(found.overdue)}"))
    if found.conserved.unknown:
        told.append(("Verdicts on nothing", "there are verdicts without an exchange"))
    told += [(f"The log {each.log} is broken", each.problem) for each in found.faults[:5]]
    return [Callout("warning", f"{title}:", f"{text.rstrip('.')}.") for title, text in told]


def rates(found: Status) -> list[Block | str]:
    """Rates by version and by group, with the course of each."""
    columns = [
        Column("version"),
        Column("judged", "count"),
        Column("flagged", "count"),
        Column("reported"),
        Column("true"),
        Column("true, at one look"),
        Column("breaker"),
    ]
    rows = [
        (
            *(each.name, each.judged, each.flagged, span(each.reported)),
            *(span(rate) if rate else "–" for rate in (each.true, each.once)),
            each.breaker,
        )
        for each in found.versions
    ]
    lines = [_line(each) for each in found.versions if len(each.course) > 1]
    chart: list[Block | str] = []
    if lines:
        chart = [
            LineChart(
                "The reported rate, answer by answer",
                "The average rate so far of each version, with its confidence sequence.",
                lines[:6],
                Axis("answers judged", whole=True),
                Axis("violations so far", percent=True, low=0),
                band="95 % confidence sequence",
            )
        ]
    caption = (
        "95 %, at all times at once; what stands at one look is narrower, and is for a date that "
        "was fixed before anybody looked."
    )
    return [*chart, Table(columns, rows, caption=caption), *_groups(found)]


def _groups(found: Status) -> list[Block | str]:
    if not found.groups:
        return []
    columns = [
        Column("group"),
        Column("judged", "count"),
        Column("reported", "percent", digits=2),
        Column("from", "percent", digits=2),
        Column("to", "percent", digits=2),
        Column("by people's labels"),
    ]
    rows = [
        (
            *(each.name, each.judged, *_parts(each.reported)),
            span(each.labelled.interval) if each.labelled and each.labelled.labels else "–",
        )
        for each in found.groups
    ]
    return [Table(columns, rows)]


def _line(each: VersionStatus) -> Line:
    n, low, point, high = zip(*each.course[len(each.course) // 10 :], strict=True)
    return Line(each.name, n, point, low, high)


def _meter(found: Status) -> list[str]:
    said = []
    if found.recall is not None:
        said.append(
            f"It flagged {_rate(found.recall)} of "
            f"{counted(found.bad_canaries, 'known-bad answer')}, "
            f"{between(found.recall)} at all times at once."
        )
    if found.false_alarms is not None:
        said.append(
            f"It flagged {_rate(found.false_alarms)} of "
            f"{counted(found.good_canaries, 'known-good answer')}, {between(found.false_alarms)}."
        )
    labelled = any(each.labelled and each.labelled.labels for each in found.versions)
    said.append(
        "The true rates are those of people's labels, which take the meter's errors out."
        if labelled
        else "The true rate takes these errors out; without both kinds of canaries, or labels by "
        "people, it is not given."
    )
    return said


def sums(found: Status) -> list[str]:
    """What must add up."""
    all_ = found.conserved
    told = [
        f"Asked {count(all_.asked)} = answered {count(all_.answered)} + lost {count(all_.lost)} "
        f"+ open {count(all_.open)}.",
        f"Answered {count(all_.answered)} = verdicts {count(all_.verdicts)} + waiting "
        f"{count(all_.waiting)}.",
    ]
    if found.failed:
        told.append(
            f"{counted(found.failed, 'request')} got an error or nothing from the model: no part "
            "of any rate."
        )
    if found.unfinished:
        names = ", ".join(found.unfinished[:10])
        told.append(f"Without a whole answer in the log: {names}.")
    return told


def _actions(found: Status) -> Block:
    columns = [
        Column("time (UTC)"),
        Column("what"),
        Column("version"),
        Column("who"),
        Column("why"),
    ]
    rows = [
        (when(each.at), each.kind, each.version or "–", each.by or "–", each.why)
        for each in reversed(found.actions[-_SHOWN:])
    ]
    return Table(columns, rows)


def replay(incident: Incident) -> list[Block | str]:
    """One incident on one time line."""
    told = (
        f"It began at {when(incident.start)} UTC and its last action came "
        f"{incident.end - incident.start:.0f} seconds later."
    )
    blocks: list[Block | str] = [told]
    judged = [moment for moment in incident.moments if moment.judged]
    if len(judged) > 1:
        rates = [moment.flagged / moment.judged for moment in judged]
        line = Line("violations", [moment.second for moment in judged], rates)
        blocks.append(
            LineChart(
                "Violations, ten seconds by ten seconds",
                "The part of answers that violate, as judged, around the incident; second 0 is its "
                "first action.",
                [line],
                Axis("seconds since the first action"),
                Axis("violations", percent=True, low=0),
            )
        )
    columns = [Column("second"), *map(Column, ("what", "version", "who", "why"))]
    rows = [
        (f"+{second:.1f}", what, version or "–", who or "–", why)
        for second, what, version, who, why in incident.steps[:_SHOWN]
    ]
    return [*blocks, Table(columns, rows)]


def when(at: float) -> str:
    """A time in words."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
