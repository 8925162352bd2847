"""Which files of the repository a workflow's file reads while it is read itself: its configuration, tables of samples, modules."""

import os
import sys
from pathlib import Path
from typing import Any

MAX_NAMES = 500


class Opened:
    """The names of files below a folder that were opened for reading since `watch` was called."""

    def __init__(self, base: Path) -> None:
        self.beginning = f"{base}/"
        self.names: set[str] = set()

    def watch(self) -> None:
        """Begin; Python has no way to end it."""
        sys.addaudithook(self._noted)

    def _noted(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or len(self.names) >= MAX_NAMES:
            return
        place, _mode, flags = arguments
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
            return
        if isinstance(place, str | bytes):
            path = os.path.normpath(Path(os.fsdecode(place)).absolute())
            if path.startswith(self.beginning):
                self.names.add(path.removeprefix(self.beginning))
