"""Charts as inline SVG, without a plotting library.

Each chart is a frozen dataclass of plain values with a `title` and a `description` in words,
`to_svg()` for eyes and screen readers and `to_table()` for text twins. Drawings are the same for
the same values, carry no ids and no style sheet, follow the page's text colour, and keep their
labels apart when the page makes them larger on a phone.
"""

from __future__ import annotations

from wellhead.report.svg.bar import ShareBar
from wellhead.report.svg.curve import Line
from wellhead.report.svg.forest import Forest, Stretch
from wellhead.report.svg.frame import Axis
from wellhead.report.svg.histogram import HistogramPair
from wellhead.report.svg.lines import LineChart
from wellhead.report.svg.panels import Panel, Panels
from wellhead.report.svg.strips import Strip, Strips

__all__ = [
    "Axis",
    "Forest",
    "HistogramPair",
    "Line",
    "LineChart",
    "Panel",
    "Panels",
    "ShareBar",
    "Stretch",
    "Strip",
    "Strips",
]
