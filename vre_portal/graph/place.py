"""Where the steps of each layer stand: in their order, without overlapping, as near to their neighbours as that allows."""

from collections.abc import Sequence

from vre_portal.graph.order import Ordered

SWEEPS = 4


def places(found: Ordered, sizes: Sequence[float], gap: float) -> list[float]:
    """The middle of each step and bend along its layer, the first at half of its size or more."""
    middle = [0.0] * len(sizes)
    for layer in found.layers:
        at = 0.0
        for number in layer:
            middle[number] = at + sizes[number] / 2
            at += sizes[number] + gap
        for number in layer:  # all layers around one line
            middle[number] -= (at - gap) / 2
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        for layer in found.layers if forwards else reversed(found.layers):
            _settle(layer, found.before if forwards else found.after, middle, sizes, gap)
    least = min((place - size / 2 for place, size in zip(middle, sizes, strict=True)), default=0.0)
    return [place - least for place in middle]


def _settle(layer: Sequence[int], neighbours: Sequence[Sequence[int]], middle: list[float], sizes: Sequence[float], gap: float) -> None:
    """Move a layer as near to its neighbours as its order allows: the least sum of squares, by pooling those that would overlap."""
    pools: list[tuple[float, int]] = []  # where the first of a pool wants to be, and how many are in it
    offsets: list[float] = []
    offset = last = 0.0
    for number in layer:
        offset += last / 2 + sizes[number] / 2 + (gap if offsets else 0)
        offsets.append(offset)
        last = sizes[number]
        near = neighbours[number]
        wish = (sum(middle[other] for other in near) / len(near) if near else middle[number]) - offset
        count = 1
        while pools and pools[-1][0] > wish:
            earlier, size = pools.pop()
            wish, count = (earlier * size + wish * count) / (size + count), count + size
        pools.append((wish, count))
    starts = [wish for wish, count in pools for _ in range(count)]
    for number, start, own in zip(layer, starts, offsets, strict=True):
        middle[number] = start + own
