"""A signed-in client whose person has a token of the stack's IAM for the lake, and storage elements that live for one test."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone

from datalake.files import preview_process
from tests.datalake.operations.elements import root, rules, storage_element
from tests.devstack.rucio_client import token
from vre_portal import services
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service, ServiceKind


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run where much else runs: children get more time by the clock, and no more to compute in."""
    monkeypatch.setattr(preview_process, "TIMEOUT_SECONDS", 120)


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
        root("DELETE", f"/accountlimits/global/member/{name}")
        root("PUT", f"/rses/{name}", json={"availability_write": False})
        with contextlib.suppress(requests.RequestException):
            root("DELETE", f"/rses/{name}")
