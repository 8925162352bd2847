"""REQUESTS_FILE, which is read once: see `configuration_reader` for what it can say."""

from functools import cache
from pathlib import Path

from django.conf import settings

from projects.requests.configuration_reader import Configuration, parsed


def configuration() -> Configuration:
    """What the file says now that this process has read it. Raises ValueError with everything that is wrong with it."""
    return loaded(settings.REQUESTS_FILE)


@cache
def loaded(path: str) -> Configuration:
    """One file, read once; empty without one."""
    return read(Path(path)) if path else Configuration()


def read(path: Path) -> Configuration:
    """The file. Raises ValueError in words, with everything that is wrong with it."""
    found, faults = parsed(path)
    if faults:
        raise ValueError(f"{path.name} cannot be used: " + "; ".join(faults))  # untranslated: for operators
    return found
