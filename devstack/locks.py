"""`make lock`: resolve every requirements.in into a lock with hashes that names no index."""

import subprocess
from pathlib import Path

from devstack import address
from devstack.environments import UV

OPTIONS = ["--universal", "--python-version", "3.12", "--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]


def lock(source: Path, target: Path) -> None:
    """Write one lock; versions that still fit stay as they are. Its remarks name files from the folder of the source."""
    subprocess.run([UV, "pip", "compile", *OPTIONS, source.name, "-o", target.name], cwd=source.parent, check=True)


def lock_all() -> None:
    """Lock the portal's requirements and each server's own."""
    for source in sorted((address.ROOT / "requirements").glob("*.in")):
        lock(source, source.with_suffix(".txt"))
    for source in sorted((address.ROOT / "devstack").rglob("requirements.in")):
        lock(source, source.with_name("requirements.txt"))
