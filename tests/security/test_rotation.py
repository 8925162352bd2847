"""The drill: each secret is changed as docs/operations.md says, and nobody is signed out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.iam.browsing import come_back, sign_in_as, signed_in, start
from tests.iam.issuer import Issuer
from vre_portal.http import RemoteRefused
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User, UserSession
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
People = Callable[..., User]


def new_secret_key(settings: Any, *, keep_old: bool = True) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another key, long enough to be taken for a real one: 0123456789"
    settings.SECRET_KEY_FALLBACKS = [old] if keep_old else []


def test_the_secret_key_changes_and_sessions_and_sign_ins_under_way_go_on(visitor: Client, issuer: Issuer, settings: Any) -> None:
    user = sign_in_as(visitor, issuer, "ada")
    began = UserSession.objects.get(user=user).signed_in_at
    under_way = Client()
    started = start(under_way, next="/projects/")
    new_secret_key(settings)
    assert signed_in(visitor)
    assert come_back(under_way, issuer, issuer.person("eve"), started)["Location"] == "/projects/"
    settings.SECRET_KEY_FALLBACKS = []  # the longest session has run out; those that were used since are under the new key
    assert signed_in(visitor)
    assert signed_in(under_way)
    assert UserSession.objects.filter(user=user, signed_in_at=began).count() == 1
    assert visitor.post("/theme/", {"theme": "dark"}).status_code == 302


def test_without_the_old_key_sessions_end(visitor: Client, issuer: Issuer, settings: Any) -> None:
    sign_in_as(visitor, issuer, "ada")
    new_secret_key(settings, keep_old=False)
    assert not signed_in(visitor)


def test_the_vaults_key_changes_and_sessions_and_tokens_go_on(visitor: Client, issuer: Issuer, rucio: Service, settings: Any) -> None:
    user = sign_in_as(visitor, issuer, "ada")
    token = vault.access_token(user, rucio, purpose="test")
    old, new = settings.VAULT_KEYS, Fernet.generate_key().decode()
    for keys in ([new, *old], [new]):
        settings.VAULT_KEYS = keys
        assert vault.access_token(user, rucio, purpose="test") == token
        assert signed_in(visitor)
        call_command("rotate_vault", verbosity=0)
    Token.objects.filter(user=user).update(
        expires_at=timezone.now() - timedelta(seconds=1), fresh_until=timezone.now() - timedelta(seconds=1)
    )
    assert vault.access_token(user, rucio, purpose="test") != token  # the refresh token came along, too


def test_the_clients_secret_changes_and_nobody_is_signed_out_between_the_two_sides(
    visitor: Client, issuer: Issuer, rucio: Service, settings: Any
) -> None:
    user = sign_in_as(visitor, issuer, "ada")
    issuer.refuse = "invalid_client"  # one side has the new secret, the other not yet
    Token.objects.filter(user=user).update(
        expires_at=timezone.now() - timedelta(seconds=1), fresh_until=timezone.now() - timedelta(seconds=1)
    )
    User.objects.filter(pk=user.pk).update(groups_seen_at=timezone.now() - timedelta(hours=1))
    user.refresh_from_db()
    with pytest.raises(RemoteRefused) as caught:
        vault.access_token(user, rucio, purpose="test")
    assert not isinstance(caught.value, vault.SignInAgain)
    assert signed_in(visitor)
    assert Token.objects.filter(user=user, service="", retired_at=None).exists()
    issuer.refuse = ""
    assert vault.access_token(user, rucio, purpose="test")
    assert signed_in(visitor)
