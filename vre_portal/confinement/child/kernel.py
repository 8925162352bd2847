"""Calls of the Linux kernel that Python has no function for."""

import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
CAPABILITIES_VERSION = 0x20080522


class NotIsolated(Exception):
    """What is required to confine this process is missing; the text is one of the words that the parent knows."""


def checked(result: int) -> int:
    """What a function of the C library returned; raises OSError where it failed."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def call(number: int, *arguments: object) -> int:
    """A system call by its number; raises OSError."""
    values = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return checked(LIBC.syscall(ctypes.c_long(number), *values))


def prctl(option: int, value: int, pointer: object = 0) -> None:
    """prctl(2); raises OSError."""
    last = ctypes.c_ulong(pointer) if isinstance(pointer, int) else pointer
    checked(LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(value), last, ctypes.c_ulong(0), ctypes.c_ulong(0)))


def drop_capabilities() -> None:
    """Give up what root may do more than others, and what the owner of a namespace may do in it."""
    header, sets = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)()
    checked(LIBC.capset(header, sets))
