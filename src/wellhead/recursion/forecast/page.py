"""The page of a forecast: the answer in words, the two curves, the remedies, the limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wellhead._result import render
from wellhead.recursion.forecast.course import FirstBeyond
from wellhead.recursion.forecast.models import MODELS
from wellhead.recursion.forecast.prices_page import prices_section
from wellhead.recursion.forecast.result import Caveat, Forecast
from wellhead.recursion.forecast.scaling_page import scaling_section
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.verifier_page import verifier_section
from wellhead.report import Bullets, Callout, Column, Page, Section, Table
from wellhead.report.numbers import count, number, percent
from wellhead.report.svg import Axis, Line, LineChart

if TYPE_CHECKING:
    from wellhead.recursion.forecast.vocabulary import Vocabulary

__all__ = ["page_of"]

_REGIMES = {
    "replace": "every generation is trained only on the last one's output",
    "growing": "every generation is trained on ever more of the last one's output",
    "fresh-real": "every generation is trained on new real text and the last one's output",
    "changing-share": "every generation is trained on new real text, in a share that changes, and "
    "the last one's output",
    "fixed-original": "the same original text is part of every generation's training data",
    "accumulate": "every generation is trained on everything so far",
    "accumulate-subsample": "every generation is trained on a fixed number drawn from everything",
    "golden-ratio": "new real text and as much output are weighted 0.62 to 0.38",
    "shared-web": "several models are trained on each other's output, and on new real text where "
    "there is any; inflation is that of each, words are those left in any of them",
    "synthetic-added": "output of the last generation is added to all of the original text",
}


@render.register
def page_of(forecast: Forecast) -> Page:
    """The whole page."""
    return Page(
        title="What recursive training would do",
        lead=f"{_first(forecast)}\n\n{_terms(forecast)}",
        facts=_facts(forecast),
        sections=[section for section in _sections(forecast) if section.blocks],
        footer=f"wellhead {forecast.version}; {_origin(forecast)}. "
        "Derivations: docs/theory.md, method: docs/forecast.md.",
    )


def _calibrated(forecast: Forecast) -> bool:
    return forecast.vocabulary is not None and forecast.vocabulary.effective.how == "calibrated"


def _origin(forecast: Forecast) -> str:
    if _calibrated(forecast):
        return "closed forms, with effective draws from a seeded run of the n-gram laboratory"
    return "closed forms, no randomness"


def _first(forecast: Forecast) -> str:
    last = forecast.inflation.last
    said = (
        f"After {_generations(forecast.generations)} the error of estimates is "
        f"{_with_span(last)} times that of one round on real data"
    )
    if forecast.vocabulary is None:
        return f"{said}."
    left = forecast.vocabulary.generations[-1].words
    return f"{said}; {_with_span(left, share=True)} of the distinct words are left."


def _terms(forecast: Forecast) -> str:
    """What the numbers are for, and what stands in parentheses."""
    told = (
        f"This is for the regime {forecast.regime}: {_REGIMES[forecast.regime]}. The inflation of "
        "error holds for regular estimators only; for language models it is orientation. Numbers "
        "are means over repetitions of the whole course."
    )
    last = forecast.inflation.last
    words = forecast.vocabulary and forecast.vocabulary.generations[-1].words
    shown = last if not last.sure else words
    if shown is None or shown.sure:
        return told
    return f"{told} In parentheses: the {_band(shown)}."


def _facts(forecast: Forecast) -> list[tuple[str, str]]:
    limit = forecast.inflation.limit
    facts = [
        (f"inflation at generation {forecast.generations}", _with_span(forecast.inflation.last)),
        ("inflation in the long run", _with_span(limit)),
    ]
    if forecast.first_beyond is not None:
        limit_told = number(forecast.max_inflation)
        facts.append((f"first beyond {limit_told}", _first_beyond(forecast.first_beyond)))
    if forecast.real_share is not None:
        when = f" in training set {forecast.generations}" if forecast.schedule else ""
        facts.append((f"real text{when}", _with_span(forecast.real_share, share=True)))
    if forecast.detector is not None and forecast.effective_share is not None:
        facts.append(("real text after the detector", _with_span(forecast.effective_share, True)))
    if forecast.vocabulary is not None:
        left = forecast.vocabulary.generations[-1]
        facts.append(("distinct words left", _with_span(left.words, share=True)))
        facts.append(("text they made up", _with_span(left.text, share=True)))
    return facts


def _first_beyond(found: FirstBeyond) -> str:
    earliest, point, latest = found.labels
    if earliest == latest:
        return point
    return f"{point} ({earliest} to {latest})"


def _schedule(forecast: Forecast) -> Table:
    columns = [
        Column("training set"),
        Column("real text", "percent"),
        Column("interval", "share"),
        Column("size", "number", "× the first"),
    ]
    rows = [
        [row.label or str(row.number), row.real_share.point, _ends_of(row.real_share), row.size]
        for row in forecast.schedule
    ]
    return Table(
        columns,
        rows,
        caption="The model of generation n learns from training set n - 1; set 0 is real text",
        cap=50,
    )


def _ends_of(interval: Range) -> tuple[float, float] | None:
    return None if interval.sure else (interval.low, interval.high)


def _sections(forecast: Forecast) -> list[Section]:
    sections = [Section("Inflation of error", [_inflation(forecast)])]
    if forecast.schedule:
        sections.append(Section("The mix by training set", [_schedule(forecast)]))
    if forecast.remedies:
        sections.append(_remedies(forecast))
    if forecast.cheapest_mix is not None:
        sections.append(prices_section(forecast.cheapest_mix, number(forecast.max_inflation)))
    if forecast.verifier is not None:
        sections.append(verifier_section(forecast.verifier))
    if forecast.vocabulary is not None:
        sections.append(Section("The vocabulary", _words(forecast.vocabulary)))
    if forecast.scaling is not None:
        sections.append(scaling_section(forecast.scaling, forecast.generations))
    if forecast.models:
        sections.append(Section("The same with other models", [_models(forecast)]))
    sections.append(Section("The same under other regimes", [_others(forecast)]))
    sections.append(Section("How far to trust this", [_callout(c) for c in forecast.caveats]))
    return sections


def _remedies(forecast: Forecast) -> Section:
    limit, last = forecast.max_inflation, forecast.inflation.last
    verdict = "is exceeded" if forecast.exceeds else "may hold"
    if limit is not None and last.high <= limit:
        verdict = "holds"
    told = f"The limit of {number(limit)} {verdict}: inflation is {_with_span(last)}."
    sentences = [remedy.sentence for remedy in forecast.remedies]
    return Section(f"What would keep it below {number(limit)}", [told, Bullets(sentences)])


def _inflation(forecast: Forecast) -> LineChart:
    rows = forecast.inflation.generations
    low, point, high = ([getattr(row.inflation, end) for row in rows] for end in _ENDS)
    banded = any(a != b for a, b in zip(low, high, strict=True))
    line = Line(
        forecast.regime,
        [row.generation for row in rows],
        point,
        low=low if banded else None,
        high=high if banded else None,
        accent=True,
    )
    return LineChart(
        "Inflation of error by generation",
        "Mean excess error as a multiple of one round on real data; it ends at "
        f"{number(point[-1])}.",
        [line],
        Axis("generation", whole=True),
        Axis("error / error of one round", low=0),
        band=_band(forecast.inflation.last),
    )


def _others(forecast: Forecast) -> Table:
    known = any(other.words is not None for other in forecast.regimes)
    columns = [
        Column("regime"),
        Column("inflation", "number"),
        Column("in the long run", "text"),
        *[Column("distinct words left", "percent")] * known,
    ]
    rows = [
        [
            other.regime,
            other.inflation.point,
            _number(other.limit.point),
            *[None if other.words is None else other.words.point] * known,
        ]
        for other in forecast.regimes
    ]
    at = f"At generation {forecast.generations}"
    if forecast.effective_share is None:
        return Table(columns, rows, caption=f"{at}; regimes that mix in real text need its share")
    share = _with_span(forecast.effective_share, share=True)
    return Table(columns, rows, caption=f"{at}, with {share} real text where a regime mixes it in")


def _models(forecast: Forecast) -> Table:
    columns = [
        Column("class of models"),
        Column("what belongs to it"),
        Column("distinct words left", "share"),
    ]
    rows = [[one.model, MODELS[one.model].told, one.words[:3:2]] for one in forecast.models]
    open_classes = "; without --calibrate every class has all that theory allows it"
    if _calibrated(forecast):
        open_classes = "; classes that no n-gram model stands for have all that theory allows them"
    return Table(
        columns,
        rows,
        caption=f"At generation {forecast.generations}{open_classes}",
    )


_ENDS = ("low", "point", "high")


def _words(vocabulary: Vocabulary) -> list[LineChart | Table | str]:
    last = vocabulary.generations[-1].generation
    effective = vocabulary.effective
    told = (
        f"{vocabulary.name}: {count(vocabulary.tokens)} words of text, {count(vocabulary.types)} "
        f"distinct (rule: {vocabulary.rule}), {percent(vocabulary.seen_once)} of them seen once. "
        f"{_worth(effective.ratio)} ({effective.how})."
    )
    bins = Table(
        [
            Column("occurrences in the corpus"),
            Column("distinct words", "count"),
            Column("share of the text", "percent"),
            Column(f"left at generation {last}", "percent"),
            Column("interval", "share"),
        ],
        [
            [row.counts, row.words, row.text, row.surviving.point, row.surviving[:3:2]]
            for row in vocabulary.bins
        ],
        caption="Rare words go first",
    )
    return [told, _survival(vocabulary), bins]


def _worth(ratio: Range) -> str:
    """How many independent draws a generation counts as, for each word of the corpus."""
    if ratio.sure:
        worth = number(ratio.point)
    elif math.isfinite(ratio.high):
        worth = f"{number(ratio.low)} to {number(ratio.high)}"
    elif ratio.low > 0:
        worth = f"{number(ratio.low)} or more"
    else:
        return "How much of its training text one generation carries on is left open"
    return f"One generation counts as {worth} independent draws for each word of the corpus"


def _survival(vocabulary: Vocabulary) -> LineChart:
    rows = vocabulary.generations
    times = [row.generation for row in rows]
    lines = []
    for name, accent in (("words", True), ("text", False)):
        low, point, high = ([getattr(getattr(row, name), end) for row in rows] for end in _ENDS)
        title = "distinct words" if name == "words" else "text they made up"
        lines.append(Line(title, times, point, low=low, high=high, accent=accent))
    return LineChart(
        "Words that are still in the training set",
        f"Of the corpus's distinct words {percent(rows[-1].words.point)} are left at the end, in "
        "the mean.",
        lines,
        Axis("generation", whole=True),
        Axis("share of the corpus", percent=True, low=0, high=1),
        n=f"n = {count(vocabulary.types)} distinct words",
        band=_band(rows[-1].words),
    )


def _callout(caveat: Caveat) -> Callout:
    severity = "warning" if caveat.severity == "warning" else "note"
    return Callout(severity, caveat.finding, caveat.consequence)  # type: ignore[arg-type]


def _band(interval: Range) -> str:
    return f"{percent(interval.level)} interval" if interval.level else "range given"


def _generations(n: int) -> str:
    return "1 generation" if n == 1 else f"{count(n)} generations"


def _with_span(interval: Range, share: bool = False) -> str:
    point = percent(interval.point) if share else _number(interval.point)
    return f"{point}{_span(interval, share=share)}"


def _span(interval: Range, *, share: bool = False) -> str:
    if interval.sure:
        return ""
    if share:  # outwards, as in the tables
        low, high = percent(interval.low, down=True), percent(interval.high, up=True)
    else:
        low, high = _number(interval.low), _number(interval.high)
    return f" ({low} to {high})"


def _number(value: float) -> str:
    return "without bound" if math.isinf(value) else number(value)
