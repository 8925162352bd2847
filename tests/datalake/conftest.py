"""A signed-in client whose person has a token of the stack's IAM for the lake."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.devstack.rucio_client import token
from vre_portal import services
from vre_portal.iam.models import Token, User
from vre_portal.iam.tokens import Tokens
from vre_portal.services import Service, ServiceKind


@pytest.fixture
def visitor(people: dict[str, User], signed_in: Callable[[str], Client]) -> Callable[[str], Client]:
    """`visitor("lead")` is a client that may ask the lake as that person."""

    def client(name: str) -> Client:
        row = Token(user=people[name], service="rucio/escape")
        end = timezone.now() + timedelta(minutes=30)
        row.fill(Tokens(access=token(name), refresh="", identity="", scope="", expires_at=end), purpose="test")
        row.save()
        return signed_in(name)

    return client


@pytest.fixture
def lake_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Point the lake to another server."""
    own = services.services()

    def move(url: str) -> None:
        def moved(item: Service) -> Service:
            return Service(item.kind, item.name, item.title, url, item.audience, item.options) if item.kind is ServiceKind.RUCIO else item

        monkeypatch.setattr(services, "_all", lambda: tuple(moved(item) for item in own))

    return move


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest, settings: Any) -> None:
    """What one test leaves in the portal's memory is no answer of another, nor of a portal that runs beside the tests."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": request.node.nodeid}}
