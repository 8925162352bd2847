"""Programs of the tests, and Pythons that start as if the kernel refused something."""

import os
import sys
import textwrap
from pathlib import Path
from typing import Any

from vre_portal.confinement import Limits, run

PYTHON = Path(sys.executable)
MACHINE = os.uname().machine
UNSHARE = {"x86_64": 272, "aarch64": 97}.get(MACHINE, 0)
MOUNT = {"x86_64": 165, "aarch64": 40}.get(MACHINE, 0)
PRCTL = {"x86_64": 157, "aarch64": 167}.get(MACHINE, 0)
LANDLOCK, PR_SET_SECCOMP = 444, 22
START = """\
#!{python} -IB
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
{before}
os.execv({python!r}, [{python!r}, *sys.argv[1:]])
"""
FILTER = """\
def refuse(number, error, argument=None):
    load, equal, back = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (equal, 0, 1 if argument is None else 3, number)]
    steps += [] if argument is None else [(load, 0, 0, 16), (equal, 0, 1, argument)]
    steps += [(back, 0, 0, 0x50000 | error), (back, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    libc.prctl(38, 1, 0, 0, 0)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    assert libc.prctl(22, 2, program, 0, 0) == 0
"""


def python_without(folder: Path, number: int, error: int, argument: int | None = None) -> Path:
    """A Python for which the kernel refuses one system call, as that of a container or of an older system does."""
    return starting(folder, f"{FILTER}\nrefuse({number}, {error}, {argument})")


def starting(folder: Path, before: str) -> Path:
    """A Python that runs some lines before it becomes Python."""
    script = folder / "python"
    script.write_text(START.format(python=str(PYTHON), before=before))
    script.chmod(0o755)
    return script


def confined(body: str, folder: Path, *, python: Path = PYTHON, wish: dict[str, Any] | None = None, **limits: Any) -> dict[str, Any]:
    """Run a program whose `answer` has this body; `folder` holds the program and is readable."""
    place = folder / "program"
    place.mkdir(exist_ok=True)
    program = place / "program.py"
    program.write_text(
        "import os, sys\nfrom pathlib import Path\n\ndef answer(wish, folder, scratch):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    )
    return run(program, python=python, wish=wish or {}, folder=None, limits=Limits(**{"seconds": 60, **limits}))
