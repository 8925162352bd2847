"""Run one program in a confined process, within its time, and check what it answers."""

import json
import logging
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from vre_portal.confinement import answers, scratch
from vre_portal.confinement.failures import Limits, failure

CHILD = Path(__file__).parent / "child" / "__main__.py"
LOOK_SECONDS = 0.05  # how often the parent looks at what the kernel does not limit
PAUSES = 10  # times as long as the last look: thousands of files must not keep the portal busy
MAX_THREADS = 64
DEFAULTS = Limits()
logger = logging.getLogger(__name__)


def run(program: Path, *, python: Path, wish: dict[str, Any], folder: Path | None, limits: Limits = DEFAULTS) -> dict[str, Any]:
    """What the program's `answer(wish, folder, scratch)` returns, run by another environment's `python`. Raises ChildFailed.

    The program can read its Python's environment, the folder that it is in, and `folder`; it can write into `scratch` alone.
    The answer may be a stranger's: it is JSON that can be stored, and nothing else of it is checked.
    """
    return run_and_tell(program, python=python, wish=wish, folder=folder, limits=limits)[0]


def run_and_tell(
    program: Path, *, python: Path, wish: dict[str, Any], folder: Path | None, limits: Limits
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The same, and what confined the process, which is true as far as the program can be trusted."""
    program, folder = program.resolve(), folder.resolve() if folder else None
    with (
        scratch.folder() as place,
        tempfile.TemporaryFile() as request,
        tempfile.TemporaryFile() as reply,
        tempfile.TemporaryFile() as noise,
    ):
        content = {
            "program": str(program),
            "wish": wish,
            "folder": str(folder) if folder else None,
            "scratch": str(place),
            "readable": [str(program.parent), *([str(folder)] if folder else [])],
            "file": reply.fileno(),
            "parent": os.getpid(),
            "memory": limits.memory,
            "cpu_seconds": limits.cpu_seconds,
            "size": limits.scratch,
            "most": limits.answer,
        }
        request.write(json.dumps(content).encode())
        request.seek(0)
        try:
            child = subprocess.Popen(
                [python, "-I", "-B", CHILD],  # no settings of anybody, and no bytecode
                stdin=request,
                stdout=noise,
                stderr=noise,
                pass_fds=[reply.fileno()],
                cwd=place,
                env=environment(place),
                start_new_session=True,
            )
        except OSError as error:
            logger.error("%s could not be started: %s", python, error)
            raise failure("crash", limits) from None
        begin = time.monotonic()
        try:
            code = _wait(child, place, limits)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if code == -signal.SIGKILL and time.monotonic() - begin > limits.cpu_seconds:
            code = -signal.SIGXCPU  # which the program has ignored; the kernel kills it a second later
        return _checked(reply, code, noise, limits)


def environment(place: Path) -> dict[str, str]:
    """Nothing of the portal's own; every folder that libraries write into is the scratch folder, and they compute in one thread."""
    folders = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")
    return {
        **dict.fromkeys(folders, str(place)),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "LOGNAME": "confined",
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _wait(child: subprocess.Popen[bytes], place: Path, limits: Limits) -> int:
    """The code with which it ends. Raises ChildFailed where it takes too long, or more of what only the parent counts."""
    end, pause = time.monotonic() + limits.seconds, LOOK_SECONDS
    while True:
        try:
            return child.wait(pause)
        except subprocess.TimeoutExpired:
            begin = time.monotonic()
            if begin > end:
                raise failure("time", limits, by_clock=True) from None
            too_full = scratch.is_too_full(place, limits.scratch) or scratch.deleted_bytes(child.pid) > limits.scratch + limits.answer
            if too_full or _threads(child.pid) > MAX_THREADS:
                raise failure("memory", limits) from None
            pause = max(LOOK_SECONDS, PAUSES * (time.monotonic() - begin))


def _threads(process: int) -> int:
    try:
        return len(list(Path(f"/proc/{process}/task").iterdir()))
    except OSError:  # it has just ended
        return 0


def _checked(reply: IO[bytes], code: int, noise: IO[bytes], limits: Limits) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The answer, as far as it has the shape of one."""
    kind, why = "answer", ""
    try:
        found = answers.read(reply, limits.answer)
        answer, by = found.get("answer"), found.get("by")
        if code == 0 and isinstance(answer, dict) and isinstance(by, list):
            return answer, tuple(str(item) for item in by)
        kind, why = str(found.get("failed", kind)), str(found.get("why", ""))
    except answers.BadAnswer:
        kind = "time" if code == -signal.SIGXCPU else "memory" if code == -signal.SIGKILL else "crash" if code else "answer"
    noise.seek(0)
    logger.warning("A confined program ended with code %s, %s: %r %r", code, kind, why[-2000:], noise.read()[-500:])
    raise failure(kind, limits, why)
