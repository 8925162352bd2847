"""Which steps of one name may be drawn as one, such as the jobs of a scatter: where no step of the group waits for another of it."""

from collections.abc import Iterable

from vre_portal.graph.steps import GraphStep

SMALLEST_GROUP = 4


def groups(steps: Iterable[GraphStep], smallest: int = SMALLEST_GROUP) -> list[list[int]]:
    """All steps by their numbers, those together that are drawn as one, in the order of their first steps.

    Steps of one name are a group unless it would be part of a circle: a chain of equal names stays a chain.
    """
    listed = list(steps)
    by_name: dict[str, list[int]] = {}
    for number, step in enumerate(listed):
        by_name.setdefault(step.name, []).append(number)
    leader = list(range(len(listed)))
    for members in by_name.values():
        if len(members) >= smallest:
            for number in members:
                leader[number] = members[0]
    apart = _in_circles(listed, leader)
    found: dict[int, list[int]] = {}
    for number, first in enumerate(leader):
        found.setdefault(number if first in apart else first, []).append(number)
    return list(found.values())


def _in_circles(steps: list[GraphStep], leader: list[int]) -> set[int]:
    """The leaders of groups that are part of a circle, or lie between circles, once their steps are one."""
    numbers: dict[str, int] = {}
    for number, step in enumerate(steps):
        numbers.setdefault(step.id, leader[number])
    before: dict[int, set[int]] = {first: set() for first in leader}
    for number, step in enumerate(steps):
        before[leader[number]] |= {numbers[key] for key in step.after if key in numbers}
    own = {first for first, found in before.items() if first in found}
    # What is left when all that waits for nothing left, and then all that nothing left waits for, is taken away.
    for _ in range(2):
        before = _without_ends(before)
    return own | set(before)


def _without_ends(before: dict[int, set[int]]) -> dict[int, set[int]]:
    """The graph without steps that wait, directly or not, for no circle; turned round, so that a second time does the other end."""
    left = {first: len(found - {first}) for first, found in before.items()}
    after: dict[int, set[int]] = {first: set() for first in before}
    for first, found in before.items():
        for other in found - {first}:
            after[other].add(first)
    ready = [first for first, count in left.items() if not count]
    for first in ready:
        for later in after[first]:
            left[later] -= 1
            if not left[later]:
                ready.append(later)
    gone = set(ready)
    return {first: found - gone for first, found in after.items() if first not in gone}
