"""What leads and people do with webhooks on the pages: each press is one act, and no secret is shown twice."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Project, Role
from tests import hostile
from tests.factories import make_project, make_webhook
from tests.notices import webhook_rows as rows
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.notices.webhooks import services
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.search import audiences

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
HOOKS = "/projects/told/settings/webhooks/"


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_project(slug="told", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def form(**facts: Any) -> dict[str, Any]:
    known = {"key": str(uuid.uuid4()), "title": "Chat", "url": "https://chat.example.org/1", "message_format": "event"}
    return {**known, "kinds": [rows.HAPPENED.key], **facts}


def secret_on(page: Any) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page.content.decode())
    return found[0] if found else ""


def test_a_new_webhook_shows_its_secret_once_and_the_same_form_gives_the_same(signed_in: SignIn, project: Project) -> None:
    browser, typed = signed_in("lead"), form()
    first, second = browser.post(f"{HOOKS}new/", typed), browser.post(f"{HOOKS}new/", typed)
    webhook = Webhook.objects.get()
    assert secret_on(first) == secret_on(second) != ""
    assert secret_on(browser.get(f"{HOOKS}{webhook.pk}/")) == ""
    assert webhook.secret.startswith("gAAAA")
    Webhook.objects.update(secret_at=timezone.now() - timedelta(hours=1))
    assert browser.post(f"{HOOKS}new/", typed).status_code == 302
    assert [entry.action for entry in AuditEntry.objects.filter(subject="project/told")] == ["webhook.create"]


@pytest.mark.parametrize(
    "url",
    ["http://chat.example.org/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://chat.example.org:8443/", "https://a:b@chat.example.org/",
     "ftp://chat.example.org/", "https://10.0.0.1.", "https://0x7f.1/", "javascript:alert(1)", "https://internal.local/x"],
)  # fmt: skip
def test_addresses_inside_networks_are_refused_and_nothing_typed_is_lost(signed_in: SignIn, project: Project, url: str) -> None:
    reply = signed_in("lead").post(f"{HOOKS}new/", form(url=url, title="My title"))
    assert reply.status_code == 400
    assert "My title" in reply.content.decode()
    assert not Webhook.objects.exists()


def test_a_project_needs_a_kind_and_has_ten_webhooks_at_most(signed_in: SignIn, project: Project) -> None:
    browser = signed_in("lead")
    assert browser.post(f"{HOOKS}new/", form(kinds=[])).status_code == 400
    for _ in range(services.MAX_WEBHOOKS):
        assert browser.post(f"{HOOKS}new/", form()).status_code == 200
    assert browser.post(f"{HOOKS}new/", form()).status_code == 409
    assert Webhook.objects.count() == services.MAX_WEBHOOKS


def test_of_two_leads_who_edit_at_once_the_second_sees_what_the_first_saved(signed_in: SignIn, project: Project) -> None:
    browser = signed_in("lead")
    browser.post(f"{HOOKS}new/", form())
    where = f"{HOOKS}{Webhook.objects.get().pk}/edit/"
    assert 'name="version" value="1"' in browser.get(where).content.decode()
    first = form(version="1", url="https://first.example.org/", message_format="chat")
    second = form(version="1", title="Second title", kinds=[rows.OTHER.key])
    assert browser.post(where, first).status_code == 302
    reply = browser.post(where, second)
    page = reply.content.decode()
    assert reply.status_code == 409
    assert Webhook.objects.get().url == "https://first.example.org/"
    assert 'value="Second title"' in page
    assert "https://first.example.org/" in page
    assert 'name="version" value="2"' in page
    assert browser.post(where, {**second, "version": "2"}).status_code == 302
    saved = Webhook.objects.get()
    assert (saved.title, saved.url, saved.kinds, saved.version) == ("Second title", "https://chat.example.org/1", [rows.OTHER.key], 3)
    assert browser.post(where, {**second, "version": "1"}).status_code == 302  # it says that already
    for odd in ("", "x", "9" * 30, "-1"):
        assert browser.post(where, form(version=odd, title="Odd")).status_code in (400, 409)
    assert Webhook.objects.get().title == "Second title"


@pytest.mark.parametrize("odd", ["", "xml"])
def test_a_format_that_there_is_not_is_refused(signed_in: SignIn, project: Project, odd: str) -> None:
    assert signed_in("lead").post(f"{HOOKS}new/", form(message_format=odd)).status_code == 400


def test_renewing_the_secret_twice_from_one_page_renews_it_once(signed_in: SignIn, project: Project) -> None:
    browser = signed_in("lead")
    first = secret_on(browser.post(f"{HOOKS}new/", form()))
    where = f"{HOOKS}{Webhook.objects.get().pk}/secret/"
    new, again = secret_on(browser.post(where, {"version": "1"})), secret_on(browser.post(where, {"version": "1"}))
    webhook = Webhook.objects.get()
    assert first != new == again
    assert webhook.secrets() == [new, first]
    assert webhook.secret_version == 2


def test_a_test_event_that_is_pressed_twice_is_one_and_ends_a_pause(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, _ = make_webhook(project, people["lead"])
    Webhook.objects.update(
        failures=4, lease_until=timezone.now() + timedelta(minutes=30), paused_until=timezone.now() + timedelta(minutes=30)
    )
    browser, key = signed_in("lead"), str(uuid.uuid4())
    for _ in range(2):
        reply = browser.post(f"{HOOKS}{webhook.pk}/test/", {"key": key})
    delivery = Delivery.objects.get(message=key)
    assert reply["Location"] == f"{HOOKS}{webhook.pk}/deliveries/{delivery.pk}/"
    webhook.refresh_from_db()
    assert (webhook.lease_until, webhook.paused_until) == (None, None)


def test_sending_again_twice_from_one_page_is_one_act_with_the_same_id(
    signed_in: SignIn, people: dict[str, User], project: Project
) -> None:
    webhook, delivery = make_webhook(project, people["lead"])
    browser, where = signed_in("lead"), f"{HOOKS}{webhook.pk}/deliveries/{delivery.pk}/again/"
    browser.post(where, {"attempts": "1"})
    again = Delivery.objects.get(pk=delivery.pk)
    assert (again.state, again.tries, again.message) == ("waiting", 0, delivery.message)
    Delivery.objects.update(state="delivered", attempts=2)
    browser.post(where, {"attempts": "1"})
    assert Delivery.objects.get(pk=delivery.pk).state == "delivered"
    assert AuditEntry.objects.filter(action="webhook.send-again").count() == 1


@pytest.mark.parametrize("odd", ["123456789x", "9" * 30, "²", ""])
def test_odd_numbers_in_a_form_change_nothing(odd: str, signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, delivery = make_webhook(project, people["lead"])
    browser = signed_in("lead")
    assert browser.post(f"{HOOKS}{webhook.pk}/secret/", {"version": odd}).status_code < 500
    assert browser.post(f"{HOOKS}{webhook.pk}/deliveries/{delivery.pk}/again/", {"attempts": odd}).status_code == 302
    assert Webhook.objects.get(pk=webhook.pk).secret_version == 1
    assert Delivery.objects.get(pk=delivery.pk).state == delivery.state


def test_all_that_failed_is_sent_again_and_nothing_else(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, failed = make_webhook(project, people["lead"])
    done = Delivery.objects.create(webhook=webhook, kind="webhooks.test", state="delivered")
    _, foreign = make_webhook(None, people["lead"])
    signed_in("lead").post(f"{HOOKS}{webhook.pk}/again/")
    states = {item.pk: item.state for item in Delivery.objects.all()}
    assert states == {failed.pk: "waiting", done.pk: "delivered", foreign.pk: "failed"}


def test_what_is_off_sends_nothing_again(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, delivery = make_webhook(project, people["lead"])
    browser = signed_in("lead")
    browser.post(f"{HOOKS}{webhook.pk}/switch/", {"on": "no"})
    for name in ("again/", "test/", f"deliveries/{delivery.pk}/again/"):
        browser.post(f"{HOOKS}{webhook.pk}/{name}", {"attempts": "1"})
    assert [item.state for item in Delivery.objects.all()] == ["failed"]
    assert "Switch it on first" in browser.get(f"{HOOKS}{webhook.pk}/").content.decode()


def test_a_deleted_webhook_can_be_restored(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, _ = make_webhook(project, people["lead"])
    browser = signed_in("lead")
    browser.post(f"{HOOKS}{webhook.pk}/delete/")
    assert f"{HOOKS}{webhook.pk}/restore/" in browser.get(HOOKS).content.decode()
    assert browser.get(f"{HOOKS}{webhook.pk}/").status_code == 404
    browser.post(f"{HOOKS}{webhook.pk}/restore/")
    assert browser.get(f"{HOOKS}{webhook.pk}/").status_code == 200


def test_one_project_shows_nothing_of_anothers_webhooks_nor_a_person_of_anothers(
    signed_in: SignIn, people: dict[str, User], project: Project
) -> None:
    foreign, delivery = make_webhook(make_project(), people["member"])
    mine, _ = make_webhook(None, people["member"])
    browser = signed_in("lead")
    for where in (f"{HOOKS}{foreign.pk}/", f"{HOOKS}{mine.pk}/", f"/notices/webhooks/{mine.pk}/", f"/notices/webhooks/{foreign.pk}/"):
        assert browser.get(where).status_code == 404
        assert browser.post(f"{where}delete/").status_code == 404
        assert browser.post(f"{where}secret/", {"version": "1"}).status_code == 404
    own, _ = make_webhook(project, people["lead"])
    assert browser.get(f"{HOOKS}{own.pk}/deliveries/{delivery.pk}/").status_code == 404


def test_what_its_owner_may_no_longer_see_is_not_on_the_page_of_its_delivery(signed_in: SignIn, people: dict[str, User]) -> None:
    webhook, _ = make_webhook(None, people["member"])
    event = rows.happened(title="Something private", audience=audiences.person(people["lead"].pk))
    delivery = Delivery.objects.create(webhook=webhook, event=event, kind=event.kind, state="withheld")
    browser = signed_in("member")
    for where in ("", f"deliveries/{delivery.pk}/"):
        for query in ("", "?format=json"):
            page = browser.get(f"/notices/webhooks/{webhook.pk}/{where}{query}").content.decode()
            assert "Something private" not in page
            assert "no longer see" in page


def test_what_a_receiver_answers_does_nothing_on_the_page(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, delivery = make_webhook(project, people["lead"])
    browser = signed_in("lead")
    where = f"{HOOKS}{webhook.pk}/deliveries/{delivery.pk}/"
    bare = len(hostile.acting(browser.get(where).content.decode()))
    for text in hostile.CORPUS[:20]:
        attempt = {**delivery.log[0], "answer": text, "error": text}
        Delivery.objects.filter(pk=delivery.pk).update(log=[attempt], reason=text[:300])
        assert len(hostile.acting(browser.get(where).content.decode())) == bare


def test_lists_are_given_as_json_and_csv(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    webhook, delivery = make_webhook(project, people["lead"])
    browser = signed_in("lead")
    (row,) = browser.get(f"{HOOKS}?format=json").json()["items"]
    assert (row["id"], row["state"]) == (webhook.pk, "active")
    assert not any("whsec" in str(value) or "gAAAA" in str(value) for value in row.values())
    (item,) = browser.get(f"{HOOKS}{webhook.pk}/?format=json&state=failed").json()["items"]
    assert (item["message_id"], item["status"]) == (delivery.message_id, 500)
    assert delivery.message_id in browser.get(f"{HOOKS}{webhook.pk}/?format=csv").content.decode()
    assert browser.get(f"{HOOKS}{webhook.pk}/?format=json&state=delivered").json()["items"] == []
