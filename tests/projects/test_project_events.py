"""What projects, news, data and software report as notices, and to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.software import version_notices
from catalog.software.models import Entry, Version
from datalake.index import followed
from datalake.index.models import IndexedScope, IndexEntry
from projects.lifecycle import services as lifecycle
from projects.models import Membership, Project, Role
from projects.news import announcing
from projects.people import services as people_services
from projects.project_events import seen_by
from tests.factories import make_news, make_project, make_public
from vre_portal.iam.models import User
from vre_portal.notices import following
from vre_portal.notices.models import Event, Follow, Notice
from vre_portal.notices.visibility import VisibleNotices

pytestmark = pytest.mark.django_db


def told(kind: str) -> dict[str, str]:
    """By person the title of the notice of this kind that they see."""
    found = Notice.objects.filter(event__kind=kind).select_related("user", "event")
    return {item.user.preferred_username: item.event.title for item in found if item in VisibleNotices.of(item.user).all()}


@pytest.fixture
def moon(people: dict[str, User]) -> Project:
    project = make_public(slug="moon", title="Moon", lead=people["lead"])
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    return project


def follow(user: User, topic: str) -> None:
    Follow.objects.create(user=user, topic=topic)


def test_the_people_and_followers_learn_that_a_project_is_archived(moon: Project, people: dict[str, User]) -> None:
    follow(people["outsider"], f"project:{moon.pk}")
    lifecycle.archive(by=people["lead"], project=moon)
    lifecycle.archive(by=people["lead"], project=moon)
    assert told("projects.archived") == {"member": "Archived: Moon", "outsider": "Archived: Moon"}


def test_who_could_see_a_project_learns_that_it_was_deleted_and_nobody_else(people: dict[str, User]) -> None:
    project = make_project(slug="secret", title="Hidden plan", lead=people["lead"])
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    follow(people["outsider"], f"project:{project.pk}")  # from a time when they could see it
    lifecycle.delete(by=people["lead"], project=project, confirmation="secret")
    assert told("projects.deleted") == {"member": "Deleted: Hidden plan"}
    assert not Follow.objects.exists()


def test_a_project_of_very_many_people_is_deleted_and_each_of_them_told(people: dict[str, User]) -> None:
    project = make_project(slug="large", title="Large", lead=people["lead"])
    many = User.objects.bulk_create(User(issuer="https://iam.example/", subject=f"many-{n}") for n in range(1_200))
    Membership.objects.bulk_create(Membership(project=project, user=user, role=Role.MEMBER) for user in many)
    lifecycle.delete(by=people["lead"], project=project, confirmation="large")
    assert Notice.objects.filter(event__kind="projects.deleted").count() == 1_200
    assert VisibleNotices.of(many[-1]).all().exists()


def test_who_is_added_is_told_and_the_other_leads(moon: Project, people: dict[str, User]) -> None:
    Membership.objects.filter(user=people["member"]).update(role=Role.LEAD)
    follow(people["outsider"], f"project:{moon.pk}")  # no member: sees the project, and not its people
    people_services.add_person(by=people["lead"], project=moon, user=people["newcomer"], role=Role.VIEWER)
    people_services.add_person(by=people["lead"], project=moon, user=people["newcomer"], role=Role.MEMBER)
    name = people["newcomer"]
    assert told("projects.joined") == {"member": f"{name} joined Moon (Viewer)"}
    assert told("projects.added") == {"newcomer": "You were added to Moon (Viewer)"}


def test_news_are_told_once_and_not_before_they_are_shown(moon: Project, people: dict[str, User]) -> None:
    follow(people["outsider"], f"project:{moon.pk}")
    make_news(moon, title="Now", written_by=people["lead"])
    later = make_news(moon, title="Later", written_by=people["lead"], publish_at=timezone.now() + timedelta(hours=1))
    make_news(moon, title="Draft", is_published=False)
    assert (announcing.announce_due(), announcing.announce_due()) == (1, 0)
    assert told("news.posted") == {"member": "Moon: Now", "outsider": "Moon: Now"}
    type(later).objects.filter(pk=later.pk).update(publish_at=timezone.now())
    assert announcing.announce_due() == 1


def test_followed_data_are_told_of_when_they_change(people: dict[str, User]) -> None:
    now = timezone.now()
    scope = IndexedScope.objects.create(lake="escape", name="PUBLIC_SP", read_at=now, walked_at=now)
    entry = IndexEntry.objects.create(scope=scope, name="set:1", type="DATASET", bytes=1, length=1, open=True, created=now)
    follow(people["outsider"], "did:escape:PUBLIC_SP:set:1")
    assert (followed.report_changes(), followed.report_changes()) == (0, 0)
    for facts in ({"bytes": 2, "length": 2}, {"open": False}):
        IndexEntry.objects.filter(pk=entry.pk).update(**facts)
        assert followed.report_changes() == 1
    entry.delete()
    assert (followed.report_changes(), followed.report_changes()) == (1, 0)
    titles = list(Event.objects.order_by("pk").values_list("title", flat=True))
    assert titles == ["Contents changed: set:1", "Closed: set:1", "Deleted: set:1"]


def test_data_that_the_index_has_not_read_are_not_told_to_be_deleted(people: dict[str, User]) -> None:
    now = timezone.now()
    scope = IndexedScope.objects.create(lake="escape", name="PUBLIC_SP", read_at=now, walked_at=now)
    entry = IndexEntry.objects.create(scope=scope, name="file", type="FILE", bytes=1, created=now)
    follow(people["outsider"], "did:escape:PUBLIC_SP:file")
    followed.report_changes()
    entry.delete()
    IndexedScope.objects.update(walked_at=None)
    assert followed.report_changes() == 0


def test_followers_of_software_learn_of_its_new_version(people: dict[str, User]) -> None:
    entry = Entry.objects.create(service="ossr", concept="1", record="1", title="Tool")
    version = Version.objects.create(entry=entry, service="ossr", record="2", identifier="oai:2", name="2.0")
    version_notices.report(entry, version)
    assert not Event.objects.exists()
    following.follow(f"software:{entry.pk}", by=people["outsider"])
    for _ in range(2):
        version_notices.report(entry, version)
    assert told("software.version") == {"outsider": "New version of Tool: 2.0"}


def test_a_rule_of_a_project_holds_for_who_may_see_it(moon: Project) -> None:
    assert seen_by(moon) == f"project:{moon.pk}"
