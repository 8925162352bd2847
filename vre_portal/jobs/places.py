"""Places at a remote server: half of a worker's threads at most work for one server, so that one that hangs leaves the others to other jobs.

Short jobs have a quarter of their own: uploads that take long keep nobody from stopping a run.

A message that finds no place is put aside and sent again when there is one. It is put aside in memory alone: the sweep finds what is lost.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from celery import current_task
from celery.signals import worker_ready
from django.db import models

from vre_portal.celery import send
from vre_portal.services import ServiceKind

MAX_ASIDE = 1000  # messages for one server
LONG, SHORT = 2, 4  # one of two threads for what moves files, one of four for what asks or says something


@dataclass
class RemoteServer:
    """How many threads of this process work for a server, and the messages that wait for a place: name of a task and its arguments -> task."""

    at_work: int = 0
    aside: dict[tuple[str, tuple[Any, ...]], Any] = field(default_factory=dict)


_servers: defaultdict[str, RemoteServer] = defaultdict(RemoteServer)
_lock = threading.Lock()
_worker = {"threads": 0}  # 0: this process is no worker, and nothing waits


@worker_ready.connect
def note_threads(sender: Any, **_: Any) -> None:
    """How many threads there are to share."""
    _worker["threads"] = sender.controller.concurrency


def limit(share: int = LONG) -> int:
    """How many may work for one server: one of so many threads."""
    return max(_worker["threads"] // share, 1)


@contextmanager
def place(server: str, task: Any, args: tuple[Any, ...], *, share: int = LONG) -> Iterator[bool]:
    """Whether there is a place at the server in the block; where there is none, the message is put aside."""
    with _lock:
        there = _servers[server]
        has_place = not _worker["threads"] or there.at_work < limit(share)
        if has_place:
            there.at_work += 1
        elif len(there.aside) < MAX_ASIDE:
            there.aside.setdefault((task.name, args), task)
    try:
        yield has_place
    finally:
        if has_place:
            _leave(there)


def _leave(there: RemoteServer) -> None:
    """Give the place back, and have the message that has waited longest sent again."""
    with _lock:
        there.at_work -= 1
        message = next(iter(there.aside), None)
        task = there.aside.pop(message) if message else None
    if message:
        send(task, *message[1])


def limited(
    kind: ServiceKind, name_of: Callable[..., str], *, is_short: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator for the function of a task that works for the server of this kind that `name_of` names from its arguments."""
    lane, share = ("short", SHORT) if is_short else ("long", LONG)

    def decorate(work: Callable[..., None]) -> Callable[..., None]:
        @wraps(work)
        def perform(*args: Any) -> None:
            task = current_task._get_current_object()  # type: ignore[attr-defined]  # the proxy would name another task in another thread
            with place(f"{kind}/{lane}/{name_of(*args)}", task, args, share=share) as has_place:
                if has_place:
                    work(*args)

        return perform

    return decorate


def named_by(rows: type[models.Model], column: str) -> Callable[[Any], str]:
    """A function that reads the name of the server from the row with a primary key."""

    def name_of(pk: Any) -> str:
        return str(rows._default_manager.filter(pk=pk).order_by().values_list(column, flat=True).first())

    return name_of
