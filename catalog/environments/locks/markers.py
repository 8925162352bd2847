"""Which entries of a list are for the image: markers name systems and versions of Python."""

import re
from functools import lru_cache

from packaging.markers import Marker

MAX_MARKER = 500  # characters; longer ones are taken to hold
_PLATFORM = {
    "os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64",
    "platform_python_implementation": "CPython", "implementation_name": "cpython", "extra": "",
}  # fmt: skip
_PYTHONS = tuple(f"3.{minor}.1" for minor in range(6, 16))
_PYTHON = re.compile(r"([23]\.[0-9]{1,2})(\.[0-9]{1,3})?")


@lru_cache(maxsize=1000)
def can_hold(marker: str, python: str) -> bool:
    """Whether it holds on Linux with this Python; with any, where none is named. One that cannot be read may hold."""
    if len(marker) > MAX_MARKER:
        return True
    named = _PYTHON.match(python)
    pythons = (f"{named[1]}{named[2] or '.1'}",) if named else _PYTHONS if "python" in marker else _PYTHONS[-1:]
    try:
        parsed = Marker(marker)
        return any(
            parsed.evaluate({**_PLATFORM, "python_version": ".".join(full.split(".")[:2]), "python_full_version": full}) for full in pythons
        )
    except (ValueError, TypeError, LookupError, RecursionError):  # packaging has errors of its own for some markers only
        return True
