"""The filter on system calls: what is not listed is refused, so no sockets, no processes, no programs, no signals to others."""

import ctypes
import errno
import os
import platform
import struct

from vre_portal.confinement.child import kernel
from vre_portal.confinement.child.system_calls import (
    ALLOWED,
    GUARDED,
    IGNORED,
    MACHINES,
    NEW_CALLS,
    TIMES,
    UNSUPPORTED,
    Guard,
    guards,
    is_null,
    numbers,
)

LOAD, AND, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
NUMBER, MACHINE = 0, 4  # where the kernel shows them to the filter
KILL, ALLOW, ERROR = 0x80000000, 0x7FFF0000, 0x00050000
REFUSE, IGNORE = ERROR | errno.EPERM, ERROR  # an error of the number 0 is success
FILTER_MODE = 2

Step = tuple[int, int, int, int]  # operation, how many steps to leave out if so, if not, value


def program(machine: str, own: int) -> list[Step]:
    """The filter's steps for a process of this number, which has to be running alone."""
    steps: list[Step] = [(LOAD, 0, 0, MACHINE), (IF_EQUAL, 1, 0, MACHINES[machine][1]), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    for table, result in ((ALLOWED, ALLOW), (IGNORED, IGNORE), (UNSUPPORTED, ERROR | errno.EOPNOTSUPP)):
        for number in numbers(table, machine).values():
            steps += [(IF_EQUAL, 0, 1, number), (RETURN, 0, 0, result)]
    conditions = guards(own)
    bodies = {number: decided(conditions[name], ALLOW, REFUSE) for name, number in numbers(GUARDED, machine).items()}
    bodies |= {number: decided(is_null(2), REFUSE, IGNORE) for number in numbers(TIMES, machine).values()}
    for number, body in bodies.items():
        steps += [(IF_EQUAL, 0, len(body), number), *body]
    return [*steps, (IF_AT_LEAST, 0, 1, NEW_CALLS), (RETURN, 0, 0, ERROR | errno.ENOSYS), (RETURN, 0, 0, REFUSE)]


def decided(conditions: tuple[Guard, ...], then: int, otherwise: int) -> list[Step]:
    """Steps that return one result where all conditions hold, and the other where not."""
    steps: list[Step] = []
    for guard in conditions:
        steps += [(LOAD, 0, 0, guard.place), (AND, 0, 0, guard.mask)]
        steps += [(IF_EQUAL, len(guard.values) - place, 0, value) for place, value in enumerate(guard.values)]
        steps.append((RETURN, 0, 0, otherwise))
    return [*steps, (RETURN, 0, 0, then)]


def restrict() -> None:
    """Put the filter on this process and all its threads to come; raises NotIsolated."""
    if platform.machine() not in MACHINES:
        raise kernel.NotIsolated("machine")
    steps = program(platform.machine(), os.getpid())
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    try:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(kernel.PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(Filter(len(steps), ctypes.addressof(code))))
    except OSError as error:
        raise kernel.NotIsolated("seccomp") from error


class Filter(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))
