"""The steps of a graph as their owner names them, and which of them waits for which."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class GraphStep:
    """One step as its owner knows it; `after` names the steps whose output it takes, by their keys."""

    name: str
    state: str = ""
    note: str = ""
    url: str = ""
    after: tuple[str, ...] = ()
    key: str = ""  # unique in the graph; without one the name is the key
    count: int = 1  # how many equal steps it stands for

    @property
    def id(self) -> str:
        return self.key or self.name


@dataclass(frozen=True)
class Links:
    """Steps by number, with the numbers of those that each waits for; what cannot be drawn as it was said is listed beside."""

    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]  # the same the other way round
    circles: tuple[tuple[int, int], ...]  # a step, and the one that it waits for while that waits for it
    unknown: tuple[tuple[int, str], ...]  # a step, and the key that it waits for and that no step has


def links(steps: Iterable[GraphStep]) -> Links:
    """Who waits for whom, without circles: of each circle one link is left out. Of two steps with one key, others wait for the first."""
    listed = list(steps)
    numbers: dict[str, int] = {}
    for number, step in enumerate(listed):
        numbers.setdefault(step.id, number)
    unknown = [(number, key) for number, step in enumerate(listed) for key in step.after if key not in numbers]
    wanted = [list(dict.fromkeys(numbers[key] for key in step.after if key in numbers)) for step in listed]
    circles = _circles(wanted)
    before = [tuple(other for other in found if (number, other) not in circles) for number, found in enumerate(wanted)]
    after: list[list[int]] = [[] for _ in listed]
    for number, found in enumerate(before):
        for other in found:
            after[other].append(number)
    return Links(tuple(before), tuple(map(tuple, after)), tuple(circles), tuple(unknown))


def _circles(before: list[list[int]]) -> dict[tuple[int, int], None]:
    """The links that close a circle, found without recursion: a chain may be longer than Python's stack."""
    closing: dict[tuple[int, int], None] = {}
    state = [0] * len(before)  # 0 not visited, 1 on the way, 2 done
    for start in range(len(before)):
        if state[start]:
            continue
        state[start], way = 1, [(start, iter(before[start]))]
        while way:
            number, rest = way[-1]
            other = next(rest, None)
            if other is None:
                state[number] = 2
                way.pop()
            elif state[other] == 1:
                closing[number, other] = None
            elif not state[other]:
                state[other] = 1
                way.append((other, iter(before[other])))
    return closing


def layers(before: tuple[tuple[int, ...], ...], after: tuple[tuple[int, ...], ...]) -> list[int]:
    """The layer of each step: behind all that it waits for; one that waits for nothing stands right before the first that needs it."""
    left = [len(found) for found in before]
    ready = [number for number, count in enumerate(left) if not count]
    depth = [0] * len(before)
    for number in ready:
        for later in after[number]:
            depth[later] = max(depth[later], depth[number] + 1)
            left[later] -= 1
            if not left[later]:
                ready.append(later)
    return [
        min(depth[later] for later in after[number]) - 1 if not before[number] and after[number] else found
        for number, found in enumerate(depth)
    ]
