"""Which projects use a piece of software, on its page, as each reader may see them."""

from collections.abc import Callable

import pytest
from django.test import Client

from catalog.software.models import Entry
from projects.models import Resource, Role
from tests.factories import make_project, make_public, make_resource
from tests.page_text import text_of

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
PAGE, HERE = "/catalog/software/7/", "/catalog/software/7/uses/"


@pytest.fixture
def entry(db: None) -> Entry:
    entry = Entry.objects.create(service="ossr", concept="7", record="7", title="A tool", concept_doi="10.5281/zenodo.7")
    for project in (make_public(title="Open <b>one</b>"), make_project(title="Closed one", groups={"escape/km3net": Role.VIEWER})):
        make_resource(project, kind=Resource.Kind.SOFTWARE, service="ossr", identifier="10.5281/zenodo.7", facts={"entry": "7"})
    return entry


def test_its_page_leads_to_the_projects_that_the_reader_may_see(entry: Entry, signed_in: SignIn) -> None:
    assert f'hx-get="{HERE}"' in signed_in("anonymous").get(PAGE).content.decode()
    for name, expected in (
        ("anonymous", ["Open <b>one</b>"]),
        ("member", ["Closed one", "Open <b>one</b>"]),
        ("outsider", ["Open <b>one</b>"]),
    ):
        client = signed_in(name)
        assert sorted(item["title"] for item in client.get(f"{HERE}?format=json").json()["items"]) == expected
        for headers in ({}, {"HX-Request": "true"}):
            page = client.get(HERE, headers=headers).content.decode()
            assert "<b>one</b>" not in page
            assert ("Closed one" in page) is (name == "member")


def test_nothing_to_show_says_so(entry: Entry, signed_in: SignIn) -> None:
    Resource.objects.all().delete()
    assert "No project that you can see uses this software yet." in text_of(signed_in("anonymous").get(HERE).content)
    assert signed_in("anonymous").get("/catalog/software/8/uses/").status_code == 404


def test_the_entry_of_another_service_is_another_one(entry: Entry, signed_in: SignIn) -> None:
    Entry.objects.create(service="second", concept="7", record="7", title="Another tool")
    client = signed_in("anonymous")
    assert client.get(f"{HERE}?service=second&format=json").json()["items"] == []
    assert f"{HERE}?service=second" in client.get(f"{PAGE}?service=second").content.decode()
