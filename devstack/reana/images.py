"""Which local environment a step's container image means."""

import tomllib
import venv
from functools import cache
from pathlib import Path

from devstack.reana import limits

TABLE = Path(__file__).with_name("images.toml")
BARE = "python"


class UnknownImage(Exception):
    """No environment stands in for the image; the text names those that are known."""


@cache
def table() -> dict[str, str]:
    """Image name to environment name."""
    return dict(tomllib.loads(TABLE.read_text())["images"])


def prepare() -> None:
    """The bare environment needs no packages, so it is made here."""
    if not (limits.ENVIRONMENTS / BARE / "bin" / "python").exists():
        venv.create(limits.ENVIRONMENTS / BARE, with_pip=False, symlinks=True)


def programs(image: str) -> Path:
    """The folder of programs that the image's environment holds."""
    plain = image.removeprefix("docker://").partition("@")[0]  # a digest names what the tag names, too
    name = table().get(plain)
    if name is None:
        known = ", ".join(sorted(table()))
        raise UnknownImage(f"The image {plain!r} is not available on this machine. Available: {known}.")
    folder = limits.ENVIRONMENTS / name / "bin"
    if not folder.is_dir():
        raise UnknownImage(f"The environment {name!r} for the image {plain!r} is not installed.")
    return folder
