"""Kinds of requests that only tests have, and files in a folder of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from projects.requests import kinds
from projects.requests.kinds import RequestKind
from tests.factories import make_kind


@pytest.fixture
def new_kind() -> Iterator[Callable[..., RequestKind]]:
    """Register a kind until the test ends."""
    added: list[str] = []

    def register(key: str = "test", **facts: Any) -> RequestKind:
        added.append(key)
        return kinds.register(make_kind(key, **facts))

    yield register
    for key in added:
        kinds._kinds.pop(key, None)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    """Nothing is left of attachments."""
    settings.MEDIA_ROOT = str(tmp_path)
