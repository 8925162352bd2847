"""Which events become deliveries, and of what nothing leaves the portal."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from projects.lifecycle import services as lifecycle
from projects.models import Project, Role
from projects.webhooks.owner import known_to_all_members, leads_of
from tests.factories import make_project
from tests.notices import webhook_rows as rows
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.iam.personal_data.erasure import erase
from vre_portal.notices.kinds import Delivery as Choice
from vre_portal.notices.models import Preference
from vre_portal.notices.webhooks import personal, retention, services
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.notices.webhooks.owners import OwnerClosed
from vre_portal.search import audiences
from vre_portal.search.audiences import condition, rule

pytestmark = pytest.mark.django_db
URL = "https://chat.example.org/hook"


@pytest.fixture
def webhook(project: Project, people: dict[str, User]) -> Webhook:
    return rows.project_webhook(project, people["lead"], URL)


def test_an_event_of_the_project_and_of_a_kind_that_is_selected_becomes_one_delivery(project: Project, webhook: Webhook) -> None:
    event = rows.happened(project, "run:3")
    rows.happened(project, kind=rows.OTHER.key)
    rows.happened(make_project())
    assert [item.event for item in Delivery.objects.all()] == [event]


def test_nothing_becomes_a_delivery_while_the_webhook_is_off_or_deleted(
    project: Project, webhook: Webhook, people: dict[str, User]
) -> None:
    owner = rows.project_owner.owner(project)
    services.switch(by=people["lead"], owner=owner, webhook=webhook, on=False)
    rows.happened(project)
    services.switch(by=people["lead"], owner=owner, webhook=webhook, on=True)
    services.delete(by=people["lead"], owner=owner, webhook=webhook)
    rows.happened(project)
    assert not Delivery.objects.exists()


def test_members_in_general_know_what_needs_no_more_than_membership(project: Project) -> None:
    own, members = condition("project", project.pk), condition("members", project.pk)
    other = condition("project", make_project().pk)
    public = condition("project", make_project(visibility=Project.Visibility.PUBLIC).pk)
    known = {rule(own), rule(members), rule([own, members]), audiences.PUBLIC, rule([members, public]), rule(public), rule(other, members)}
    hidden = {rule(other), rule([members, other]), rule([members, condition("read", "escape:KM3NET_EMBARGO_SP")]), audiences.person(1)}
    hidden.add(rule([members, audiences.person(1)]))
    assert set(known_to_all_members(project, known | hidden)) == known


def test_what_needs_a_restricted_scope_never_becomes_a_delivery_of_a_project(
    project: Project, webhook: Webhook, people: dict[str, User]
) -> None:
    lake_rule = rule([condition("members", project.pk), condition("read", "no-such-lake:SECRET")])
    rows.happened(project, audience=lake_rule)
    rows.happened(project, audience=audiences.person(people["lead"].pk))
    assert not Delivery.objects.exists()


def test_a_person_gets_by_webhook_only_what_they_chose_so(people: dict[str, User]) -> None:
    rows.personal_webhook(people["member"], URL)
    rows.happened(to=[people["member"], people["lead"]])
    Preference.objects.filter(user=people["member"]).update(delivery=Choice.MAIL)
    rows.happened(to=[people["member"]])
    assert Delivery.objects.count() == 1


def test_archiving_the_project_ends_what_waits_and_a_lead_switches_it_on_again(
    project: Project, webhook: Webhook, people: dict[str, User]
) -> None:
    rows.happened(project)
    lifecycle.archive(by=people["lead"], project=project)
    webhook.refresh_from_db()
    assert (webhook.is_on, webhook.off_reason) == (False, "closed")
    assert rows.only_delivery(webhook).state == "failed"
    with pytest.raises(OwnerClosed):
        services.switch(by=people["lead"], owner=rows.project_owner.owner(project), webhook=webhook, on=True)


def test_the_webhook_stays_when_the_lead_who_made_it_is_erased_but_their_own_goes(
    project: Project, webhook: Webhook, people: dict[str, User]
) -> None:
    rows.personal_webhook(people["newcomer"], URL)
    Webhook.objects.filter(pk=webhook.pk).update(created_by=people["newcomer"])
    erase(people["newcomer"])
    assert [item.pk for item in Webhook.objects.all()] == [webhook.pk]


def test_groups_that_the_iam_has_not_confirmed_for_long_let_nothing_leave_for_a_person(people: dict[str, User]) -> None:
    project = make_project(lead=people["lead"], groups={people["member"].groups[0]: Role.MEMBER})
    known = rule(condition("project", project.pk))
    User.objects.filter(pk=people["member"].pk).update(groups_seen_at=timezone.now())
    assert personal.owner(User.objects.get(pk=people["member"].pk)).may_know(known)
    User.objects.filter(pk=people["member"].pk).update(groups_seen_at=timezone.now() - timedelta(days=8))
    person = User.objects.get(pk=people["member"].pk)
    assert not personal.owner(person).may_know(known)
    assert person.groups


def test_an_export_has_no_secret_and_no_address_of_a_project(project: Project, webhook: Webhook, people: dict[str, User]) -> None:
    rows.personal_webhook(people["lead"], "https://mine.example.org/hook")
    Delivery.objects.create(webhook=Webhook.objects.get(user=people["lead"]), kind="webhooks.test", log=[{"answer": "thanks"}])
    rows.happened(project)
    export = export_person(people["lead"])
    text = json.dumps(export, cls=DjangoJSONEncoder)
    assert [item["log"] for item in export["webhook deliveries"]] == [[{"answer": "thanks"}]]
    assert "mine.example.org" in text
    assert "chat.example.org" not in text
    assert "gAAAA" not in text
    assert "whsec" not in text


def test_old_deliveries_and_those_beyond_the_limit_are_forgotten(project: Project, webhook: Webhook, monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "MAX_DELIVERIES", 3)
    events = [rows.happened(project) for _ in range(6)]
    Delivery.objects.filter(event=events[5]).update(created_at=timezone.now() - timedelta(days=31))
    retention.forget()
    assert set(Delivery.objects.values_list("event", flat=True)) == {event.pk for event in events[2:5]}


def test_a_deleted_webhook_is_gone_for_good_after_a_day(project: Project, webhook: Webhook) -> None:
    Webhook.objects.update(deleted_at=timezone.now() - timedelta(hours=25))
    retention.forget()
    assert not Webhook.objects.exists()


def test_leads_by_name_and_by_group_are_told(people: dict[str, User]) -> None:
    project = make_project(lead=people["member"], groups={"escape/leads": "lead"})
    assert set(leads_of(project)) == {people["lead"].pk, people["member"].pk}


def test_a_change_of_keys_encrypts_the_secrets_anew(project: Project, webhook: Webhook, settings: Any) -> None:
    secrets, sealed = webhook.secrets(), webhook.secret
    settings.VAULT_KEYS = [Fernet.generate_key().decode(), *settings.VAULT_KEYS]
    call_command("rotate_vault", stdout=StringIO())
    settings.VAULT_KEYS = settings.VAULT_KEYS[:1]
    webhook.refresh_from_db()
    assert webhook.secret != sealed
    assert webhook.secrets() == secrets
