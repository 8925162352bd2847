"""Following projects, data, software and saved searches."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry
from projects.models import Membership, Role
from tests.factories import make_project, make_public
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.notices import following, saved_searches
from vre_portal.notices.models import Event, Follow, Notice, SearchWatch
from vre_portal.search import history

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
FOLLOW, FOLLOWING = "/notices/follow/", "/notices/following/"


def topics_of(user: User) -> list[str]:
    return list(Follow.objects.filter(user=user).values_list("topic", flat=True))


def test_a_project_is_followed_from_its_page_and_no_longer(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="moon", title="Moon")
    browser, topic = signed_in("outsider"), f"project:{project.pk}"
    assert f'value="{topic}"' in browser.get("/projects/moon/").content.decode()
    for _ in range(2):  # pressed twice
        assert browser.post(FOLLOW, {"topic": topic, "on": "1"})["Location"] == "/projects/moon/"
    assert topics_of(people["outsider"]) == [topic]
    browser.post(FOLLOW, {"topic": topic, "on": "0"})
    assert topics_of(people["outsider"]) == []


def test_the_button_comes_back_as_a_fragment(signed_in: SignIn) -> None:
    project = make_public()
    answer = signed_in("outsider").post(FOLLOW, {"topic": f"project:{project.pk}", "on": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Following" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_visitors_get_no_button(client: Client) -> None:
    make_public(slug="moon")
    assert "follow-project" not in client.get("/projects/moon/").content.decode()


@pytest.mark.parametrize(
    "topic", ["", "project:", "project:0", "project:x", "project:٣", "no-such:1", "did:escape", "did:a:b:", "search:1", "x" * 2000]
)
def test_what_is_not_there_or_not_visible_cannot_be_followed(signed_in: SignIn, people: dict[str, User], topic: str) -> None:
    browser = signed_in("outsider")
    assert browser.get(FOLLOW, {"topic": topic}).status_code == 404
    assert browser.post(FOLLOW, {"topic": topic, "on": "1"}).status_code == 404
    assert topics_of(people["outsider"]) == []


def test_a_hidden_project_cannot_be_followed(signed_in: SignIn) -> None:
    project = make_project(slug="secret")
    assert signed_in("outsider").post(FOLLOW, {"topic": f"project:{project.pk}", "on": "1"}).status_code == 404


def test_what_is_no_longer_visible_is_listed_without_its_name(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_project(slug="secret", title="Hidden plan")
    role = Membership.objects.create(project=project, user=people["outsider"], role=Role.MEMBER)
    following.follow(f"project:{project.pk}", by=people["outsider"])
    browser = signed_in("outsider")
    assert "Hidden plan" in browser.get(FOLLOWING).content.decode()
    role.delete()
    page = browser.get(FOLLOWING).content.decode()
    assert "Hidden plan" not in page
    assert "No longer visible to you" in page
    assert browser.get(f"{FOLLOWING}?format=json").json()["items"][0]["title"] is None
    assert "secret" not in str(export_person(people["outsider"])["notices.follow"])


def test_unfollowing_in_the_list_is_taken_back(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(title="Moon")
    following.follow(f"project:{project.pk}", by=people["outsider"])
    browser = signed_in("outsider")
    browser.post(f"{FOLLOWING}{Follow.objects.get().pk}/unfollow/")
    assert topics_of(people["outsider"]) == []
    signed = re.search(r'name="signed" value="([^"]+)"', browser.get(FOLLOWING).content.decode())[1]  # type: ignore[index]
    signed_in("member").post(f"{FOLLOWING}undo/", {"signed": signed})
    assert not Follow.objects.exists()
    browser.post(f"{FOLLOWING}undo/", {"signed": signed})
    assert topics_of(people["outsider"]) == [f"project:{project.pk}"]


def test_nobody_unfollows_for_somebody_else(signed_in: SignIn, people: dict[str, User]) -> None:
    following.follow(f"project:{make_public().pk}", by=people["lead"])
    signed_in("member").post(f"{FOLLOWING}{Follow.objects.get().pk}/unfollow/")
    assert Follow.objects.count() == 1


def test_one_follows_at_most_so_much(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MAX_FOLLOWED", 1)
    following.follow("project:1", by=people["lead"])
    with pytest.raises(following.TooManyFollowed):
        following.follow("project:2", by=people["lead"])


def test_software_is_followed_from_its_page(signed_in: SignIn) -> None:
    entry = Entry.objects.create(service="ossr", concept="1", record="1", title="Tool")
    browser = signed_in("outsider")
    assert f'value="software:{entry.pk}"' in browser.get("/catalog/software/1/").content.decode()
    browser.post(FOLLOW, {"topic": f"software:{entry.pk}", "on": "1"})
    assert "Tool" in browser.get(FOLLOWING).content.decode()


def look() -> int:
    """What the worker does, as if the time since the last look had passed."""
    SearchWatch.objects.update(looked_at=timezone.now() - timedelta(days=1))
    return saved_searches.look_at_all()


def test_new_results_of_a_followed_search_are_one_notice(people: dict[str, User]) -> None:
    make_public(title="Old crab")
    index_all()
    search = history.save("My crabs", "crab", by=people["outsider"])
    following.follow(f"search:{search.pk}", by=people["outsider"])
    assert look() == 0
    for number in range(2):
        make_public(title=f"New crab {number}")
    make_public(title="A lobster")
    make_project(title="A hidden crab")
    index_all()
    assert (look(), look()) == (1, 0)
    notice = Notice.objects.get()
    assert notice.event.title == "2 new results for “My crabs”"
    assert notice.user == people["outsider"]


@pytest.mark.parametrize("rest", ["", f" -{'é' * 400}"])
def test_a_notice_leads_to_its_saved_search_however_long_it_is(signed_in: SignIn, people: dict[str, User], rest: str) -> None:
    search = history.save("My crabs", f"crab{rest}", by=people["lead"])
    following.follow(f"search:{search.pk}", by=people["lead"])
    look()
    make_public(title="New crab")
    index_all()
    assert look() == 1
    url, browser = Event.objects.get().url, signed_in("lead")
    assert "New <mark>crab</mark>" in browser.get(url, follow=True).content.decode()
    assert signed_in("member").get(url).status_code == 404
    history.delete(search.pk, by=people["lead"])
    assert browser.get(url).status_code == 404


def test_a_search_is_looked_at_once_in_its_time(people: dict[str, User]) -> None:
    search = history.save("My crabs", "crab", by=people["lead"])
    following.follow(f"search:{search.pk}", by=people["lead"])
    saved_searches.look_at_all()
    make_public(title="New crab")
    index_all()
    assert saved_searches.look_at_all() == 0


def test_a_search_that_fails_costs_no_other(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lead", "member"):
        search = history.save(name, "halo", by=people[name])
        following.follow(f"search:{search.pk}", by=people[name])
    look()
    SearchWatch.objects.update(looked_at=timezone.now() - timedelta(days=1))
    look_at, failing = saved_searches.look_at, SearchWatch.objects.order_by("looked_at", "pk").first()
    seen: list[int] = []

    def looked(number: int) -> bool:
        seen.append(number)
        if failing is not None and number == failing.pk:
            raise RuntimeError("cannot be read")
        return look_at(number)

    monkeypatch.setattr(saved_searches, "look_at", looked)
    saved_searches.look_at_all()
    assert len(seen) == 2
    saved_searches.look_at_all()
    assert len(seen) == 2  # the one that failed waits for its turn, too


def test_a_deleted_search_is_followed_by_nobody(people: dict[str, User]) -> None:
    search = history.save("My crabs", "crab", by=people["lead"])
    following.follow(f"search:{search.pk}", by=people["lead"])
    history.delete(search.pk, by=people["lead"])
    assert not Follow.objects.exists()


def test_the_search_of_somebody_else_cannot_be_followed(signed_in: SignIn, people: dict[str, User]) -> None:
    search = history.save("My crabs", "crab", by=people["lead"])
    assert signed_in("member").post(FOLLOW, {"topic": f"search:{search.pk}", "on": "1"}).status_code == 404
    assert not Event.objects.exists()
