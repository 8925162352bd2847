"""Staff read the record, and not all of them may read all data: names of restricted data are theirs only who may."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from vre_portal.audit import record
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
EMBARGO = "KM3NET_EMBARGO_SP"
FORMS = ("", "?format=json", "?format=csv")


@pytest.fixture
def acts(people: dict[str, User]) -> None:
    """What is done to restricted data, in each shape that facts have, beside the same with public data."""
    for scope, mark in ((EMBARGO, "CANARY"), ("KM3NET_ECAP_SP", "open")):
        record("resource.add", by=people["lead"], subject="project/a", kind="did", service="escape", identifier=f"{scope}:{mark}-1")
        record("run.keep", by=people["lead"], subject="run/a/1", lake="escape", scope=scope, dataset=f"{mark}-2")
        record("lake.ask", by=people["lead"], subject="lake/escape/act/1", about=[f"{scope}:{mark}-3"], things=1)
        record("notebook.open", by=people["lead"], subject="project/a", lake="escape", did=f"{scope}:{mark}-4")


def text_of(browser: Client, query: str) -> str:
    reply = browser.get(f"/audit/{query}")
    assert reply.status_code == 200
    return b"".join(reply).decode() if reply.streaming else reply.content.decode()


@pytest.mark.parametrize("query", FORMS)
def test_staff_who_may_not_read_them_do_not_see_names_of_restricted_data(acts: None, signed_in: SignIn, query: str) -> None:
    text = text_of(signed_in("admin"), query)
    assert "CANARY" not in text
    assert "restricted data" in text
    assert all(f"open-{number}" in text for number in range(1, 5))


@pytest.mark.parametrize("query", FORMS)
def test_staff_who_may_read_them_see_them(acts: None, people: dict[str, User], signed_in: SignIn, query: str) -> None:
    people["admin"].groups = [*people["admin"].groups, "escape/km3net-embargo"]
    people["admin"].save()
    text = text_of(signed_in("admin"), query)
    assert all(f"CANARY-{number}" in text for number in range(1, 5))


def test_the_record_itself_stays_whole(acts: None, signed_in: SignIn) -> None:
    text_of(signed_in("admin"), "")
    assert sum("CANARY" in json.dumps(facts) for facts in AuditEntry.objects.values_list("facts", flat=True)) == 4


def test_an_export_goes_without_what_its_person_may_no_longer_read(acts: None, people: dict[str, User], signed_in: SignIn) -> None:
    people["lead"].groups = ["escape/km3net-embargo"]
    people["lead"].save()
    assert "CANARY-1" in signed_in("lead").get("/me/export/").content.decode()
    people["lead"].groups = ["escape"]
    people["lead"].save()
    assert "CANARY" not in signed_in("lead").get("/me/export/").content.decode()
