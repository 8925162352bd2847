"""Processes that are killed (SIGKILL) in the middle of a launch, one for each line of the input; `benchmarks/faults.py` calls it.

A line is `submit <run> <point>` (a worker, see tests/workflows/points.py) or `launch <key> <project> <specification> <person>`: a web
process that dies after the commit, before the message. Prints 1 for each that was killed and 0 for each that was not.
"""

import os
import signal
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.workflows import dying  # sets Django up


def submit(pk: str, point: str) -> None:
    """What a worker does with the message."""
    dict(zip(dying.POINTS, dying.DEATHS, strict=True))[point]()
    dying.worker.submit(int(pk))


def launch(key: str, project: str, specification: str, person: str) -> None:
    """What the web process does with the form."""
    from benchmarks.launch_stack import NAME
    from projects.models import Project
    from projects.workflows import services
    from projects.workflows.models import Specification
    from vre_portal import celery
    from vre_portal.iam.models import User

    celery.send = dying.die
    services.launch(
        by=User.objects.get(pk=person),
        project=Project.objects.get(pk=project),
        specification=Specification.objects.get(pk=specification),
        parameters={},
        inputs={},
        key=uuid.UUID(key),
        server=NAME,
    )


def was_killed(line: str) -> bool:
    """A process of its own, without threads beside it, does what the line says."""
    kind, _, rest = line.strip().partition(" ")
    child = os.fork()
    if child == 0:
        submit(*rest.split(" ", 1)) if kind == "submit" else launch(*rest.split())
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


if __name__ == "__main__":
    for asked in sys.stdin:
        print(int(was_killed(asked)), flush=True)
