"""Graphs of any shape are laid out in layers that fit into their box, quickly, and say what cannot be drawn."""

import random
import re
import time
from itertools import pairwise

import pytest

from vre_portal.graph import Graph, GraphStep, layout

BOX = (1140, 480)


def chain(length: int) -> list[GraphStep]:
    return [GraphStep(f"step {number}", after=(f"step {number - 1}",) if number else ()) for number in range(length)]


def some_graph(size: int, reach: int) -> list[GraphStep]:
    dice = random.Random(1)  # noqa: S311 -- for a graph
    return [
        GraphStep(f"s{n}", after=tuple({f"s{dice.randrange(max(0, n - reach), n)}" for _ in range(min(n, dice.randint(1, 3)))}))
        for n in range(size)
    ]


def overlaps(graph: Graph) -> list[tuple[str, str]]:
    return [
        (a.step.name, b.step.name)
        for place, a in enumerate(graph.nodes)
        for b in graph.nodes[place + 1 :]
        if abs(a.x - b.x) < a.width and abs(a.y - b.y) < a.height
    ]


@pytest.mark.parametrize("steps", [chain(1), chain(5), chain(60), some_graph(60, 12), some_graph(150, 40)])
def test_no_two_steps_overlap_and_all_stand_inside_the_drawing(steps: list[GraphStep]) -> None:
    graph = layout(steps, BOX)
    assert len(graph.nodes) == len(steps)
    assert overlaps(graph) == []
    assert all(node.x >= 0 and node.y >= 0 for node in graph.nodes)
    assert all(node.x + node.width <= graph.width and node.y + node.height <= graph.height for node in graph.nodes)
    assert len(graph.edges) == sum(len(step.after) for step in steps)


def test_a_chain_given_backwards_needs_no_recursion() -> None:
    assert layout(chain(500)[::-1]).too_many == 500
    graph = layout(chain(150)[::-1], (1140, 480))
    assert len(graph.nodes) == 150


def test_a_long_chain_is_folded_into_columns_that_fit_the_page() -> None:
    graph = layout(chain(60), BOX)
    assert graph.width <= BOX[0]
    assert len({node.x for node in graph.nodes}) == 5
    later = [(node.x, node.y) for node in graph.nodes]
    assert later == sorted(later)  # down each column, then the next one


def test_a_short_chain_stands_in_a_row_where_there_is_room_and_below_each_other_where_not() -> None:
    assert len({node.y for node in layout(chain(5), BOX).nodes}) == 1
    assert len({node.x for node in layout(chain(5), (560, 640)).nodes}) == 1


def test_five_hundred_steps_are_done_in_fifty_milliseconds() -> None:
    steps = some_graph(500, 30)
    took = []
    for _ in range(3):
        start = time.process_time()
        graph = layout(steps, BOX)
        took.append(time.process_time() - start)
    assert graph.too_many == 500
    assert graph.nodes == ()
    assert min(took) < 0.05


def test_steps_of_one_name_with_keys_of_their_own_stay_apart() -> None:
    graph = layout([GraphStep("fit", key="a"), GraphStep("fit", key="b", after=("a",))])
    assert len(graph.nodes) == 2
    assert len(graph.edges) == 1


def test_two_steps_of_one_key_are_both_drawn() -> None:
    assert len(layout([GraphStep("fit"), GraphStep("fit"), GraphStep("plot", after=("fit",))]).nodes) == 3


def test_circles_and_unknown_steps_are_said_and_cost_only_their_own_link() -> None:
    graph = layout(
        [GraphStep("a", after=("c",)), GraphStep("b", after=("a",)), GraphStep("c", after=("b", "nobody")), GraphStep("d", after=("d",))]
    )
    assert len(graph.circles) == 2
    assert ("d", "d") in graph.circles
    assert graph.unknown == (("c", "nobody"),)
    assert [edge.closes_circle for edge in graph.edges].count(True) == 2
    assert [edge.closes_circle for edge in graph.edges].count(False) == 2


def test_links_of_two_layers_cross_only_where_they_must() -> None:
    steps = [GraphStep(name) for name in "abcd"] + [GraphStep(name.upper(), after=(name,)) for name in "dcba"]
    places = {node.step.name: node.x for node in layout(steps, (1000, 130)).nodes}
    order = sorted("abcd", key=places.__getitem__)
    assert all(places[first.upper()] < places[second.upper()] for first, second in pairwise(order))


def test_a_long_link_goes_round_the_steps_between() -> None:
    steps = [*chain(5), GraphStep("end", after=("step 4", "step 0"))]
    graph = layout(steps, (300, 640))
    bends = [edge.path for edge in graph.edges if edge.path.count("C") + edge.path.count("V") >= 4]
    assert len(bends) == 1


def test_no_link_cuts_a_step_that_it_passes() -> None:
    graph = layout(some_graph(60, 12), (1140, 480))
    passes = []
    for edge in graph.edges:
        parts = [
            (kind, [float(number) for number in re.findall(r"-?[\d.]+", numbers)])
            for kind, numbers in re.findall(r"([MCV])([^MCVm]*)", edge.path)
        ]
        x = y = 0.0
        for kind, numbers in parts:
            if kind == "V":
                passes.append((x, y, numbers[0]))
                y = numbers[0]
            else:
                x, y = numbers[-2:]
    assert len(passes) > 50
    assert [
        (x, node.step.name) for x, top, end in passes for node in graph.nodes
        if node.x < x < node.x + node.width and top < node.y + node.height and end > node.y
    ] == []  # fmt: skip


def test_what_waits_for_nothing_stands_right_before_what_needs_it() -> None:
    steps = [*chain(6), GraphStep("calibration"), GraphStep("end", after=("step 5", "calibration"))]
    places = {node.step.name: node.y for node in layout(steps, (560, 640)).nodes}
    assert places["calibration"] == places["step 5"]


def test_long_names_keep_their_beginning_and_their_end() -> None:
    (node,) = layout([GraphStep("reconstruct_" + "very_" * 35 + "long_v2", count=48)]).nodes
    assert node.label.startswith("reconstr")
    assert node.label.endswith("v2 ×48")
    assert len(node.label) <= 20
    assert node.is_cut
