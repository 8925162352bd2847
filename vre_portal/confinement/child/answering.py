"""Read a wish, confine this process, and let one program answer into a file that the parent has opened."""

import errno
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

from vre_portal.confinement.child import kernel, landlock, limits, namespaces, seccomp

# Of the system, what Python's own modules and libraries need; and the one file that they fail without if it exists.
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/mime.types")
TRACE = 2000  # characters of what went wrong, for the log


def main() -> None:
    """Write {"answer", "by"} or {"failed", "why"}; threads that the program leaves behind are not waited for."""
    wish = json.load(sys.stdin)
    with os.fdopen(wish["file"], "w", encoding="utf-8") as stream:
        text = reply(wish)
        stream.write(text if len(text) <= wish["most"] else json.dumps({"failed": "answer"}))
    os._exit(0)


def reply(wish: dict[str, Any]) -> str:
    """What the program answers and what it was confined by, or the kind of its failure, as JSON."""
    try:
        by = confine(wish)
    except kernel.NotIsolated as error:
        return json.dumps({"failed": "not isolated", "why": str(error)})
    folder = None if wish["folder"] is None else Path(wish["folder"])
    try:
        sys.path.append(str(Path(wish["program"]).parent))  # last: a program may have the name of the package that it uses
        answer = runpy.run_path(wish["program"], run_name="confined")["answer"](wish["wish"], folder, Path(wish["scratch"]))
    except MemoryError:
        return json.dumps({"failed": "memory"})
    except BaseException as error:  # noqa: BLE001 -- a program can raise anything, also what ends a process
        if isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.ENOSPC, errno.EFBIG):
            return json.dumps({"failed": "memory"})
        return json.dumps({"failed": "crash", "why": traceback.format_exc()[-TRACE:]})
    try:
        return json.dumps({"answer": answer, "by": by}, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps({"failed": "answer"})


def confine(wish: dict[str, Any]) -> list[str]:
    """Give up everything that a program which computes does not need; by what. Raises NotIsolated where that cannot be done."""
    limits.limit(memory=wish["memory"], cpu_seconds=wish["cpu_seconds"], file_bytes=max(wish["size"], wish["most"]))
    by = namespaces.separate(wish["scratch"], wish["size"])
    landlock.restrict([*readable(), *wish["readable"]], wish["scratch"])
    kernel.drop_capabilities()
    limits.end_with_parent(wish["parent"])
    os.chdir(wish["scratch"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    seccomp.restrict()
    return ["Landlock", "seccomp", *by]


def readable() -> list[str]:
    """Where the modules and libraries of this Python are: of a folder that it shares, such as /usr, only where it has its own."""
    own = [] if sys.prefix == sys.base_prefix else [sys.prefix]
    return [*own, f"{sys.base_prefix}/lib", f"{sys.base_prefix}/lib64", *SYSTEM]
