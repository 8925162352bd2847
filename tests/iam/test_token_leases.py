"""Who renews a token gives the lease back, whatever goes wrong: nobody is shut out for the minute that a lease lasts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError
from django.utils import timezone

from tests.iam.issuer import Issuer
from tests.iam.test_vault import expire
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User
from vre_portal.iam.vault import token_rows
from vre_portal.services import Service

pytestmark = pytest.mark.django_db(transaction=True)
People = Callable[..., User]


@pytest.mark.parametrize("purpose", ["see \0", "see \ud800", "see " + "\0" * 300])
def test_a_purpose_that_the_database_cannot_hold_is_cleaned(
    purpose: str, issuer: Issuer, iam: Service, rucio: Service, with_tokens: People
) -> None:
    ada = with_tokens()
    expire(ada)
    assert vault.access_token(ada, iam, purpose=purpose)
    assert vault.access_token(ada, rucio, purpose=purpose)
    assert not Token.objects.exclude(lease=None).exists()
    assert {token.purpose for token in Token.objects.all()} == {purpose.replace("\0", "\ufffd").replace("\ud800", "?")[:200]}


@pytest.mark.parametrize("failure", [DataError, ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("step", ["fill", "update"])
def test_a_lease_is_given_back_when_the_answer_cannot_be_kept(
    step: str, failure: type[BaseException], issuer: Issuer, iam: Service, with_tokens: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = with_tokens()
    issuer.rotate = False
    expire(ada)
    fill = Token.fill

    def failing(token: Token, *args: Any, **options: Any) -> None:
        if step == "fill":
            raise failure
        fill(token, *args, **options)
        token.issuer, token.access = "", Raising(failure)  # type: ignore[assignment]  # the statement fails with it

    monkeypatch.setattr(Token, "fill", failing)
    with pytest.raises(failure):
        vault.access_token(ada, iam, purpose="test")
    monkeypatch.setattr(Token, "fill", fill)
    assert not Token.objects.exclude(lease=None).exists()
    assert vault.access_token(ada, iam, purpose="test")  # at once, and not after a minute


class Raising:
    """A value that cannot be written."""

    def __init__(self, failure: type[BaseException]) -> None:
        self.failure = failure

    def __str__(self) -> str:
        raise self.failure

    def resolve_expression(self, *_: Any, **__: Any) -> None:
        raise self.failure


def test_a_lease_that_another_took_over_is_left_to_them(
    issuer: Issuer, iam: Service, with_tokens: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = with_tokens()
    expire(ada)

    def slept(token: Token, *_: Any, **__: Any) -> None:
        Token.objects.filter(pk=token.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
        assert token_rows.acquire(ada, "") is not None  # another has it now
        raise DataError

    monkeypatch.setattr(Token, "fill", slept)
    with pytest.raises(DataError):
        vault.access_token(ada, iam, purpose="test")
    assert Token.objects.exclude(lease=None).count() == 1
