"""Give a person whom a test changed at the demonstration IAM back as they were, at Rucio, too."""

import subprocess

from devstack.address import ENVS, ROOT
from devstack.iam.control import person
from tests import stack


def synchronise() -> None:
    """Make Rucio's accounts equal to the IAM's people, now."""
    command = [str(ENVS / "rucio" / "bin" / "python"), "-m", "devstack.rucio.people"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def restore(name: str) -> None:
    """As the demonstration has them.

    Rucio follows the IAM once a minute. If it looked while the person was switched off, their account would be suspended until
    it looks again, and tests of the Data Lake would fail that have nothing to do with this one.
    """
    person(name, "--reset")
    if not stack.waiting("rucio"):
        synchronise()
