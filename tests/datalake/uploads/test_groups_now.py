"""Rights are asked by groups as they are before a file is accepted and before each part of it, not when all bytes have come."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake import rucio
from datalake.uploads.models import Upload
from tests.datalake.uploads.conftest import Sender
from tests.iam.browsing import sign_in_as
from tests.iam.issuer import Issuer
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import Identity, Token, User
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
GROUP = "escape/km3net"
LAKE = """
[[service]]
kind = "iam"
name = "iam"
title = "Test IAM"
url = "{issuer}"
options = {{ client_id = "portal", client_secret = "s", scope = "openid profile offline_access" }}

[[service]]
kind = "rucio"
name = "escape"
title = "Test lake"
url = "http://127.0.0.1:1"
audience = "rucio"
options = {{ upload_rse = "STORE", upload_rses = ["STORE"], upload_scopes = {{ "KM3NET_*" = ["escape/km3net"] }} }}
"""


@pytest.fixture
def member(settings: Any, tmp_path: Any) -> Any:
    """Somebody of the group, signed in at an IAM whose word about groups can be changed; what the lake said of scopes is remembered."""
    from tests.iam.conftest import forget

    issuer = Issuer()
    (tmp_path / "services.toml").write_text(LAKE.format(issuer=issuer.url))
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    settings.POLICIES_REQUIRED = False
    forget()
    browser = Client()
    user = sign_in_as(browser, issuer, groups=["escape", GROUP])
    yield issuer, Sender(browser), user
    issuer.stop()
    forget()


def a_minute_later() -> None:
    """Two minutes after the sign-in, well within the four that a page may count on groups."""
    when = timezone.now() - timedelta(seconds=120)
    User.objects.update(groups_seen_at=when)
    Identity.objects.update(groups_seen_at=when)


def lose_the_group(issuer: Issuer) -> None:
    issuer.people["ada"]["groups"] = ["escape"]
    a_minute_later()


def created(member: Any) -> Any:
    made = member[1].create(1000, name="a.root", scope="KM3NET_SP")
    assert made.status_code == 201, made.content
    return made["Location"]


@pytest.fixture(autouse=True)
def the_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account with no scope of its own; which scopes its groups open is the portal's configuration, and is what is tested."""
    monkeypatch.setattr(rucio, "whoami", lambda lake, token: "ada")
    monkeypatch.setattr(rucio, "list_scopes", lambda lake, token: [rucio.OwnedScope("KM3NET_SP", "root")])


def test_a_file_is_not_accepted_for_a_group_that_is_gone(member: Any) -> None:
    issuer, sender, _ = member
    lose_the_group(issuer)
    reply = sender.create(20_000_000_000, name="a.root", scope="KM3NET_SP")
    assert reply.status_code == 400
    assert "You don't have permission to write to the scope KM3NET_SP." in reply.content.decode()
    assert not Upload.objects.exists()


def test_no_further_part_is_taken_once_the_group_is_gone(member: Any) -> None:
    issuer, sender, _ = member
    url = created(member)
    assert sender.patch(url, b"x" * 400, 0).status_code == 204
    lose_the_group(issuer)
    reply = sender.patch(url, b"x" * 600, 400)
    assert reply.status_code == 403
    assert "was not accepted" in reply.content.decode()
    assert Upload.objects.get().received == 400


def test_a_group_that_came_back_goes_on_where_it_was(member: Any) -> None:
    issuer, sender, _ = member
    url = created(member)
    lose_the_group(issuer)
    assert sender.patch(url, b"x" * 400, 0).status_code == 403
    sign_in_as(sender.client, issuer, groups=["escape", GROUP])
    assert sender.patch(url, b"x" * 400, 0).status_code == 204


def test_parts_within_a_minute_ask_the_iam_once(member: Any) -> None:
    issuer, sender, _ = member
    url = created(member)
    a_minute_later()
    before = issuer.asked["userinfo"]
    for number in range(5):
        assert sender.patch(url, b"x" * 100, number * 100).status_code == 204
    assert issuer.asked["userinfo"] == before + 1


def test_a_lake_that_is_away_stops_no_part(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise RemoteUnavailable("away", service=service(ServiceKind.RUCIO, "escape"))

    url = created(member)
    memory_is_empty()
    monkeypatch.setattr(rucio, "whoami", away)
    assert member[1].patch(url, b"x" * 100, 0).status_code == 204


def test_a_sign_in_that_ended_is_told_to_the_script_that_sends(member: Any) -> None:
    _, sender, user = member
    url = created(member)
    Token.objects.filter(user=user).delete()
    reply = sender.patch(url, b"x" * 400, 0)
    assert reply.status_code == 401
    assert "sign in again" in reply.content.decode().lower()
    again = sender.patch(url, b"x" * 400, 0)  # by now nobody is signed in in this browser
    assert again.status_code == 401
    assert Upload.objects.get().received == 0


def test_an_upload_that_failed_is_not_tried_again_without_the_right(member: Any) -> None:
    issuer, sender, _ = member
    created(member)
    Upload.objects.update(state=Upload.State.FAILED)
    lose_the_group(issuer)
    page = sender.client.post(f"/datalake/escape/upload/files/{Upload.objects.get().pk}/again/", follow=True)
    assert "You don't have permission to write to the scope" in unescape(page.content.decode())
    assert Upload.objects.get().state == Upload.State.FAILED


def memory_is_empty() -> None:
    from django.core.cache import cache

    cache.clear()
