"""Rows from before the names of people went out of stored texts."""

import importlib

import pytest
from django.apps import apps

from projects.requests import notices
from projects.requests.models import RequestAct, RequestEvent
from tests.factories import make_request
from vre_portal.iam.models import User
from vre_portal.notices.models import Event


@pytest.mark.django_db
def test_names_in_texts_become_references(people: dict[str, User]) -> None:
    item, admin = make_request(people["outsider"]), people["admin"]
    words = f"Waiting until {admin} signs in again: the portal acts with their rights."
    RequestAct.objects.create(request=item, by=admin, problem=words)
    waiting = RequestEvent.objects.create(request=item, what="waiting", text=words)
    lost = RequestEvent.objects.create(
        request=item, what="failed", text=f"{admin} may no longer decide about this request, so it was not …"
    )
    other = RequestEvent.objects.create(request=item, what="failed", text="No such scope.")
    for event in (waiting, lost, other):
        notices.failed(item, [admin], event.text, event.pk)
    importlib.import_module("projects.requests.migrations.0007_progress").name_nobody(apps, None)
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.person, waiting.text, other.text) == (admin, "", "No such scope.")
    assert admin.name not in str([list(model.objects.values()) for model in (RequestAct, RequestEvent, Event)]).replace(
        Event.objects.get(kind="requests.opened").title, ""
    )
