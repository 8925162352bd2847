"""A worker that dies: does the work of one launch and is killed (SIGKILL) at a named point. Run as a program of its own."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from projects.workflows import reana, worker  # noqa: E402
from projects.workflows.models import Run  # noqa: E402
from tests.workflows.points import POINTS  # noqa: E402


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function: Callable[..., Any], after: int = 1) -> Callable[..., Any]:
    """The function, and death after its so manieth call."""
    calls = []

    def wrapped(*args: Any, **options: Any) -> Any:
        calls.append(function(*args, **options))
        if len(calls) >= after:
            die()
        return calls[-1]

    return wrapped


DEATHS: tuple[Callable[[], None], ...] = (
    lambda: setattr(Run, "submitting", then_die(Run.submitting)),
    lambda: setattr(reana, "create", die),
    lambda: setattr(reana, "create", then_die(reana.create)),
    lambda: setattr(Run, "created_remotely", then_die(Run.created_remotely)),
    lambda: setattr(reana, "upload", then_die(reana.upload, after=3)),
    lambda: setattr(reana, "start", die),
    lambda: setattr(reana, "start", then_die(reana.start)),
    lambda: setattr(Run, "started", then_die(Run.started)),
)

if __name__ == "__main__":
    dict(zip(POINTS, DEATHS, strict=True))[sys.argv[2]]()
    worker.submit(int(sys.argv[1]))
