"""`make wheel`: build the Python package of client/ as a wheel, without asking any package index."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from devstack import address
from devstack.environments import InstallError

SOURCE = address.ROOT / "client"
FOLDER = address.RUN / "wheels"
BUILD = "from setuptools import build_meta; build_meta.build_wheel('out')"  # what pip calls, without a download of setuptools
EPOCH = "315532800"  # of all files in it, so that the same sources make the same wheel: 1980, where zip begins
PARTS = ("pyproject.toml", "README.md", "src")


def build(folder: Path = FOLDER) -> Path:
    """The new wheel in the folder; raises InstallError with the reason where it cannot be built.

    setuptools of the portal's own environment builds it, in a copy, because it leaves files beside what it reads.
    """
    with tempfile.TemporaryDirectory() as place:
        for part in PARTS:
            if (SOURCE / part).is_dir():
                shutil.copytree(SOURCE / part, Path(place) / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(SOURCE / part, place)
        python = str(address.ENVS / "portal" / "bin" / "python")
        environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        result = subprocess.run([python, "-c", BUILD], cwd=place, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            raise InstallError(f"The wheel could not be built:\n{result.stderr.strip()[-1500:]}")
        [wheel] = (Path(place) / "out").glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))
