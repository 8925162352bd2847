"""The filter on system calls, step by step as the kernel takes it, for both machines."""

import errno
import os
import socket
import struct

import pytest

from vre_portal.confinement.child import seccomp
from vre_portal.confinement.child.system_calls import MACHINES

OWN = 4321
CLONE_THREAD = 0x3D0F00  # as the C library starts a thread
DENIED = {
    "x86_64": {
        "socket": 41, "connect": 42, "accept": 43, "sendmsg": 46, "recvmsg": 47, "bind": 49, "listen": 50, "fork": 57, "vfork": 58, "execve": 59,
        "truncate": 76, "link": 86, "symlink": 88, "ptrace": 101, "setuid": 105, "setsid": 112, "mknod": 133, "chroot": 161, "mount": 165, "keyctl": 250,
        "unshare": 272, "setns": 308, "process_vm_readv": 310, "bpf": 321, "execveat": 322, "userfaultfd": 323, "memfd_create": 319, "shmget": 29,
        "perf_event_open": 298, "open_by_handle_at": 304, "setpriority": 141, "sched_setaffinity": 203, "tkill": 200, "mq_open": 240,
    },
    "aarch64": {
        "socket": 198, "connect": 203, "accept": 202, "sendmsg": 211, "recvmsg": 212, "bind": 200, "listen": 201, "execve": 221, "truncate": 45, "linkat": 37,
        "symlinkat": 36, "ptrace": 117, "setuid": 146, "setsid": 157, "mknodat": 33, "chroot": 51, "mount": 40, "keyctl": 219, "unshare": 97, "setns": 268,
        "process_vm_readv": 270, "bpf": 280, "execveat": 281, "userfaultfd": 282, "memfd_create": 279, "shmget": 194, "perf_event_open": 241,
        "open_by_handle_at": 265, "setpriority": 140, "sched_setaffinity": 122, "tkill": 130, "mq_open": 180,
    },
}  # fmt: skip
GUARDED = {
    "x86_64": {"clone": 56, "socketpair": 53, "sendto": 44, "kill": 62, "prlimit64": 302, "prctl": 157, "openat": 257, "utimensat": 280},
    "aarch64": {"clone": 220, "socketpair": 199, "sendto": 206, "kill": 129, "prlimit64": 261, "prctl": 167, "openat": 56, "utimensat": 88},
}
REFUSED, MISSING = seccomp.REFUSE, seccomp.ERROR | errno.ENOSYS


def decide(machine: str, number: int, *arguments: int, kind: int | None = None) -> int:
    """What the filter says to a call."""
    kind = MACHINES[machine][1] if kind is None else kind
    data = struct.pack("<IIQ6Q", number, kind, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    steps, place, value = seccomp.program(machine, OWN), 0, 0
    while True:
        operation, if_so, if_not, what = steps[place]
        place += 1
        if operation == seccomp.RETURN:
            return what
        if operation == seccomp.LOAD:
            value = struct.unpack_from("<I", data, what)[0]
        elif operation == seccomp.AND:
            value &= what
        else:
            holds = value == what if operation == seccomp.IF_EQUAL else value >= what
            place += if_so if holds else if_not


@pytest.mark.parametrize("machine", MACHINES)
def test_what_reaches_others_is_refused(machine: str) -> None:
    assert {name: decide(machine, number) for name, number in DENIED[machine].items()} == dict.fromkeys(DENIED[machine], REFUSED)


@pytest.mark.parametrize("machine", MACHINES)
def test_newer_calls_do_not_exist(machine: str) -> None:
    for number in (424, 425, 434, 435, 437, 440, 444, 449, 463, 0x40000000, 0x40000039, 0xFFFFFFFF):  # x32 has numbers from 0x40000000
        assert decide(machine, number) == MISSING


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_machine_end_the_process(machine: str) -> None:
    others = {0x40000003, *(kind for _column, kind in MACHINES.values())} - {MACHINES[machine][1]}
    for kind in others:
        assert decide(machine, 0, kind=kind) == seccomp.KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_guarded_calls_are_decided_by_their_arguments(machine: str) -> None:
    numbers = GUARDED[machine]
    cases = [
        ("clone", (CLONE_THREAD,), seccomp.ALLOW),
        ("clone", (17,), REFUSED),  # a process
        ("clone", (os.CLONE_NEWUSER | 0x10000,), REFUSED),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC), seccomp.ALLOW),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_DGRAM), REFUSED),
        ("socketpair", (socket.AF_INET, socket.SOCK_STREAM), REFUSED),
        ("sendto", (3, 1, 1, 0, 0), seccomp.ALLOW),
        ("sendto", (3, 1, 1, 0, 0x7F00), REFUSED),
        ("sendto", (3, 1, 1, 0, 0x7F00000000), REFUSED),
        ("kill", (OWN,), seccomp.ALLOW),
        ("kill", (1,), REFUSED),
        ("kill", (2**64 - 1,), REFUSED),
        ("prlimit64", (0,), seccomp.ALLOW),
        ("prlimit64", (1,), REFUSED),
        ("prctl", (15,), seccomp.ALLOW),
        ("prctl", (1,), REFUSED),  # the signal by which it ends with its parent
        ("openat", (3, 1, os.O_RDONLY | os.O_CLOEXEC), seccomp.ALLOW),
        ("openat", (3, 1, os.O_WRONLY | os.O_TRUNC | os.O_CREAT), seccomp.ALLOW),
        ("openat", (3, 1, os.O_RDONLY | os.O_TRUNC), REFUSED),
        ("utimensat", (3, 1, 0x7F00), seccomp.IGNORE),
        ("utimensat", (3, 1, 0x7F00000000), seccomp.IGNORE),
        ("utimensat", (3, 1, 0), REFUSED),
    ]
    for name, arguments, expected in cases:
        assert decide(machine, numbers[name], *arguments) == expected, (name, arguments)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_is_short_enough_for_the_kernel(machine: str) -> None:
    steps = seccomp.program(machine, OWN)
    assert len(steps) < 4096
    assert all(0 <= part < 256 for step in steps for part in step[1:3])
