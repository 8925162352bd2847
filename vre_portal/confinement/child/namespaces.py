"""Where the kernel allows it: no network, all files read-only, and a small file system in memory as the only place to write."""

import ctypes
import os
import struct
from pathlib import Path

from vre_portal.confinement.child import kernel

MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1 << 14, 1 << 18, 2, 4, 8
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
FILES = 10_000  # that fit into the file system in memory


def separate(scratch: str, size: int) -> list[str]:
    """Leave the network and make all but the scratch folder read-only; what of it was done. Nothing of this is required."""
    done = []
    try:
        own_namespaces()
        done.append("network namespace")
        mount("none", "/", None, MS_REC | MS_PRIVATE)
        attributes = struct.pack("=4Q", MOUNT_ATTR_RDONLY, 0, 0, 0)
        kernel.call(MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, attributes, len(attributes))
        mount("tmpfs", scratch, f"size={size},nr_inodes={FILES},mode=0700", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        done.append("read-only files")
    except OSError:  # a container or the system's policy allows none, or not what belongs to it
        pass
    return done


def own_namespaces() -> None:
    """Namespaces of our own, in which we are who we were."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS | os.CLONE_NEWNET | os.CLONE_NEWIPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount(kind: str, target: str, options: str | None, flags: int) -> None:
    """mount(2) of something that has no source; raises OSError."""
    text = None if options is None else options.encode()
    kernel.checked(kernel.LIBC.mount(b"none", target.encode(), kind.encode(), ctypes.c_ulong(flags), text))
