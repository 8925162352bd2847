"""Install the locked Python environments of the stack, each once per lock, several at a time."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from devstack import address

UV = Path(sys.executable).parent / "uv"
DEVSTACK = Path(__file__).parent
LOCKS = address.ROOT / "requirements"  # of what a deployment needs, too
COMPILED = {"engines"}  # environments whose isolated programs cannot store bytecode: without it they compile Snakemake each time


class InstallError(Exception):
    """An environment could not be installed; the text says which and why."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment: its name and the lock that it is made from."""

    name: str
    lock: Path
    install_module: str = ""  # run with the environment's Python after the packages are in

    @property
    def folder(self) -> Path:
        return address.ENVS / self.name

    @property
    def stamp(self) -> str:
        """What the environment was made from: changes when the lock, the Python or the extra step change."""
        parts = [self.lock.read_bytes(), sys.version.encode(), self.install_module.encode()]
        if self.name in COMPILED:
            parts.append(b"compiled")
        if self.install_module:
            folder = address.ROOT / Path(*self.install_module.split(".")[:-1])
            parts += [file.read_bytes() for file in sorted(folder.glob("package*.json"))]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    @property
    def ready(self) -> bool:
        stamp = self.folder / ".stamp"
        return stamp.exists() and stamp.read_text() == self.stamp


def known() -> list[Environment]:
    """All environments of the stack, the portal's first because it is the largest."""
    found = [Environment("portal", LOCKS / "dev.txt"), Environment("engines", LOCKS / "engines.txt")]
    for lock in sorted(DEVSTACK.glob("*/requirements.txt")):
        step = "devstack.hub.install" if lock.parent.name == "hub" else ""
        found.append(Environment(lock.parent.name, lock, step))
    found += [Environment(lock.parent.name, lock) for lock in sorted(DEVSTACK.glob("reana/environments/*/requirements.txt"))]
    return found


# The processes that need an environment of another name than their own.
USERS = {
    "portal": {"portal", "events", "worker", "beat", "git"},
    "rucio": {"rucio", "rucio-daemons"},
    "lab": {"hub"},
    "lab-analysis": {"hub"},
    "engines": {"reana", "portal", "worker"},
    "mail": {"mail", "hooks"},
}


def needed_by(processes: Iterable[str]) -> set[str]:
    """The environments that the named processes run in."""
    names = set(processes)
    return {item.name for item in known() if names & (USERS.get(item.name) or {item.name, *item.lock.parts[-4:-2]})}


def run(environment: Environment, *command: str) -> None:
    """Run one step of an installation; its whole output is in the error where it fails."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=address.ROOT, env={**os.environ, "VIRTUAL_ENV": ""})
    if result.returncode:
        tail = (result.stderr or result.stdout).strip()[-1500:]
        raise InstallError(
            f"The environment '{environment.name}' could not be installed:\n{tail}\nMend that and start again; what is installed is kept."
        )


def install(environment: Environment) -> bool:
    """Make one environment unless it is there; two runners at once wait for each other. True where it was made."""
    address.ENVS.mkdir(parents=True, exist_ok=True)
    with (address.ENVS / f".{environment.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if environment.ready:
            return False
        options = ["-q", "--require-hashes", "-r", str(environment.lock)]
        if environment.name == "redis":
            # Its wheel carries a server that needs no Python; there is none for 3.13, so take the one for 3.12.
            options += ["--target", str(environment.folder), "--python-version", "3.12", "--no-deps", "--only-binary", ":all:"]
            run(environment, str(UV), "pip", "install", *options)
        else:
            run(environment, str(UV), "venv", "-q", "--allow-existing", "--python", sys.executable, str(environment.folder))
            options += ["--compile-bytecode"] if environment.name in COMPILED else []
            run(environment, str(UV), "pip", "install", "--python", str(environment.folder), *options)
        if environment.install_module:
            run(environment, str(environment.folder / "bin" / "python"), "-m", environment.install_module)
        (environment.folder / ".stamp").write_text(environment.stamp)
        return True


def install_all(names: Iterable[str] = ()) -> None:
    """Install what is missing, the named ones or all; raises InstallError for the first that fails."""
    wanted = set(names)
    missing = [item for item in known() if not item.ready and (not wanted or item.name in wanted)]
    if not missing:
        return
    print(f"Installing {len(missing)} environments: {', '.join(item.name for item in missing)}", flush=True)
    try:
        with ThreadPoolExecutor(max_workers=3) as pool:
            for item, _ in zip(missing, pool.map(install, missing), strict=True):
                print(f"  {item.name} is ready", flush=True)
    except OSError as error:
        where = error.filename or address.ENVS
        raise InstallError(
            f"{where} cannot be used: {error.strerror}. Choose a folder for packages: STACK_ENVS=/path/to/folder make run"
        ) from None
