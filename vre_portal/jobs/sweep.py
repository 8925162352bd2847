"""One sweep finds what the broker lost, what waits to be tried again, and what a worker left when it died."""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError

from vre_portal.jobs.runner import Runner

logger = logging.getLogger(__name__)
_kinds: list[tuple[Any, Runner[Any]]] = []


def add(task: Any, runner: Runner[Any]) -> None:
    """Let the sweep send `task` the key of each row that waits for `runner`."""
    _kinds.append((task, runner))


def sweep() -> None:
    """Send a message for each row that waits; a kind that cannot be read costs only itself."""
    for task, runner in _kinds:
        try:
            for pk in runner.waiting():
                task.apply_async((pk if isinstance(pk, int) else str(pk),))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("the sweep cannot read what waits for %s", task.name)
