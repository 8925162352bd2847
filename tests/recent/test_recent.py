"""What a person looked at last: at most twenty, their own, what they may still see, and nothing once it is switched off."""

from collections.abc import Callable

import pytest
from django.test import Client

from catalog.software.models import Entry
from projects.models import Project, Role
from tests.factories import make_project, make_public
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.iam.personal_data.erasure import erase
from vre_portal.recent import services
from vre_portal.recent.models import RecentItem, RecentSetting

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def look(person: User, name: str, *, kind: str = "software", service: str = "ossr", title: str = "") -> None:
    services.note(person, kind=kind, service=service, identifier=name, title=title or name, url=f"/x/{name}")


def names(person: User, *kinds: str) -> list[str]:
    return [item.identifier for item in services.items(person, *kinds)]


def test_the_latest_twenty_stay_and_one_seen_again_is_the_latest(people: dict[str, User]) -> None:
    member = people["member"]
    for number in range(25):
        look(member, str(number))
    look(people["lead"], "not theirs")
    assert names(member) == [str(number) for number in range(24, 4, -1)]
    look(member, "10", title="Renamed")
    assert names(member)[:2] == ["10", "24"]
    assert len(names(member)) == 20
    assert str(services.items(member)[0]) == "Renamed"


def test_what_is_opened_is_listed(people: dict[str, User], signed_in: SignIn) -> None:
    make_public(slug="open", title="Open project")
    Entry.objects.create(service="ossr", concept="7", record="7", title="A tool")
    client = signed_in("outsider")
    client.get("/projects/open/")
    client.head("/catalog/software/7/")
    client.get("/projects/open/?format=json")
    assert names(people["outsider"]) == ["open"]
    client.get("/catalog/software/7/")
    assert names(people["outsider"]) == ["7", "open"]
    assert names(people["outsider"], "project") == ["open"]
    page = client.get("/me/recent/").content.decode()
    assert 'href="/projects/open/"' in page
    assert [item["title"] for item in client.get("/me/recent/?format=json").json()["items"]] == ["A tool", "Open project"]
    assert signed_in("member").get("/me/recent/?format=json").json()["items"] == []


def test_what_is_closed_by_now_is_neither_listed_nor_exported(people: dict[str, User], signed_in: SignIn) -> None:
    project = make_project(slug="closed", title="Closed title", groups={"escape/km3net": Role.MEMBER})
    signed_in("member").get("/projects/closed/")
    look(people["member"], "KM3NET_EMBARGO_SP:secret", kind="did", service="escape", title="Secret title")
    look(people["member"], "GONE:x", kind="did", service="no-such-lake", title="Gone title")
    assert names(people["member"]) == ["closed"]
    Project.objects.get(pk=project.pk).memberships.all().delete()
    member = User.objects.get(pk=people["member"].pk)
    assert names(member) == []
    told = str(export_person(member)["recent.recentitem"])
    assert not any(word in told for word in ("Secret title", "Closed title", "Gone title", "KM3NET_EMBARGO_SP"))


def test_off_forgets_and_remembers_nothing_until_it_is_on_again(people: dict[str, User], signed_in: SignIn) -> None:
    member, client = people["member"], signed_in("member")
    look(member, "before")
    client.post("/me/recent/switch/")
    client.post("/me/recent/switch/")
    look(member, "meanwhile")
    assert (names(member), RecentItem.objects.count()) == ([], 0)
    assert "The list is turned off" in client.get("/me/recent/").content.decode()
    client.post("/me/recent/switch/", {"is_on": "1"})
    look(member, "after")
    assert names(member) == ["after"]


def test_the_list_is_cleared_by_its_person_alone(people: dict[str, User], signed_in: SignIn) -> None:
    look(people["member"], "a")
    look(people["lead"], "b")
    signed_in("member").post("/me/recent/clear/")
    assert (names(people["member"]), names(people["lead"])) == ([], ["b"])


def test_it_goes_with_the_person_and_into_their_export(people: dict[str, User]) -> None:
    outsider = people["outsider"]
    look(outsider, "a", title="Seen by me")
    services.switch(people["lead"], to=True)
    assert "Seen by me" in str(export_person(outsider)["recent.recentitem"])
    services.switch(outsider, to=True)
    erase(outsider)
    assert (RecentItem.objects.count(), RecentSetting.objects.count()) == (0, 1)


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "a\u202eb", "x" * 5000, "\x00"])
def test_a_hostile_title_is_text(people: dict[str, User], signed_in: SignIn, title: str) -> None:
    look(people["member"], "a", title=title)
    page = signed_in("member").get("/me/recent/").content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
