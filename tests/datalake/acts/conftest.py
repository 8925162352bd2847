"""Storage elements that live for one test, and somebody whom the lake knows."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.datalake.acts.elements import root, rules, storage_element
from vre_portal.iam.models import User


@pytest.fixture
def rse(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """`rse()` makes one; afterwards it takes no more, and what asked for it is gone."""
    made = []

    def make(prefix: Path | None = None, **attributes: str) -> str:
        made.append(storage_element(prefix or tmp_path, **attributes))
        return made[-1]

    yield make
    for name in made:
        for item in rules("member", rse_expression=name):
            root("PUT", f"/rules/{item['id']}", json={"options": {"lifetime": -10}})
        root("DELETE", f"/accountlimits/local/member/{name}")
        root("PUT", f"/rses/{name}", json={"availability_write": False})
        with contextlib.suppress(requests.RequestException):
            root("DELETE", f"/rses/{name}")


@pytest.fixture
def member(visitor: Callable[[str], Any], people: dict[str, User]) -> User:
    """Somebody whose token the worker finds in the vault."""
    visitor("member")
    return people["member"]
