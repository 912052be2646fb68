"""Pages under test: one of each block, with text that means harm."""

from __future__ import annotations

import numpy as np

from wellhead.report import (
    Callout,
    Code,
    Column,
    Details,
    Excerpt,
    Excerpts,
    Facts,
    Page,
    Section,
    Span,
    Table,
)
from wellhead.report.svg import (
    Axis,
    Forest,
    HistogramPair,
    Line,
    LineChart,
    Panel,
    Panels,
    Stretch,
    Strip,
    Strips,
)

HOSTILE = (
    '</script></style></title><script>alert(1)</script><img src=x onerror="alert(1)">'
    "<a href='javascript:alert(1)'>x</a> [x](javascript:alert(1)) ![x](http://x.test/a.png) "
    "{{ 7 * 7 }} \x00 \x1b[31m \u202e ]]> --> | `` ``` \ud800"
)


def pictures(name: str) -> list[object]:
    """One chart of each kind with `name` wherever a name goes."""
    unit = Axis(name, unit=name)
    line = Line(name, [0, 1, 2], [1.0, 0.5, 0.2], [0.8, 0.3, 0.1], [1.2, 0.7, 0.3], [1, 0.5, 0.25])
    return [
        LineChart(name, name, [line, line], unit, Axis(name, log=True), n=name, band=name),
        HistogramPair(
            name, name, [0, 0.5, 1], [0.7, 0.3], [0.5, 0.5], [0.2, 0], unit, names=(name,) * 3
        ),
        Forest(
            name, name, [Stretch(name, 0.1, 0.2, 0.3, 9)], unit, Stretch(name, 0.1, 0.2, 0.3), 3
        ),
        Panels(name, name, [Panel(name, [line, line], 0.5)], unit, unit, level=name, n=name),
        Strips(name, name, [Strip(name, np.linspace(0, 1, 32).reshape(2, 4, 4))]),
    ]


def page_saying(text: str) -> Page:
    """A page in which `text` stands in every place that takes text."""
    table = Table([Column(text), Column(text, "code", unit=text)], [[text, text]], caption=text)
    excerpt = Excerpt(text, text, [Span(text, 0.9), Span(text, 0.0)])
    blocks = [
        text,
        Code(text),
        table,
        Callout("warning", text, text),
        Callout("note", text),
        Facts([(text, text)]),
        Details(text, [Facts([(text, text)]), table]),
        Excerpts([excerpt], total=5, rest=text),
        *pictures(text),
    ]
    return Page(text, text, [(text, text)], [Section(text, blocks)] * 4, footer=text)
