"""Drawings are well-formed, say in words what they show, and run nothing, whatever the labels are."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.findings import DAY_NAMES
from secondring.web.dashboard.charts import Bar, Point, Scale, distribution, funnel, heat_map, scale, trend

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "desc", "rect", "text", "line", "polyline", "circle"}
labels = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20
) | st.sampled_from(["<script>", '"><b>', "&amp;", "]]>", "'"])
numbers = st.integers(0, 10**7)
bars = st.lists(st.builds(Bar, labels, numbers, labels), max_size=9)
points = st.lists(st.builds(Point, labels, st.none() | st.floats(0, 1e6), labels), max_size=30)


def _fine(drawing: str, words: list[str]) -> None:
    root = ET.fromstring(drawing)  # noqa: S314 - our own
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= ALLOWED
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not attributes & {"style", "href"}
    assert not [name for name in attributes if name.startswith("on")]
    names = [root.attrib["aria-labelledby"], root.attrib["aria-describedby"]]
    assert [element.attrib.get("id") for element in root[:2]] == names
    assert root.attrib["role"] == "img"
    everything = "".join(root.itertext())
    assert all(word in everything for word in words)


@given(bars)
def test_a_funnel(found: list[Bar]) -> None:
    _fine(str(funnel(found)), [word for bar in found for word in (bar.name, bar.said)])


@given(bars, labels)
def test_a_distribution(found: list[Bar], limit: str) -> None:
    _fine(str(distribution(found, 3, limit)), [limit, *(bar.name for bar in found)])


@given(points, st.none() | st.tuples(st.floats(0, 100), labels))
def test_a_trend(found: list[Point], target: tuple[float, str] | None) -> None:
    for how in (Scale("%", 100), scale(found, "s", least=3)):
        _fine(str(trend("t", "A trend", found, how, target)), [point.said for point in found])


@given(st.dictionaries(st.tuples(st.integers(0, 6), st.integers(8, 17)), st.integers(1, 10**5)), labels)
def test_a_heat_map(found: dict[tuple[int, int], int], words: str) -> None:
    said = {(weekday, hour): words for weekday in range(7) for hour in range(8, 18)}
    drawing = str(heat_map(found, range(8, 18), DAY_NAMES, said))
    _fine(drawing, [f"{number:,}" for number in found.values()])


def test_gaps_are_shown_as_gaps() -> None:
    found = [
        Point("a", 1, "1"),
        Point("b", 2, "2"),
        Point("c", None, "none"),
        Point("d", 4, "4"),
        Point("e", 5, "5"),
    ]
    assert str(trend("t", "T", found, Scale("", 5))).count("<polyline") == 2
