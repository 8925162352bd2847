"""Steps are laid out left to right where there is room, whatever shape the graph has; charts stay inside their axes."""

from itertools import pairwise

from vre_portal.charts import Series, line_chart
from vre_portal.graph import GraphStep, layout


def test_a_step_stands_right_of_all_that_it_waits_for() -> None:
    graph = layout([GraphStep("plots", after=("signal", "fetch")), GraphStep("signal", after=("fetch",)), GraphStep("fetch")], (1140, 480))
    x = {node.step.name: node.x for node in graph.nodes}
    assert x["fetch"] < x["signal"] < x["plots"]
    assert len(graph.edges) == 3


def test_steps_of_one_column_do_not_overlap() -> None:
    graph = layout([GraphStep(f"step {number}") for number in range(5)])
    tops = sorted(node.y for node in graph.nodes)
    assert all(later - earlier >= graph.nodes[0].height for earlier, later in pairwise(tops))
    assert tops[-1] + graph.nodes[0].height <= graph.height


def test_a_circle_or_an_unknown_step_does_not_hang_it() -> None:
    graph = layout(
        [GraphStep("a", after=("b",)), GraphStep("b", after=("a",)), GraphStep("c", after=("nobody",)), GraphStep("d", after=("d",))]
    )
    assert {node.step.name for node in graph.nodes} == {"a", "b", "c", "d"}


def test_no_step_is_an_empty_graph() -> None:
    assert layout([]).nodes == ()


def test_a_chart_keeps_every_point_inside_its_axes() -> None:
    chart = line_chart([Series("signal", [(0, 0), (7, 12.7), (10, float("nan"))]), Series("nothing", [])], "years", "events")
    places = [float(number) for _, path in chart.lines for number in path.replace("M", " ").replace("L", " ").split()]
    assert min(places) >= chart.top
    assert max(places) <= chart.right
    assert chart.lines[1][1] == ""


def test_a_chart_of_one_value_has_axes() -> None:
    chart = line_chart([Series("flat", [(1, 5), (2, 5)])], "x", "y")
    assert len(chart.y_ticks) > 1
