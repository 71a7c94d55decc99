"""Charts of reports: marks where they belong, axes that hold everything, nothing hidden in a text."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pytest_kernelbench.report import charts, text
from pytest_kernelbench.report.charts import LogScale, Point

SPACE = "\N{NARROW NO-BREAK SPACE}"


def test_a_scale_is_logarithmic_and_holds_everything() -> None:
    scale = LogScale.around([0.3, 5], 200)
    assert (scale.low, scale.high) == (0.25, 8)
    assert (scale.at(0.25), scale.at(1), scale.at(8)) == (0, 80, 200)
    assert (scale.at(0.001), scale.at(99)) == (0, 200)
    assert LogScale.around([], 100).ticks == (0.5, 1, 2)


@given(st.lists(st.floats(1e-6, 1e6), max_size=5))
def test_ticks_are_few_and_one_of_them_is_1(values: list[float]) -> None:
    ticks = LogScale.around(values, 240).ticks
    assert 1 in ticks
    assert len(ticks) <= 7


def test_a_row_of_a_forest_plot() -> None:
    row = ElementTree.fromstring(charts.ratio_row(LogScale(0.5, 2, 100), 1.0, 0.5, 2**0.5, "same"))
    rule, interval, mark = row
    assert rule.attrib["d"] == "M50.0 0V16"
    assert interval.attrib["d"] == "M0.0 4v8m0-4H75.0m0-4v8"
    assert (mark.attrib["href"], mark.attrib["x"]) == ("#same", "50.0")


def test_an_axis_labels_powers_of_two() -> None:
    axis = ElementTree.fromstring(charts.ratio_axis(LogScale(0.25, 4, 240)))
    assert [tick.text for tick in axis] == [f"{n}\N{MULTIPLICATION SIGN}" for n in ("1/4", "1/2", "1", "2", "4")]
    assert [float(tick.attrib["x"]) for tick in axis] == [0, 60, 120, 180, 240]


def test_each_mark_that_is_used_is_defined_once_and_no_two_look_alike() -> None:
    paths = ElementTree.fromstring(charts.symbols())[0]
    assert len({path.attrib["id"] for path in paths}) == len(paths)
    used = {charts.series_mark(number) for number in range(20)} | set(charts.VERDICT_MARKS)
    assert used == {path.attrib["id"] for path in paths}
    assert len(set(charts.SERIES_MARKS)) == len(charts.SERIES_MARKS)


def test_a_rate_says_its_interval_to_those_who_do_not_see_it() -> None:
    bar = ElementTree.fromstring(charts.rate_bar(0.5, 0.25, 0.75))
    assert bar.attrib["aria-label"].replace(SPACE, " ") == "50.0 %, interval 25.0 % to 75.0 %"
    band = bar[1].attrib
    assert (band["x"], band["width"]) == ("25.0", "50.0")
    assert float(ElementTree.fromstring(charts.rate_bar(0, 0, 0))[1].attrib["width"]) > 0


def test_a_scatter_plot_of_hostile_names() -> None:
    name = "</title><script>alert(1)</script>\u202e"
    plot = charts.scatter([Point(name, 8, 1.2, 4.0), Point("b", 0, 0.0, 0.25)], "share", "speedup")
    drawn = ElementTree.fromstring(plot)
    marks = drawn.findall("use")
    assert marks[0].find("title").text == text.visible(name)  # type: ignore[union-attr]
    assert [mark.attrib["href"] for mark in marks] == ["#series1", "#series0"]
    right, left = (float(mark.attrib["x"]) for mark in marks)
    assert (left, right) == (charts.LEFT, charts.LEFT + charts.WIDTH)
    top, bottom = (float(mark.attrib["y"]) for mark in marks)
    assert (top, bottom) == (charts.TOP, charts.TOP + charts.HEIGHT)
    assert "100 %" in [label.text for label in drawn.findall("text")]
