"""What an administrator of the demonstration IAM does, for tests and scripts outside its environment."""

import os
import subprocess

from devstack.address import ENVS, ROOT


def person(name: str, *options: str) -> str:
    """Run the management command `person`: `person("member", "--remove", "escape/km3net")`, `person("member", "--reset")`."""
    command = [str(ENVS / "iam" / "bin" / "python"), "-m", "devstack.iam.manage", "person", name, *options]
    return subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True, text=True).stdout.strip()
