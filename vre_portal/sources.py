"""Functions that applications register on the floor for a page to ask: one that fails costs only what it would have said."""

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext

from django.db import transaction

logger = logging.getLogger(__name__)


class Sources[**Question, Item]:
    """The registered functions of one kind, asked in the order in which they were registered."""

    def __init__(self, name: str, *, is_atomic: bool = False) -> None:
        self.name = name  # for the log
        self.is_atomic = is_atomic  # an error of the database in one does not end what the page asks besides
        self._sources: list[Callable[Question, Iterable[Item]]] = []

    def register(self, source: Callable[Question, Iterable[Item]]) -> None:
        """Ask this function, too; registering it again changes nothing."""
        if source not in self._sources:
            self._sources.append(source)

    def collect(self, *question: Question.args, **details: Question.kwargs) -> tuple[list[Item], int]:
        """What all of them say, and how many failed."""
        items: list[Item] = []
        failures = 0
        for source in self._sources:
            try:
                with transaction.atomic() if self.is_atomic else nullcontext():
                    items += list(source(*question, **details))
            except Exception:
                logger.exception("a source of %s failed: %s.%s", self.name, source.__module__, source.__qualname__)
                failures += 1
        return items, failures
