"""Limits of a session that is a process of this machine: its processors, and the memory of each of its processes."""

import os
import resource
from collections.abc import Callable

from devstack.supervision import end_with_parent


def limiting(cpus: float | None, memory_bytes: int | None) -> Callable[[], None]:
    """What a session's process does to itself before it becomes JupyterLab; its kernels inherit both limits.

    The memory is that of each process and not their sum, which only a container could limit.
    """

    def limit() -> None:
        end_with_parent()
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        if cpus:
            here = sorted(os.sched_getaffinity(0))
            first = os.getpid() % len(here)  # sessions spread over the machine
            os.sched_setaffinity(0, (here[first:] + here[:first])[: max(1, int(cpus))])

    return limit
