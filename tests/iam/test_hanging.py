"""An IAM that takes connections and never answers, or answers byte by byte: pages come in time, and no sign-in is lost."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_public
from tests.iam.issuer import Issuer
from tests.vre_portal.servers import hanging, silent, trickling_body, trickling_head
from vre_portal import deadlines
from vre_portal.http import RemoteUnavailable
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc import discovery
from vre_portal.services import Service, ServiceKind

# What comes late is kept by a thread with a connection of its own.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timed]
LIMIT = 3.0
People = Callable[..., User]


def expire(user: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Token.objects.filter(user=user).update(expires_at=past, fresh_until=past)
    User.objects.filter(pk=user.pk).update(groups_seen_at=timezone.now() - timedelta(hours=1))


@pytest.fixture
def ada(with_tokens: People, iam: Service) -> User:
    """Signed in a while ago, so that the next page asks the IAM."""
    user = with_tokens()
    discovery.discover(iam)  # known before it hangs
    expire(user)
    user.refresh_from_db()
    return user


def hang(iam: Service, url: str) -> None:
    """The IAM's endpoints are where nobody answers."""
    places = {name: f"{url}/{name}" for name in ("authorization", "token", "userinfo", "jwks", "revocation")}
    discovery._known[iam] = (time.monotonic(), discovery.Endpoints(**places))


def seconds_of(ask: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.monotonic()
    answer = ask()
    return time.monotonic() - begin, answer


@pytest.mark.parametrize(
    ("speak", "path"),
    [
        (silent, "/dashboard/"),
        (silent, "/projects/open/"),
        (silent, "/datalake/lake/"),
        (trickling_head, "/me/"),
        (trickling_body, "/projects/open/notebooks/"),
    ],
)
def test_a_page_comes_within_three_seconds(ada: User, iam: Service, speak: Callable[[socket.socket], None], path: str) -> None:
    make_public(slug="open", title="Open", groups={"escape": "member"})
    browser = Client()
    browser.force_login(ada)
    with hanging(speak) as url:
        iam.options["hosts"] = [url.removeprefix("http://")]  # type: ignore[index]
        hang(iam, url)
        first, answer = seconds_of(lambda: browser.get(path))
        second, again = seconds_of(lambda: browser.get("/projects/"))
    assert answer.status_code in (200, 502, 503)
    assert 1 < first < LIMIT  # it did ask
    assert again.status_code == 200
    assert second < 1  # one page waits, not each


def test_a_stranger_waits_for_no_iam(iam: Service) -> None:
    with hanging(silent) as url:
        iam.options["hosts"] = [url.removeprefix("http://")]  # type: ignore[index]
        hang(iam, url)
        seconds, answer = seconds_of(lambda: Client().get("/projects/"))
    assert answer.status_code == 200
    assert seconds < 1


def test_a_sign_in_at_an_iam_that_hangs_is_told_in_time(issuer: Issuer, iam: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging(silent) as url:
        monkeypatch.setattr(discovery, "DOCUMENT", f"{url}/configuration")
        iam.options["hosts"] = [url.removeprefix("http://")]  # type: ignore[index]
        seconds, answer = seconds_of(lambda: Client().post("/accounts/login/"))
    assert answer.status_code in (502, 503)
    assert seconds < LIMIT


def test_a_refresh_that_is_answered_late_is_kept_and_signs_nobody_out(issuer: Issuer, iam: Service, ada: User) -> None:
    """Its refresh token is used up at the IAM, whoever waited for it."""
    issuer.delay = 1.5
    with deadlines.within(0.5, ServiceKind.IAM), pytest.raises(RemoteUnavailable, match="in time"):
        vault.access_token(ada, iam, purpose="test")
    time.sleep(2)
    issuer.delay = 0
    assert vault.access_token(ada, iam, purpose="test")
    expire(ada)
    assert vault.access_token(ada, iam, purpose="test")
    assert issuer.asked["refresh_token"] == 2


def test_a_late_refusal_ends_the_sign_in(issuer: Issuer, iam: Service, ada: User) -> None:
    issuer.delay, issuer.refuse = 1.0, "invalid_grant"
    with deadlines.within(0.3, ServiceKind.IAM), pytest.raises(RemoteUnavailable):
        vault.access_token(ada, iam, purpose="test")
    time.sleep(1.2)
    assert not Token.objects.filter(user=ada).exists()


def test_whoever_signed_out_meanwhile_stays_signed_out(issuer: Issuer, iam: Service, ada: User) -> None:
    issuer.delay = 1.0
    with deadlines.within(0.3, ServiceKind.IAM), pytest.raises(RemoteUnavailable):
        vault.access_token(ada, iam, purpose="test")
    vault.retire(ada)
    time.sleep(1.2)
    with pytest.raises(vault.SignInAgain):
        vault.access_token(ada, iam, purpose="test")
    assert len(issuer.revoked) == 2  # what came late, both tokens


def test_a_page_waits_for_anothers_renewal_no_longer_than_for_its_own(iam: Service, ada: User) -> None:
    Token.objects.filter(user=ada).update(leased_until=timezone.now() + timedelta(seconds=30))
    with deadlines.within(0.5, ServiceKind.IAM):
        begin = time.monotonic()
        with pytest.raises(RemoteUnavailable, match="takes long"):
            vault.access_token(ada, iam, purpose="test")
    assert time.monotonic() - begin < 1.2
