"""When things began and ended, as bars on one common scale: a lane for each thing, its jobs side by side or in rows below each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SCALE = 1000  # units from the beginning to the end; a drawing stretches them to its width
BAR, THIN_BAR, GAP = 12, 4, 2
MAX_ROWS = 12  # of one lane; jobs beyond share its rows
_ROUND_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


@dataclass(frozen=True)
class Span:
    """From when until when, in seconds; it still goes on where there is no end."""

    start: float
    end: float | None = None
    state: str = ""


@dataclass(frozen=True)
class Bars:
    """All bars of one state in a lane, as one path."""

    state: str
    path: str


@dataclass(frozen=True)
class Lane:
    """The bars of one thing."""

    bars: tuple[Bars, ...]
    height: int


@dataclass(frozen=True)
class Timeline:
    """The common scale: when it begins and ends, and the places of round times since its beginning, in units of SCALE."""

    start: float
    end: float
    ticks: tuple[tuple[float, float], ...]  # seconds since the beginning, and the place

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def lane(self, spans: Iterable[Span]) -> Lane:
        """The bars of a thing's jobs: what overlaps stands in rows of its own."""
        rows: list[float] = []  # until when each row is taken
        placed: list[tuple[int, float, float, str]] = []
        for start, end, state in sorted((span.start, self._end(span), span.state) for span in spans):
            free = next((number for number, until in enumerate(rows) if until <= start), None)
            if free is None:
                free = len(rows) if len(rows) < MAX_ROWS else min(range(MAX_ROWS), key=rows.__getitem__)
                rows += [0.0] if free == len(rows) else []
            rows[free] = end
            placed.append((free, start, end, state))
        size = BAR if len(rows) <= 1 else THIN_BAR
        paths: dict[str, list[str]] = {}
        for row, start, end, state in placed:
            x, width = self._place(start), max(self._place(end) - self._place(start), 0)
            paths.setdefault(state, []).append(f"M{_short(x)} {row * (size + GAP)}h{_short(width)}v{size}h-{_short(width)}z")
        height = max(len(rows), 1) * (size + GAP) - GAP
        return Lane(tuple(Bars(state, "".join(parts)) for state, parts in paths.items()), height)

    def _end(self, span: Span) -> float:
        return max(self.end if span.end is None else span.end, span.start)

    def _place(self, time: float) -> float:
        return min(max((time - self.start) / (self.seconds or 1), 0), 1) * SCALE


def timeline(spans: Sequence[Span], now: float) -> Timeline | None:
    """The scale on which all of them stand, until now where one still goes on; None where nothing has begun."""
    if not spans:
        return None
    start = min(span.start for span in spans)
    end = max(max(now, span.start) if span.end is None else max(span.end, span.start) for span in spans)
    seconds = end - start
    step = next((step for step in _ROUND_SECONDS if seconds / step <= 4), _ROUND_SECONDS[-1] * max(round(seconds / 4 / 86400), 1))
    ticks = [(float(at), round(at / seconds * SCALE, 1)) for at in range(step, int(seconds) + 1, step)] if seconds else []
    return Timeline(start, end, tuple(ticks))


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
