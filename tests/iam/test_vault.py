"""Tokens are renewed once, kept apart, kept secret, and end when the IAM says so."""

import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from tests.iam.issuer import Issuer
from vre_portal import services
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam import vault, worker
from vre_portal.iam.models import Token, User
from vre_portal.iam.vault import renewable_token, token_rows
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
threads = pytest.mark.django_db(transaction=True)  # each has a connection of its own and sees only what is committed
People = Callable[..., User]


def whose(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["sub"])


def for_whom(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["aud"])


def expire(user: User, **where: Any) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Token.objects.filter(user=user, **where).update(expires_at=past, fresh_until=past)


def in_threads[T](number: int, work: Callable[[int], T], at_once: int = 50) -> list[T]:
    """Run `work` in threads that start together, each with a database connection of its own."""
    gate = threading.Barrier(min(number, at_once))

    def one(turn: int) -> T:
        if number <= at_once:
            gate.wait(30)
        try:
            return work(turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(min(number, at_once)) as pool:
        return list(pool.map(one, range(number)))


@threads
def test_fifty_requests_with_an_expired_sign_in_refresh_it_once(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    expire(ada)
    issuer.delay = 0.3
    got = in_threads(50, lambda _: vault.access_token(ada, iam, purpose="test"))
    assert len(set(got)) == 1
    assert issuer.asked["refresh_token"] == 1
    assert Token.objects.filter(user=ada).count() == 1


@threads
def test_fifty_requests_for_two_services_refresh_once_and_exchange_once_each(
    issuer: Issuer, rucio: Service, reana: Service, with_tokens: People
) -> None:
    ada = with_tokens()
    expire(ada)
    issuer.delay = 0.1
    got = in_threads(50, lambda turn: vault.access_token(ada, (rucio, reana)[turn % 2], purpose="test"))
    assert len(set(got)) == 2
    assert issuer.asked["refresh_token"] == 1
    assert issuer.asked["exchange for rucio"] == issuer.asked["exchange for reana"] == 1


@threads
def test_many_people_at_once_never_get_each_others_token(issuer: Issuer, rucio: Service, reana: Service, with_tokens: People) -> None:
    people = [with_tokens(f"person{number}") for number in range(10)]
    for one in people[::2]:
        expire(one)

    def ask(turn: int) -> tuple[str, str, str, str]:
        person, service = people[turn * 7 % 10], (rucio, reana)[turn % 2]
        if turn % 17 == 0:
            expire(person, service=f"{service.kind}/{service.name}")
        token = vault.access_token(person, service, purpose="test")
        return person.subject, whose(token), service.audience, for_whom(token)

    for subject, got, audience, named in in_threads(600, ask, at_once=16):
        assert (subject, audience) == (got, named)


def test_a_token_is_kept_until_a_minute_before_its_end(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    first = vault.access_token(ada, rucio, purpose="listing")
    assert vault.access_token(ada, rucio, purpose="listing") == first
    assert issuer.asked["exchange for rucio"] == 1
    row = Token.objects.get(user=ada, service="rucio/lake")
    assert row.expires_at - row.fresh_until == timedelta(minutes=1)
    Token.objects.filter(pk=row.pk).update(fresh_until=timezone.now())
    assert vault.access_token(ada, rucio, purpose="listing") != first


def test_a_service_without_audience_never_gets_a_token(issuer: Issuer, with_tokens: People) -> None:
    hub = services.service(ServiceKind.JUPYTERHUB)
    with pytest.raises(ValueError, match="no audience"):
        vault.access_token(with_tokens(), hub, purpose="test")


def test_each_refresh_asks_for_the_groups_again(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    issuer.people["ada"]["groups"] = ["/escape", "escape/admins"]
    expire(ada)
    vault.access_token(ada, iam, purpose="test")
    ada.refresh_from_db()
    assert ada.groups == ["escape", "escape/admins"]
    assert ada.is_staff
    issuer.people["ada"]["groups"] = []
    expire(ada)
    vault.access_token(ada, iam, purpose="test")
    ada.refresh_from_db()
    assert (ada.groups, ada.is_staff) == ([], False)


def test_a_refresh_that_the_iam_refuses_ends_the_sign_in(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    vault.access_token(ada, rucio, purpose="test")
    issuer.refreshes.clear()
    expire(ada)
    with pytest.raises(vault.SignInAgain):
        vault.access_token(ada, rucio, purpose="test")
    assert not Token.objects.filter(user=ada).exists()


def test_an_iam_that_answers_for_another_person_ends_the_sign_in(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    issuer.userinfo_changes = {"sub": "mallory"}
    expire(ada)
    with pytest.raises(vault.SignInAgain):
        vault.access_token(ada, iam, purpose="test")
    ada.refresh_from_db()
    assert ada.subject == "ada"


@pytest.mark.parametrize("changes", [{"sub": "mallory"}, {"aud": "reana"}, {"iss": "https://evil.example/"}])
def test_an_exchanged_token_that_is_not_what_was_asked_is_refused(
    changes: dict[str, str], issuer: Issuer, rucio: Service, with_tokens: People
) -> None:
    issuer.exchange_changes = changes
    with pytest.raises(RemoteRefused):
        vault.access_token(with_tokens(), rucio, purpose="test")
    assert not Token.objects.exclude(access="").filter(service="rucio/lake").exists()


def test_a_policy_that_forbids_the_exchange_keeps_the_sign_in(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    issuer.refuse = "access_denied"
    with pytest.raises(RemoteRefused, match="does not let this portal act for you at Test lake") as caught:
        vault.access_token(ada, rucio, purpose="test")
    assert not isinstance(caught.value, vault.SignInAgain)
    assert token_rows.is_fresh(token_rows.live(ada, vault.SIGN_IN))


def test_an_access_token_ended_early_is_refreshed_and_exchanged_again(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    issuer.revoked.append(Token.objects.get(user=ada).open_access())
    assert whose(vault.access_token(ada, rucio, purpose="test")) == "ada"
    assert issuer.asked["refresh_token"] == 1


def test_a_token_that_a_service_refuses_is_exchanged_for_another_once(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    token = vault.access_token(ada, rucio, purpose="test")
    Token.objects.filter(user=ada).update(renewed_at=timezone.now() - timedelta(minutes=2))
    assert (renewable_token.renew(token), renewable_token.renew(token)) == (True, False)
    assert renewable_token.current(token) == Token.objects.get(user=ada, service="rucio/lake").open_access()
    assert issuer.asked["exchange for rucio"] == 2


def test_a_token_that_was_given_just_now_is_not_exchanged_again(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    token = vault.access_token(with_tokens(), rucio, purpose="test")
    renewable_token.renew(token)  # a service that refuses every token would have the IAM asked with each call
    assert renewable_token.current(token) == token
    assert issuer.asked["exchange for rucio"] == 1


def test_an_iam_that_is_down_ends_nothing(issuer: Issuer, iam: Service, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    token = vault.access_token(ada, rucio, purpose="test")
    issuer.down = True
    assert vault.access_token(ada, rucio, purpose="test") == token
    Token.objects.filter(user=ada).update(fresh_until=timezone.now())
    assert vault.access_token(ada, rucio, purpose="test") == token  # nearly over, still good
    expire(ada)
    with pytest.raises(RemoteUnavailable):
        vault.access_token(ada, rucio, purpose="test")
    issuer.down = False
    assert whose(vault.access_token(ada, rucio, purpose="test")) == "ada"


def test_a_holder_that_died_is_followed_by_another(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    expire(ada)
    assert token_rows.acquire(ada, vault.SIGN_IN).lease  # type: ignore[union-attr]
    Token.objects.update(leased_until=timezone.now() + timedelta(seconds=0.5))
    assert whose(vault.access_token(ada, iam, purpose="test")) == "ada"
    assert issuer.asked["refresh_token"] == 1


@threads
def test_renewing_inside_a_transaction_is_a_mistake_that_is_named(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    expire(ada)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        vault.access_token(ada, iam, purpose="test")
    assert issuer.asked["refresh_token"] == 0


@threads
def test_signing_out_during_a_refresh_leaves_no_live_token(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    expire(ada)
    issuer.delay = 0.5

    def ask_or_leave(turn: int) -> str:
        if turn == 1:
            time.sleep(0.2)
            return f"{len(vault.retire(ada))} retired"
        try:
            return vault.access_token(ada, iam, purpose="test")
        except vault.SignInAgain:
            return "sign in again"

    assert in_threads(2, ask_or_leave) == ["sign in again", "1 retired"]
    for row in Token.objects.all():
        worker.revoke(row.pk)
    assert not issuer.refreshes
    assert not Token.objects.exists()


def test_what_was_signed_out_is_revoked_by_the_worker_even_if_it_was_down(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    vault.access_token(ada, rucio, purpose="test")
    rows = vault.retire(ada)
    with pytest.raises(vault.SignInAgain):
        vault.access_token(ada, rucio, purpose="test")
    issuer.down = True
    for row in rows:
        with pytest.raises(RemoteUnavailable):
            worker.revoke(row)
    issuer.down = False
    Token.objects.update(retired_at=timezone.now() - timedelta(minutes=2))
    for row in worker.left_over():
        worker.revoke(row)
        worker.revoke(row)
    assert not issuer.refreshes
    assert not Token.objects.exists()


def test_no_token_can_be_read_in_the_database(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    secrets = [vault.access_token(ada, rucio, purpose="test"), *issuer.refreshes]
    secrets.append(Token.objects.get(user=ada, service="").open_access())
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        dump = ""
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            dump += repr(cursor.fetchall())
    assert "rucio/lake" in dump
    for secret in secrets:
        assert secret not in dump
        assert secret.split(".")[-1] not in dump


def test_a_row_copied_to_another_person_opens_nothing(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada, eve = with_tokens("ada"), with_tokens("eve")
    Token.objects.filter(user=eve).update(access=Token.objects.get(user=ada).access)
    with pytest.raises(vault.SignInAgain):
        vault.access_token(eve, iam, purpose="test")


def test_keys_are_changed_without_signing_anyone_out(issuer: Issuer, iam: Service, with_tokens: People, settings: Any) -> None:
    ada = with_tokens()
    token = vault.access_token(ada, iam, purpose="test")
    old, new = settings.VAULT_KEYS, Fernet.generate_key().decode()
    settings.VAULT_KEYS = [new, *old]
    assert vault.access_token(ada, iam, purpose="test") == token
    call_command("rotate_vault")
    settings.VAULT_KEYS = [new]
    assert vault.access_token(ada, iam, purpose="test") == token
    settings.VAULT_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(vault.SignInAgain):
        vault.access_token(ada, iam, purpose="test")


def test_a_person_of_an_iam_that_is_gone_has_to_sign_in_again(issuer: Issuer, rucio: Service) -> None:
    stranger = User.objects.for_identity("https://gone.example/", "x")
    with pytest.raises(vault.SignInAgain):
        vault.access_token(stranger, rucio, purpose="test")


def test_each_service_gets_the_scopes_that_it_needs(issuer: Issuer, with_tokens: People, rucio: Service, reana: Service) -> None:
    ada = with_tokens("ada")
    vault.access_token(ada, rucio, purpose="look")
    vault.access_token(ada, reana, purpose="launch")
    assert issuer.exchanged_scopes == {"rucio": "openid profile", "reana": "openid profile email"}


@pytest.mark.parametrize("audience", ["", "reana"])
def test_a_service_that_wants_its_own_token_gets_none_of_the_iams(
    issuer: Issuer, with_tokens: People, reana: Service, audience: str
) -> None:
    ada = with_tokens("ada")
    old = dataclasses.replace(reana, name="old", audience=audience, options={"dialect": "query"})
    with pytest.raises(RemoteRefused, match=r"have not stored one\. Store your token at http.*/me/services/"):
        vault.access_token(ada, old, purpose="launch")
    assert issuer.exchanged_scopes == {}
