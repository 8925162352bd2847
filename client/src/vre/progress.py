"""How far a download is: a bar of tqdm where that is installed, else a line of text; nothing where nobody looks."""

import sys
import time
import warnings
from types import TracebackType
from typing import Any, Protocol

from vre.display import size_text, visible

EVERY_SECONDS = 0.5


class Shown(Protocol):
    """Something that shows how many bytes there are."""

    def update(self, number: int) -> Any: ...
    def close(self) -> Any: ...


def is_watched() -> bool:
    """Whether a person sees what is printed: on a terminal, or in a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return bool(getattr(shell, "kernel", None)) or bool(sys.stderr and sys.stderr.isatty())


class TextLine:
    """One line of text that is written over."""

    def __init__(self, title: str, total: int | None) -> None:
        self.title, self.total, self.number, self.shown_at = title, total, 0, 0.0

    def update(self, number: int) -> None:
        self.number += number
        if time.monotonic() - self.shown_at >= EVERY_SECONDS:
            self._show()

    def _show(self, end: str = "") -> None:
        self.shown_at = time.monotonic()
        of = f" of {size_text(self.total)} ({100 * self.number // self.total} %)" if self.total else ""
        print(f"\r{self.title}: {size_text(self.number)}{of}   ", end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        self._show("\n")


def _bar(title: str, total: int | None) -> Shown:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says so where a notebook has no widgets, and works then, too
            from tqdm.auto import tqdm
    except ImportError:
        return TextLine(title, total)
    shown: Shown = tqdm(total=total, desc=title, unit="B", unit_scale=True, leave=False)
    return shown


class Progress:
    """The bytes of one file, or of several: then each counts in a part of its own."""

    def __init__(self, title: str, total: int | None, wanted: bool = True, whole: "Progress | None" = None) -> None:
        self.title, self.total, self.whole = visible(title, 60), total, whole
        self.number, self.notes = 0, list[str]()
        self._is_wanted = wanted and is_watched() if whole is None else False
        self._shown: Shown | None = None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown is not None:
            self._shown.close()
        for note in self.notes:
            warnings.warn(note, stacklevel=2)

    def of_one(self, total: int | None) -> "Progress":
        """A part that counts in this one, too."""
        return Progress("", total, whole=self)

    def begin_at(self, start: int, total: int | None) -> None:
        """Bytes begin to arrive, after those that are there."""
        self.total = self.total or total
        if self._is_wanted and self._shown is None:
            self._shown = _bar(self.title, self.total)
        self.update(start - self.number)

    def restart(self) -> None:
        """What has arrived is thrown away."""
        self.update(-self.number)

    def update(self, number: int) -> None:
        """So many bytes more."""
        self.number += number
        if self.whole is not None:
            self.whole.begin_at(self.whole.number, None)
            self.whole.update(number)
        if self._shown is not None:
            self._shown.update(number)

    def note(self, text: str) -> None:
        """A shortfall that is told at the end."""
        self.notes.append(text)
