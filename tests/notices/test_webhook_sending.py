"""Sending to receivers that behave well and badly, over real connections."""

import json
import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from projects.models import Project
from tests.factories import make_project
from tests.notices import webhook_rows as rows
from tests.notices.webhook_receivers import Receiver, allow, unused_port
from vre_portal import address_guard
from vre_portal.encryption import decrypt
from vre_portal.http import posting
from vre_portal.iam.models import User
from vre_portal.notices.webhooks import services, worker
from vre_portal.notices.webhooks.models import Delivery, Webhook

pytestmark = pytest.mark.django_db


def secret_of(webhook: Webhook) -> str:
    return decrypt(webhook.secret, owner=webhook.secret_owner)


def test_a_stranger_can_verify_what_is_sent_with_the_library_of_the_standard(
    project: Project, webhook: Webhook, receiver: Receiver
) -> None:
    event = rows.happened(project, data={"run": 3, "title": "never in place of the portal's own"})
    rows.send(webhook)
    message = receiver.got[0]
    content: Any = Verifier(secret_of(webhook)).verify(message.body, message.headers)
    assert content == {
        "type": rows.HAPPENED.key,
        "timestamp": event.at.isoformat(),
        "data": {
            "run": 3,
            "title": "Run 3 finished",
            "text": "All went well.",
            "url": f"{settings.PORTAL_URL}/projects/x/workflows/3/",
            "project": "told",
        },
    }
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(webhook)).verify(message.body + b" ", message.headers)
    delivery = rows.only_delivery(webhook)
    assert (delivery.state, delivery.attempts, delivery.last["status"], delivery.last["answer"]) == ("delivered", 1, 200, "thanks")


@pytest.mark.parametrize("mode", ["500", "404", "429", "garbage"])
def test_what_is_no_success_is_tried_again_later(project: Project, webhook: Webhook, receiver: Receiver, mode: str) -> None:
    receiver.mode = mode
    rows.happened(project)
    after = rows.send(webhook)
    delivery = rows.only_delivery(webhook)
    assert (delivery.state, delivery.attempts, after.failures, after.state) == ("waiting", 1, 1, "failing")
    assert delivery.reason == delivery.last["error"] != ""
    assert 3 < (delivery.next_attempt_at - timezone.now()).total_seconds() <= 5
    assert after.lease_until is not None
    rows.make_due(webhook)
    receiver.mode = "200"
    after = rows.send(webhook)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, after.failures, after.state) == ("delivered", 2, 0, "active")
    assert receiver.ids == [delivery.message_id] * 2


def test_a_redirect_to_a_private_address_is_not_followed(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode, receiver.location = "302", "http://169.254.169.254/latest/meta-data/"
    rows.happened(project)
    rows.send(webhook)
    assert len(receiver.got) == 1
    assert "169.254.169.254" in rows.only_delivery(webhook).reason
    assert "Redirects are not followed" in rows.only_delivery(webhook).reason


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_receiver_that_hangs_or_drips_costs_the_time_limit_and_no_more(
    project: Project, webhook: Webhook, receiver: Receiver, monkeypatch: Any, mode: str
) -> None:
    monkeypatch.setattr(posting.post, "__kwdefaults__", {**posting.post.__kwdefaults__, "seconds": 1.0})  # type: ignore[attr-defined]
    receiver.mode = mode
    rows.happened(project)
    begin = time.monotonic()
    rows.send(webhook)
    assert time.monotonic() - begin < 3
    assert rows.only_delivery(webhook).reason == "There was no complete answer within 1 s."


def test_ten_megabytes_of_answer_are_not_read(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.mode = "large"
    rows.happened(project)
    begin = time.monotonic()
    rows.send(webhook)
    delivery = rows.only_delivery(webhook)
    assert (delivery.state, delivery.last["answer"]) == ("delivered", "x" * 2000)
    assert time.monotonic() - begin < 3


def test_an_answer_is_kept_as_plain_text_that_can_be_stored(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = b"\x00<script>alert(1)</script>\xff"
    rows.happened(project)
    rows.send(webhook)
    assert rows.only_delivery(webhook).last["answer"] == "\ufffd<script>alert(1)</script>\ufffd"


def test_a_port_at_which_nobody_listens_is_said(project: Project, people: dict[str, User], monkeypatch: Any) -> None:
    address = f"http://127.0.0.1:{unused_port()}/"
    allow(monkeypatch, address)
    webhook = rows.project_webhook(project, people["lead"], address)
    rows.happened(project)
    rows.send(webhook)
    assert rows.only_delivery(webhook).reason == "The host refused the connection."


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "64:ff9b::a00:7"])
def test_a_name_that_resolves_to_a_private_address_gets_nothing(
    project: Project, people: dict[str, User], receiver: Receiver, monkeypatch: Any, address: str
) -> None:
    webhook = rows.project_webhook(project, people["lead"], "https://rebound.example.org/hook")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: [(family, socket.SOCK_STREAM, 6, "", (address, 443))])
    rows.happened(project)
    rows.send(webhook)
    assert "inside a private network" in rows.only_delivery(webhook).reason
    assert receiver.got == []


def test_a_name_that_has_another_address_a_moment_later_is_connected_to_at_the_first(
    project: Project, people: dict[str, User], receiver: Receiver, monkeypatch: Any
) -> None:
    """The resolver gives a public address when it is checked, and this machine's when it is asked again."""
    connected: list[str] = []
    given = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])

    def resolve(*_args: Any, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(given), 443))]

    def connect(address: tuple[str, int], *_args: Any, **_options: Any) -> socket.socket:
        connected.append(address[0])
        raise OSError("nobody there")

    webhook = rows.project_webhook(project, people["lead"], "https://rebound.example.org/hook")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("vre_portal.address_guard.urllib3_connection.create_connection", connect)
    rows.happened(project)
    rows.send(webhook)
    assert connected == ["93.184.216.34"]


def test_a_resolver_that_does_not_answer_costs_its_time_limit_and_no_more(
    project: Project, people: dict[str, User], monkeypatch: Any
) -> None:
    over = threading.Event()
    monkeypatch.setattr(address_guard, "RESOLVE_SECONDS", 0.2)

    def resolve(*_args: Any, **_options: Any) -> list[Any]:
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    webhook = rows.project_webhook(project, people["lead"], "https://slow.example.org/hook")
    rows.happened(project)
    worker_thread = threading.Timer(30, over.set)
    worker_thread.start()
    try:
        rows.send(webhook)
        assert not over.is_set()
    finally:
        over.set()
        worker_thread.cancel()
    assert rows.only_delivery(webhook).reason == "slow.example.org could not be looked up within 0.2 s. Try again later."


def test_a_host_that_services_toml_names_no_more_gets_nothing(
    project: Project, webhook: Webhook, receiver: Receiver, monkeypatch: Any
) -> None:
    rows.happened(project)
    allow(monkeypatch)
    rows.send(webhook)
    assert receiver.got == []
    assert "not encrypted" in rows.only_delivery(webhook).reason


def test_both_secrets_sign_during_a_change_also_of_what_was_tried_before(
    project: Project, webhook: Webhook, receiver: Receiver, people: dict[str, User]
) -> None:
    old = secret_of(webhook)
    receiver.mode = "500"
    rows.happened(project)
    rows.send(webhook)
    assert services.renew_secret(by=people["lead"], owner=rows.project_owner.owner(project), webhook=webhook, seen=1)
    receiver.mode = "200"
    rows.make_due(webhook)
    rows.send(webhook)
    message, new = receiver.got[-1], secret_of(webhook)
    assert new != old
    for secret in (old, new):
        Verifier(secret).verify(message.body, message.headers)
    Webhook.objects.filter(pk=webhook.pk).update(previous_until=timezone.now() - timedelta(seconds=1))
    rows.happened(project)
    rows.send(webhook)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(receiver.got[-1].body, receiver.got[-1].headers)


def test_deliveries_go_in_their_order(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    for number in range(5):
        rows.happened(project, title=f"Event {number}")
    rows.send(webhook)
    assert [json.loads(message.body)["data"]["title"] for message in receiver.got] == [f"Event {number}" for number in range(5)]


def test_an_event_of_a_kind_that_is_not_selected_any_more_is_not_sent(
    project: Project, webhook: Webhook, receiver: Receiver, people: dict[str, User]
) -> None:
    rows.happened(project)
    owner = rows.project_owner.owner(project)
    facts: dict[str, Any] = {"title": "Chat", "url": receiver.url, "message_format": "event", "kinds": [rows.OTHER.key]}
    services.edit(by=people["lead"], owner=owner, webhook=webhook, seen=1, **facts)
    rows.send(webhook)
    assert (rows.only_delivery(webhook).state, receiver.got) == ("withheld", [])


def test_a_follower_gets_nothing_of_a_project_that_was_made_private_meanwhile(people: dict[str, User], receiver: Receiver) -> None:
    project = make_project(slug="open", lead=people["lead"], visibility=Project.Visibility.PUBLIC)
    webhook = rows.personal_webhook(people["outsider"], receiver.url)
    rows.happened(project, "first", to=[people["outsider"]])
    rows.send(webhook)
    assert len(receiver.got) == 1
    rows.happened(project, "second", to=[people["outsider"]])
    Project.objects.filter(pk=project.pk).update(visibility=Project.Visibility.MEMBERS)
    rows.send(webhook)
    assert len(receiver.got) == 1
    assert Delivery.objects.get(event__key="second").state == "withheld"


def test_a_worker_that_dies_is_followed_by_another_which_sends_the_same_id(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    rows.happened(project)
    taken = Webhook.claim(webhook.pk, worker.runner.ready())
    assert taken is not None
    worker.send(webhook.pk)
    assert receiver.got == []  # while the first has its lease
    Webhook.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    worker.send(webhook.pk)
    delivery = rows.only_delivery(webhook)
    assert (delivery.state, receiver.ids) == ("delivered", [delivery.message_id])


def test_a_worker_that_was_overtaken_writes_nothing(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    rows.happened(project)
    slow = Webhook.claim(webhook.pk, worker.runner.ready())
    assert slow is not None
    Webhook.objects.update(lease_until=None)
    rows.send(webhook)
    with pytest.raises(worker.lease.LeaseLost):
        worker._note_failure(slow, rows.only_delivery(webhook), worker.Attempt(error="late"))
    assert (rows.only_delivery(webhook).state, Webhook.objects.get().failures) == ("delivered", 0)


def test_a_secret_that_no_key_opens_switches_off(project: Project, webhook: Webhook, receiver: Receiver) -> None:
    Webhook.objects.update(secret="gAAAAnonsense")
    rows.happened(project)
    after = rows.send(webhook)
    assert (after.off_reason, receiver.got) == ("secret", [])
