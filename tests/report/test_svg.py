"""What charts promise: well formed, described, the same every time, and right."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from wellhead.errors import BadInput
from wellhead.report.svg import (
    Axis,
    Forest,
    HistogramPair,
    Line,
    LineChart,
    Stretch,
    Strip,
    Strips,
)
from wellhead.report.svg.curve import look
from wellhead.report.svg.scale import Scale, span_of

from .samples import HOSTILE, pictures

NS = "{http://www.w3.org/2000/svg}"


def _curve(**changes) -> LineChart:
    x = np.arange(21)
    line = Line("replace", x, 0.9**x, 0.8**x, 0.95**x, exact=0.9**x)
    return LineChart("Variance", "It falls.", [line], Axis("generation"), Axis("σ²"), **changes)


@pytest.mark.parametrize("name", ["plain", HOSTILE, "", "long " * 200, "長い名前 " * 20])
def test_charts_are_well_formed_and_described(name):
    for picture in pictures(name):
        root = ET.fromstring(picture.to_svg())
        assert root.attrib["role"] == "img"
        assert root.find(f"{NS}title") is not None
        assert root.find(f"{NS}desc") is not None
        assert not list(root.iter(f"{NS}script"))


def test_charts_carry_no_ids_and_no_style_so_that_many_fit_one_page():
    for picture in pictures("x"):
        assert " id=" not in picture.to_svg()
        assert "style" not in picture.to_svg()


def test_every_shape_is_drawn_in_some_ink():
    for chart in pictures("x"):
        root = ET.fromstring(chart.to_svg())
        parents = {child: parent for parent in root.iter() for child in parent}
        for shape in root.iter(f"{NS}path"):
            ink = {"fill": None, "stroke": None}
            node = shape
            while node is not None:
                ink = {kind: found or node.get(kind) for kind, found in ink.items()}
                node = parents.get(node)
            assert {ink["fill"], ink["stroke"] or "none"} != {"none"}, ET.tostring(shape)


def test_the_same_values_draw_the_same_chart():
    assert [p.to_svg() for p in pictures("x")] == [p.to_svg() for p in pictures("x")]


@pytest.mark.parametrize(
    "values", [[], [0, 0, 0], [math.nan] * 3, [math.inf, 1, 2], [1e-300, 1e300], [-5, -5], [1e9]]
)
@pytest.mark.parametrize("log", [False, True])
def test_degenerate_values_still_draw_a_finite_chart(values, log):
    axis = Axis("y", log=log)
    x = range(len(values))
    charts = [
        LineChart("t", "d", [Line("a", x, values, values, values, values)], Axis("x"), axis),
        Forest("t", "d", [Stretch("a", v, v, v, 1, v) for v in values], axis),
    ]
    for chart in charts:
        svg = chart.to_svg()
        ET.fromstring(svg)
        assert not re.search(r"[^a-z](nan|inf)[^a-z]", svg)
        chart.to_table().cells  # noqa: B018 - must not raise


def test_a_missing_point_breaks_the_curve_instead_of_bridging_it():
    y = [1.0, 2.0, math.nan, 2.0, 1.0]
    chart = LineChart("t", "d", [Line("a", range(5), y)], Axis("x"), Axis("y"))
    curves = [p for p in ET.fromstring(chart.to_svg()).iter(f"{NS}path") if p.get("stroke-width")]
    assert len([p for p in curves if p.get("d", "").count("L") == 1]) == 2


def test_no_two_of_many_curves_look_alike():
    lines = [Line(f"c{i}", [0], [0]) for i in range(36)]
    assert len({look(line, i) for i, line in enumerate(lines)}) == 36


def test_values_land_where_the_axis_says():
    scale = Scale(0.0, 10.0, 100.0, 200.0)
    assert scale.at(5.0) == 150.0
    for value, label in Scale(0.0, 0.37, 0, 100, percent=True).ticks():
        assert float(label) == pytest.approx(100 * value)


@pytest.mark.parametrize(("low", "high"), [(1e-6, 1.0), (0.3, 4.0), (0.9, 1.1), (1.0, 1e12)])
def test_log_ticks_are_few_inside_and_increasing(low, high):
    ticks = [value for value, _ in Scale(low, high, 0, 400, log=True).ticks()]
    assert 2 <= len(ticks) <= 8
    assert all(low * 0.99 <= tick <= high * 1.01 for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_the_ticks_of_a_log_axis_are_written_alike():
    labels = [label for _, label in Scale(4e-5, 3e-4, 0, 400, log=True).ticks()]
    assert labels == ["5×10⁻⁵", "10⁻⁴", "2×10⁻⁴"]
    labels = [label for _, label in Scale(1e-6, 1.0, 0, 400, log=True).ticks(8)]
    assert labels == ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1", "1"]


def test_an_axis_starts_at_zero_unless_zero_is_far():
    assert span_of([[3, 10]])[0] == 0
    assert span_of([[98, 100]])[0] == 98


def test_axes_name_units_and_sample_size():
    words = "".join(ET.fromstring(_curve(n="n = 200 chains").to_svg()).itertext())
    assert "generation; n = 200 chains" in words
    share = Forest("t", "d", [Stretch("a", 0, 0.5, 1)], Axis("share of texts", percent=True))
    assert "share of texts (%)" in "".join(ET.fromstring(share.to_svg()).itertext())


def test_an_axis_of_generations_marks_no_halves():
    line = Line("a", [0, 1, 2, 3], [1, 0.5, 0.2, 0.1])
    chart = LineChart("t", "d", [line], Axis("generation", whole=True), Axis("y", low=7, high=8))
    words = [node.text for node in ET.fromstring(chart.to_svg()).iter(f"{NS}text")]
    assert {"0", "1", "2", "3"} <= set(words)
    assert "0.5" not in words


def test_strips_draw_the_ink_that_images_have():
    """One full pixel and one half one, each where it belongs; numbers that are none are blank."""
    image = np.array([[1.0, 0.0], [math.nan, 0.5]])
    root = ET.fromstring(Strips("t", "d", [Strip("one", image[None])]).to_svg())
    drawn = {node.attrib["fill-opacity"]: node.attrib["d"] for node in root.iter(f"{NS}path")}
    assert drawn == {"1": "M0 0h1v1H0", "0.5": "M1 1h1v1H1"}


def test_a_curve_of_many_points_stays_small_and_keeps_its_ends():
    x = np.linspace(0, 1, 100_000)
    svg = LineChart("t", "d", [Line("a", x, x)], Axis("x"), Axis("y")).to_svg()
    assert len(svg) < 20_000


def test_parts_of_different_lengths_are_refused_by_name():
    with pytest.raises(BadInput, match=r"curve 'a'.*values of low"):
        Line("a", [1, 2], [1, 2], low=[1])
    with pytest.raises(BadInput, match="3 edges make 2 bins"):
        HistogramPair("t", "d", [0, 1, 2], [1], None, None, Axis("x"))


def test_the_shaded_part_never_exceeds_its_bar():
    chart = HistogramPair("t", "d", [0, 1, 2], [0.4, 0.6], None, [0.9, -1], Axis("x"))
    shaded = [e for e in ET.fromstring(chart.to_svg()).iter(f"{NS}g") if e.get("class") == "accent"]
    (drawn,) = shaded
    assert drawn[0].attrib["d"].count("Z") == 1


def _labels(svg: str) -> list[tuple[float, float, float, str]]:
    """(left, right, baseline, words) of every label, at the letter size of a phone."""
    found = []
    for node in ET.fromstring(svg).iter(f"{NS}text"):
        words = node.text or ""
        wide, at = 0.5 * 17 * len(words), float(node.get("x"))
        shift = {"end": wide, "middle": wide / 2}.get(node.get("text-anchor", ""), 0)
        found.append((at - shift, at - shift + wide, float(node.get("y")), words))
    return found


def test_labels_do_not_overlap_at_the_letter_size_of_a_phone():
    x = np.arange(11)
    lines = [Line(f"curve {i}", x, np.ones(11) + i / 1000) for i in range(6)]
    long = [Line(f"a curve with a long name {i}", x, x * i) for i in range(6)]
    rows = [Stretch(f"group number {i}", 0, 0.1 * i, 0.9, 100_000) for i in range(30)]
    axis = Axis("quantity", unit="units", low=0, high=123_456_789)
    charts = [
        LineChart("t", "d", lines, Axis("generation"), Axis("value")),
        LineChart("t", "d", long, axis, Axis("value", log=True)),
        Forest("t", "d", rows, Axis("share", percent=True), Stretch("all", 0, 0.5, 1)),
    ]
    for chart in charts:
        labels = _labels(chart.to_svg())
        for i, (left, right, base, words) in enumerate(labels):
            assert left > -2, words
            assert right < 562, words
            for other_left, other_right, other_base, other in labels[:i]:
                apart = right <= other_left or other_right <= left or abs(base - other_base) >= 17
                assert apart, (words, other)


def test_groups_beyond_the_cap_are_counted_in_the_drawing():
    rows = [Stretch(f"g{i}", 0, 0.1, 0.2) for i in range(50)]
    words = "".join(ET.fromstring(Forest("t", "d", rows, Axis("x"), cap=10).to_svg()).itertext())
    assert "40 more groups in the table" in words
