"""A picture for something that has none, drawn from what is known of it: rings for the stages of its way, marks for its words."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 252
STARS = 28
MAX_MARKS = 40
SIZES = {"large": 8.0, "middle": 5.0, "small": 3.0}  # radius of a mark


@dataclass(frozen=True)
class Ring:
    """An ellipse around the centre; it is full where the stage is reached."""

    rx: float
    ry: float
    is_reached: bool


@dataclass(frozen=True)
class DrawnMark:
    """A dot on a ring, for a word."""

    x: float
    y: float
    radius: float
    kind: str


@dataclass(frozen=True)
class Drawing:
    """All that the template draws, around a centre."""

    x: float
    y: float
    rings: tuple[Ring, ...]
    marks: tuple[DrawnMark, ...]
    stars: tuple[DrawnMark, ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw(seed: str, *, position: int, stages: int, words: Mapping[str, Sequence[str]]) -> Drawing:
    """The same picture for the same facts. `words` are those of each size in SIZES; `position` is the stage that is reached, from 1."""
    x, y = WIDTH * (0.36 + 0.28 * _share(seed, "x")), HEIGHT * (0.42 + 0.16 * _share(seed, "y"))
    count = max(stages, 1)
    rings = tuple(Ring(round(34 + 190 * n / count, 1), round(18 + 92 * n / count, 1), n < position) for n in range(count))
    listed = [(size, word) for size in SIZES for word in words.get(size, ())][:MAX_MARKS]
    marks = tuple(_on_ring(rings, x, y, size, f"{seed} {word}") for size, word in listed)
    stars = tuple(_star(f"{seed} star {number}") for number in range(STARS))
    return Drawing(round(x, 1), round(y, 1), rings, marks, stars)


def _share(seed: str, salt: str = "") -> float:
    """A number from 0 to 1 that the text determines."""
    digest = hashlib.blake2b(f"{salt}\n{seed}".encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest) / 0xFFFFFFFF


def _on_ring(rings: Sequence[Ring], x: float, y: float, size: str, word: str) -> DrawnMark:
    ring = rings[int(_share(word, "ring") * (len(rings) - 1) + 0.5)]
    angle = 2 * math.pi * _share(word, "angle")
    return DrawnMark(round(x + ring.rx * math.cos(angle), 1), round(y + ring.ry * math.sin(angle), 1), SIZES[size], size)


def _star(seed: str) -> DrawnMark:
    return DrawnMark(round(WIDTH * _share(seed, "x"), 1), round(HEIGHT * _share(seed, "y"), 1), round(0.6 + _share(seed, "r"), 1), "star")
