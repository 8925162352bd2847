"""How near two words are to each other, as people mistype: a letter too many, too few, another one, or two in the wrong order."""

from collections.abc import Iterable


def distance(one: str, other: str, most: int) -> int:
    """The number of such mistakes between two words; anything above `most` is told as `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        following = [place]
        for column, there in enumerate(other, 1):
            cost = min(row[column] + 1, following[-1] + 1, row[column - 1] + (letter != there))
            if before and column > 1 and letter == other[column - 2] and one[place - 2] == there:
                cost = min(cost, before[column - 2] + 1)
            following.append(cost)
        if min(following) > most:
            return most + 1
        before, row = row, following
    return row[-1]


def nearest(word: str, others: Iterable[str], *, most: int) -> list[str]:
    """The others that are at most so far away, the nearest first."""
    near = [(far, other) for other in others if 0 < (far := distance(word, other, most)) <= most]
    return [other for _, other in sorted(near, key=lambda pair: pair[0])]
