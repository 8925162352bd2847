"""What tests begin with is what the portal itself would have made."""

from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from devstack import address
from tests.factories import make_people, make_person
from vre_portal.iam.models import Identity, User

pytestmark = pytest.mark.django_db
OF_THE_MOMENT = {"id", "handle", "user", "date_joined", "linked_at", "used_at"}


def rows(model: type[models.Model]) -> list[dict[str, Any]]:
    """All rows by their subject, without what differs each time."""
    names = [field.name for field in model._meta.concrete_fields if field.name not in OF_THE_MOMENT]
    return list(model._default_manager.order_by("subject").values(*names))


def test_people_made_at_once_are_as_signing_in_makes_them() -> None:
    one_by_one = {name: make_person(name) for name in address.DEMO_USERS}
    expected = rows(User), rows(Identity)
    held = {name: (user.groups, user.is_staff, user.name) for name, user in one_by_one.items()}
    User.objects.all().delete()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        people = make_people()
    assert (rows(User), rows(Identity)) == expected
    assert {name: (user.groups, user.is_staff, user.name) for name, user in people.items()} == held
    assert all(user.identities.get().is_of(user) and user.identities.get().used_at for user in people.values())
    assert len(queries) <= 7  # with the savepoints


def test_people_who_are_there_are_the_same() -> None:
    lead = make_person("lead")
    assert make_people()["lead"].pk == lead.pk
    assert User.objects.count() == len(address.DEMO_USERS)
