"""The order of steps within their layers, so that few links cross; long links are led through the layers between."""

from collections.abc import Sequence
from dataclasses import dataclass, field

SWEEPS = 6
MAX_BENDS = 3000  # places where long links pass a layer; those beyond are drawn straight


@dataclass
class Ordered:
    """Layers of steps and bends by number (bends follow the steps), with the neighbours of each before and behind."""

    layers: list[list[int]]
    before: list[list[int]]
    after: list[list[int]]
    routes: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # a link, and the bends that it passes


def ordered(before: Sequence[Sequence[int]], layer_of: Sequence[int]) -> Ordered:
    """Each layer in an order in which links cross rarely. Long links of one step share their bends, as far as they go together."""
    count = len(layer_of)
    found = Ordered([[] for _ in range(max(layer_of, default=-1) + 1)], [[] for _ in range(count)], [[] for _ in range(count)])
    for number, layer in enumerate(layer_of):
        found.layers[layer].append(number)
    shared: dict[tuple[int, int], int] = {}
    for number, others in enumerate(before):
        for other in others:
            bends = _bends(found, shared, other, range(layer_of[other] + 1, layer_of[number]))
            found.routes[other, number] = bends
            _join(found, bends[-1] if bends else other, number)
    for _ in range(SWEEPS // 2):
        _sweep(found.layers, found.before)
        _sweep(found.layers[::-1], found.after)
    return found


def _bends(found: Ordered, shared: dict[tuple[int, int], int], start: int, between: range) -> list[int]:
    if len(shared) + len(between) > MAX_BENDS:
        return []
    bends, last = [], start
    for layer in between:
        bend = shared.get((start, layer))
        if bend is None:
            bend = shared[start, layer] = len(found.before)
            found.before.append([])
            found.after.append([])
            found.layers[layer].append(bend)
            _join(found, last, bend)
        bends.append(bend)
        last = bend
    return bends


def _join(found: Ordered, first: int, second: int) -> None:
    found.before[second].append(first)
    found.after[first].append(second)


def _sweep(layers: Sequence[list[int]], neighbours: Sequence[Sequence[int]]) -> None:
    """Sort each layer by the middle of the neighbours in the layers that come first; what has none there stays where it is."""
    place = {number: float(index) for layer in layers for index, number in enumerate(layer)}
    for layer in layers:
        weight = {
            number: sum(place[other] for other in neighbours[number]) / len(neighbours[number]) if neighbours[number] else place[number]
            for number in layer
        }
        layer.sort(key=weight.__getitem__)
        place.update((number, float(index)) for index, number in enumerate(layer))
