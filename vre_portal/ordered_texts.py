"""Looks into ordered texts: those that begin in one way stand together, so none of the others is looked at."""

from bisect import bisect_left
from collections.abc import Sequence


def beginning(ordered: Sequence[str], prefix: str) -> list[str]:
    """The texts of an ordered list that begin so."""
    begin = end = bisect_left(ordered, prefix)
    while end < len(ordered) and ordered[end].startswith(prefix):
        end += 1
    return list(ordered[begin:end])


def has_beginning(ordered: Sequence[str], prefix: str) -> bool:
    """Whether one of them begins so."""
    begin = bisect_left(ordered, prefix)
    return begin < len(ordered) and ordered[begin].startswith(prefix)
