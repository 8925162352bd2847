"""The system calls of a program that computes: their numbers on the machines that we know, and what of them is allowed."""

import os
import socket
from dataclasses import dataclass

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # the column below; what the kernel calls the machine
# Name, number on x86_64, number on aarch64.
ALLOWED = """
read 0 63; readv 19 65; pread64 17 67; preadv 295 69; write 1 64; writev 20 66; pwrite64 18 68; lseek 8 62; close 3 57;
close_range 436 436; dup 32 23; dup2 33 -; dup3 292 24; pipe 22 -; pipe2 293 59; eventfd2 290 19; fstat 5 80; stat 4 -;
lstat 6 -; newfstatat 262 79; statx 332 291; statfs 137 43; fstatfs 138 44; access 21 -; faccessat 269 48; faccessat2 439 439;
readlink 89 -; readlinkat 267 78; getcwd 79 17; chdir 80 49; fchdir 81 50; getdents 78 -; getdents64 217 61; mkdir 83 -;
mkdirat 258 34; rmdir 84 -; unlink 87 -; unlinkat 263 35; rename 82 -; renameat 264 38; renameat2 316 276; creat 85 -;
ftruncate 77 46; fallocate 285 47; fsync 74 82; fdatasync 75 83; flock 73 32; fadvise64 221 223; sendfile 40 71;
copy_file_range 326 285; umask 95 166; mmap 9 222; munmap 11 215; mprotect 10 226; mremap 25 216; madvise 28 233; brk 12 214;
futex 202 98; rseq 334 293; membarrier 324 283; set_robust_list 273 99; set_tid_address 218 96; arch_prctl 158 -;
rt_sigaction 13 134; rt_sigprocmask 14 135; rt_sigreturn 15 139; sigaltstack 131 132; exit 60 93; exit_group 231 94;
restart_syscall 219 128; sched_yield 24 124; sched_getaffinity 204 123; nanosleep 35 101; clock_nanosleep 230 115;
clock_gettime 228 113; clock_getres 229 114; gettimeofday 96 169; time 201 -; times 100 153; poll 7 -; ppoll 271 73;
select 23 -; pselect6 270 72; epoll_create 213 -; epoll_create1 291 20; epoll_ctl 233 21; epoll_wait 232 -;
epoll_pwait 281 22; recvfrom 45 207; getsockname 51 204; getpeername 52 205; getsockopt 55 209; shutdown 48 210;
getpid 39 172; gettid 186 178; getppid 110 173; getuid 102 174; geteuid 107 175; getgid 104 176; getegid 108 177;
getgroups 115 158; getresuid 118 148; getresgid 120 150; getpgrp 111 -; getpgid 121 155; getsid 124 156; getrusage 98 165;
getrlimit 97 163; getpriority 140 141; uname 63 160; sysinfo 99 179; getrandom 318 278; wait4 61 260; waitid 247 95; capget 125 90
"""
# What programs do to files that they have made and that does not matter here: it is answered as done, and nothing is done.
IGNORED = """
chmod 90 -; fchmod 91 52; fchmodat 268 53; fchmodat2 452 452; chown 92 -; lchown 94 -; fchown 93 55; fchownat 260 54
"""
# A time that the program names is ignored likewise. That of now is refused: programs then make the file, which they leave out where it is set.
TIMES = "utimensat 280 88"
# Attributes of files, which few file systems have: programs expect to be told so.
UNSUPPORTED = """
getxattr 191 8; lgetxattr 192 9; fgetxattr 193 10; listxattr 194 11; llistxattr 195 12; flistxattr 196 13; setxattr 188 5;
lsetxattr 189 6; fsetxattr 190 7; removexattr 197 14; lremovexattr 198 15; fremovexattr 199 16
"""
# Allowed with some arguments.
GUARDED = """
clone 56 220; socketpair 53 199; sendto 44 206; kill 62 129; tgkill 234 131; prlimit64 302 261; prctl 157 167; ioctl 16 29;
fcntl 72 25; open 2 -; openat 257 56
"""
NEW_CALLS = 424  # from here on a program is told that the kernel is older, so that it does the same in another way (clone3, openat2)
HIGH_HALF = 4  # bytes after the place of an argument
CLONE_THREAD, CLONE_NAMESPACES = 0x10000, 0x7E020000
OPEN_FLAGS = (0, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_TRUNC)  # to empty a file one needs to write it
# TCGETS, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX
IOCTLS = (0x5401, 0x5421, 0x541B, 0x5450, 0x5451)
# F_DUPFD to F_SETLKW, locks of an open file, F_DUPFD_CLOEXEC: no signals to others, no larger pipes
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)
PR_SET_NAME, PR_GET_NAME = 15, 16


@dataclass(frozen=True)
class Guard:
    """A condition on one argument: half of it, as far as the mask goes, has to be one of the values."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    half: int = 0

    @property
    def place(self) -> int:
        """Where the kernel shows it to a filter."""
        return 16 + 8 * self.argument + self.half


def is_null(argument: int) -> tuple[Guard, Guard]:
    """That the argument is no address."""
    return Guard(argument, (0,)), Guard(argument, (0,), half=HIGH_HALF)


def guards(own: int) -> dict[str, tuple[Guard, ...]]:
    """The conditions of each guarded call, for the process of this number."""
    return {
        "clone": (Guard(0, (CLONE_THREAD,), CLONE_THREAD | CLONE_NAMESPACES),),  # threads, no processes
        # A pair of connected streams, as every event loop has; a datagram could be sent to somebody else.
        "socketpair": (Guard(0, (socket.AF_UNIX,)), Guard(1, (socket.SOCK_STREAM,), 0xF)),
        "sendto": is_null(4),
        "kill": (Guard(0, (own,)),),
        "tgkill": (Guard(0, (own,)),),
        "prlimit64": (Guard(0, (0, own)),),
        "prctl": (Guard(0, (PR_SET_NAME, PR_GET_NAME)),),
        "ioctl": (Guard(1, IOCTLS),),
        "fcntl": (Guard(1, FCNTLS),),
        "open": (Guard(1, OPEN_FLAGS, os.O_ACCMODE | os.O_TRUNC),),
        "openat": (Guard(2, OPEN_FLAGS, os.O_ACCMODE | os.O_TRUNC),),
    }


def numbers(table: str, machine: str) -> dict[str, int]:
    """The calls of a table that the machine has, by their names."""
    column = MACHINES[machine][0]
    rows = (entry.split() for entry in table.split(";"))
    return {row[0]: int(row[1 + column]) for row in rows if row[1 + column] != "-"}
