"""Somebody whom the lake knows."""

from collections.abc import Callable
from typing import Any

import pytest

from vre_portal.iam.models import User


@pytest.fixture
def member(visitor: Callable[[str], Any], people: dict[str, User]) -> User:
    """Somebody whose token the worker finds in the vault."""
    visitor("member")
    return people["member"]
