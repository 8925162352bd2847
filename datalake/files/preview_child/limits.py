"""What one preview may use of the machine, and the shape of its answer."""

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 15  # until the libraries of a reader are loaded
READ_CPU_SECONDS = 4  # for the file itself
MAX_WRITE_BYTES = 32 * 1024 * 1024  # matplotlib writes its list of fonts
PIXELS = 40_000_000
ROWS, COLUMNS, CARDS, UNITS = 12, 12, 120, 12
TREE = 200  # entries of a tree that are listed
CELL = 80


class NoPreview(Exception):
    """The file cannot be shown; the text says why."""


class TooLong(Exception):
    """A part of the file took more CPU time than it may."""


@dataclass
class Section:
    """One part of a file: an HDU, a table, a text."""

    title: str
    kind: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    cards: list[tuple[str, str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    text: str = ""
    image: str = ""  # PNG, of a thumbnail WebP; base64
    alt: str = ""
    note: str = ""

    def name_units(self, units: list[str]) -> None:
        """Set the units of the columns; none where no column has one, so that no empty row stands for them."""
        self.units = units if any(units) else []

    def say(self, *notes: str) -> None:
        """Add sentences to the note; empty ones are left out."""
        self.note = " ".join(part for part in (self.note, *notes) if part)


def lock_down() -> None:
    """Give up what a picture or a table does not need, before any byte of the file is read."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS + 1),
        (resource.RLIMIT_FSIZE, MAX_WRITE_BYTES),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def limit_reading() -> None:
    """From here on count the CPU time of the file alone, however long the libraries took to load."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = min(int(used.ru_utime + used.ru_stime) + 1 + READ_CPU_SECONDS, CPU_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))  # SIGXCPU, by which it is told from a lack of memory


@contextmanager
def cpu_limit(seconds: float) -> Iterator[Callable[[], float]]:
    """Raise TooLong in Python code that runs longer; gives a function that tells the CPU time used so far."""

    def stop(*_: object) -> None:
        raise TooLong

    begin = time.process_time()
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield lambda: time.process_time() - begin
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def cut(label: str, shown: int, total: int, *, at_least: bool = False) -> str:
    """The note that only the first ones are shown, such as "Rows shown: the first 12 of 20."; empty where all are."""
    if total <= shown:
        return ""
    values = {"label": label, "shown": f"{shown:,}", "total": f"{total:,}"}
    if at_least:
        return _("%(label)s: the first %(shown)s of at least %(total)s.") % values
    return _("%(label)s: the first %(shown)s of %(total)s.") % values


def shown(value: object, most: int = CELL) -> str:
    """The text of a cell on one line, cut to `most` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "\u2026"
