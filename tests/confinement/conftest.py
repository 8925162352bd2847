"""The two ways in which a program is confined: with namespaces, and where a container's profile refuses them."""

import errno
from pathlib import Path

import pytest

from tests.confinement import confined


@pytest.fixture(params=["with namespaces", "in a container"])
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A Python of the environment of the tests."""
    if request.param == "with namespaces":
        return confined.PYTHON
    return confined.python_without(tmp_path, confined.UNSHARE, errno.EPERM)
