"""What a confined process may use of the machine, as far as the kernel counts it for each process."""

import contextlib
import os
import resource
import signal
import sys
from pathlib import Path

from vre_portal.confinement.child import kernel

OPEN_FILES = 64


def limit(*, memory: int, cpu_seconds: int, file_bytes: int) -> None:
    """Set the limits. What writes more gets an error, what computes longer is ended by SIGXCPU, a second later by SIGKILL."""
    for what, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, file_bytes, file_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 1, 1),  # at 0 a program of the system that collects crashes would still be given the memory
    ):
        present = resource.getrlimit(what)[1]
        most = hard if present == resource.RLIM_INFINITY else min(hard, present)
        resource.setrlimit(what, (min(soft, most), most))
    with contextlib.suppress(OSError):  # where the machine has too little memory, this process is ended before the portal
        Path("/proc/self/oom_score_adj").write_text("1000")


def end_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent ends, whatever runs in it then."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
