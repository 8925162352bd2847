"""An issuer of our own in place of the configured IAM, and people who are signed in there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.iam.issuer import Issuer
from vre_portal import services
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.iam.oidc import discovery, signatures
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service, ServiceKind

FILE = """
[[service]]
kind = "iam"
name = "iam"
title = "Test IAM"
url = "{issuer}"
options = {{ client_id = "portal", client_secret = "s", scope = "openid profile offline_access", staff_group = "escape/admins" }}

[[service]]
kind = "rucio"
name = "lake"
title = "Test lake"
url = "http://127.0.0.1:1"
audience = "rucio"

[[service]]
kind = "reana"
name = "runs"
title = "Test REANA"
url = "http://127.0.0.1:2"
audience = "reana"
options = {{ dialect = "bearer", exchange_scope = "openid profile email" }}

[[service]]
kind = "jupyterhub"
name = "hub"
title = "Test hub"
url = "http://127.0.0.1:3"
"""


ENTRY = """
[[service]]
kind = "iam"
name = "{name}"
title = "{title}"
url = "{url}"
options = {{ client_id = "portal", client_secret = "s", scope = "openid profile", profile = "{profile}", staff_group = "escape/admins" }}
"""


@pytest.fixture
def issuer(tmp_path: Path, settings: Any) -> Iterator[Issuer]:
    """The only IAM that the portal knows during a test."""
    it = Issuer()
    (tmp_path / "services.toml").write_text(FILE.format(issuer=it.url))
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    forget()
    yield it
    it.stop()
    forget()


@pytest.fixture
def two(tmp_path: Path, settings: Any) -> Iterator[tuple[Issuer, Issuer]]:
    """An INDIGO IAM and a proxy of the AARC kind, and nothing else."""
    one, other = Issuer(), Issuer()
    text = ENTRY.format(name="iam", title="Our IAM", url=one.url, profile="iam")
    (tmp_path / "services.toml").write_text(text + ENTRY.format(name="egi", title="Their proxy", url=other.url, profile="aarc"))
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    forget()
    yield one, other
    one.stop()
    other.stop()
    forget()


def forget() -> None:
    """What the process remembers of services; a port may come back as another issuer."""
    services._all.cache_clear()
    discovery._known.clear()
    signatures._rings.clear()


@pytest.fixture
def iam(issuer: Issuer) -> Service:
    return services.service(ServiceKind.IAM)


@pytest.fixture
def rucio(issuer: Issuer) -> Service:
    return services.service(ServiceKind.RUCIO)


@pytest.fixture
def reana(issuer: Issuer) -> Service:
    return services.service(ServiceKind.REANA)


@pytest.fixture
def with_tokens(issuer: Issuer, iam: Service) -> Callable[..., User]:
    """Make a person with tokens in the vault, without a visitor."""

    def make(name: str = "ada", **claims: Any) -> User:
        sub = issuer.person(name, **claims)
        user = User.objects.for_identity(issuer.url, sub, name=name)
        answer = issuer.grant(sub)
        vault.store_sign_in(user, _tokens(answer))
        return user

    return make


def _tokens(answer: dict[str, Any]) -> Tokens:
    return Tokens(
        access=answer["access_token"],
        refresh=answer["refresh_token"],
        identity="",
        scope=answer["scope"],
        expires_at=timezone.now() + timedelta(seconds=answer["expires_in"]),
    )


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=False)
