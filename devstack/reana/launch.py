"""Set a job's limits, take the stack's state out of its sight, and become the job; a script that needs no packages.

A job runs as the person who started the stack, so it could read the stack's secrets and other people's workspaces. Where the kernel
lets an ordinary process have namespaces of its own, these folders are covered by empty ones that the job cannot take away.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

SECRETS = Path("/etc/reana/secrets")
PR_SET_PDEATHSIG = 1
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18


def mount(source: str, target: str, kind: str = "", flags: int = 0) -> None:
    """mount(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), f"cannot mount {target}")


def own_user_namespace(extra: int = 0) -> None:
    """A user namespace in which we are who we were, with no power over anything outside it."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | extra)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def cover(hidden: list[str], kept: list[str], secrets: str) -> None:
    """Cover folders by empty ones in which only those that are kept can be seen."""
    own_user_namespace(os.CLONE_NEWNS)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    given = os.open(secrets, os.O_PATH | os.O_DIRECTORY) if secrets else None
    handles = [(folder, os.open(folder, os.O_PATH | os.O_DIRECTORY)) for folder in kept]
    for folder in hidden:
        mount("tmpfs", folder, "tmpfs")
    for folder, handle in handles:
        Path(folder).mkdir(parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{handle}", folder, flags=MS_BIND | MS_REC)
        os.close(handle)
    if given is not None:
        give_secrets(given)
    own_user_namespace()  # the covers belong to the namespace that we leave here: the job cannot take them away


def give_secrets(given: int) -> None:
    """Show the files of an open folder under /etc/reana/secrets, which no machine has: an /etc of the job's own, with all that is in it."""
    old = os.open("/etc", os.O_PATH | os.O_DIRECTORY)
    entries = [(entry.name, entry.is_symlink(), entry.is_dir()) for entry in os.scandir("/etc")]
    mount("tmpfs", "/etc", "tmpfs")
    for name, is_link, is_folder in entries:
        source, target = f"/proc/self/fd/{old}/{name}", Path("/etc", name)
        if is_link:
            target.symlink_to(Path(source).readlink())
            continue
        target.mkdir() if is_folder else target.touch()
        mount(source, str(target), flags=MS_BIND | MS_REC)
    SECRETS.mkdir(parents=True)
    mount(f"/proc/self/fd/{given}", str(SECRETS), flags=MS_BIND)
    os.close(old)
    os.close(given)


def main(wanted: dict[str, Any], command: list[str]) -> None:
    """Limit this process, which all that it starts inherits, and replace it by the command."""
    here = Path.cwd()
    if wanted["hidden"]:
        cover(wanted["hidden"], wanted["kept"], wanted["secrets"])
    os.chdir(here)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # an engine would wait for ever for a server that has ended
    resource.setrlimit(resource.RLIMIT_AS, (wanted["memory"], wanted["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (wanted["file_bytes"], wanted["file_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
