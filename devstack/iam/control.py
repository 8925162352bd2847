"""What an administrator of the demonstration IAM does, for tests and scripts outside its environment."""

import os
import subprocess

from devstack.address import ENVS, ROOT


def person(name: str, *options: str) -> str:
    """Run the management command `person`: `person("member", "--remove", "escape/km3net")`, `person("member", "--reset")`."""
    return _manage("person", name, *options)


def client(name: str, *options: str) -> str:
    """Run the management command `client`: `client("jupyterhub", "--token-seconds", "20")`, `client("jupyterhub", "--reset")`."""
    return _manage("client", name, *options)


def _manage(*arguments: str) -> str:
    command = [str(ENVS / "iam" / "bin" / "python"), "-m", "devstack.iam.manage", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True, text=True).stdout.strip()
