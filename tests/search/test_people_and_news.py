"""People are found by those to whom they chose to be shown, news by those who may read them at that moment; nobody else finds them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from projects.models import Project
from projects.news.models import NewsItem
from tests.factories import make_project
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.iam.profiles.models import Profile
from vre_portal.search import find, query
from vre_portal.search.audiences import Reader
from vre_portal.search.models import SearchDocument

pytestmark = pytest.mark.django_db
People = dict[str, User]


def titles(reader: Reader, text: str) -> list[str]:
    return [hit.title for hit in find.search(query.read(text), find.findable_by(reader)).hits]


@pytest.mark.parametrize(("audience", "finders"), [("nobody", ""), ("signed-in", "outsider"), ("public", "outsider visitor")])
def test_people_are_found_by_those_whom_they_chose(people: People, audience: str, finders: str) -> None:
    Profile.objects.create(user=people["lead"], audience=audience, expertise=["zyxomma fitting"])
    index_all()
    readers: dict[str, Reader] = {"visitor": AnonymousUser(), "outsider": people["outsider"]}
    assert {name for name, reader in readers.items() if titles(reader, "zyxomma")} == set(finders.split())


def test_whoever_is_closed_or_hides_is_found_no_more(people: People) -> None:
    profile = Profile.objects.create(user=people["lead"], audience="public", expertise=["zyxomma"])
    index_all()
    assert titles(AnonymousUser(), "zyxomma") == ["Lena Lead"]
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    assert titles(AnonymousUser(), "zyxomma") == []  # before the index knows
    index_all()
    assert titles(AnonymousUser(), "zyxomma") == []
    User.objects.filter(pk=people["lead"].pk).update(is_active=True)
    Profile.objects.filter(pk=profile.pk).update(audience="nobody")
    index_all()
    assert titles(people["outsider"], "zyxomma") == []


def test_news_are_found_while_they_are_shown(people: People) -> None:
    hidden = make_project(lead=people["lead"], slug="hidden", visibility=Project.Visibility.MEMBERS)
    now = timezone.now()
    NewsItem.objects.create(title="zyxomma now", text="x", is_published=True, publish_at=now)
    NewsItem.objects.create(title="zyxomma later", text="x", is_published=True, publish_at=now + timedelta(days=1))
    NewsItem.objects.create(
        title="zyxomma over", text="x", is_published=True, publish_at=now - timedelta(days=2), until=now - timedelta(days=1)
    )
    NewsItem.objects.create(title="zyxomma draft", text="x", publish_at=now)
    NewsItem.objects.create(title="zyxomma inside", text="x", is_published=True, publish_at=now, project=hidden)
    index_all()
    assert titles(AnonymousUser(), "zyxomma") == ["zyxomma now"]
    assert sorted(titles(people["lead"], "zyxomma")) == ["zyxomma inside", "zyxomma now"]
    NewsItem.objects.filter(title="zyxomma later").update(publish_at=now)
    index_all()
    assert sorted(titles(AnonymousUser(), "zyxomma")) == ["zyxomma later", "zyxomma now"]


def test_news_that_no_clock_changes_any_more_share_a_rule(people: People) -> None:
    """Each search looks at every rule: one for each news item that there ever was would make it slower with each."""
    project, now = make_project(lead=people["lead"]), timezone.now()
    for number in range(3):
        NewsItem.objects.create(title=f"portal {number}", text="x", is_published=True, publish_at=now)
        NewsItem.objects.create(title=f"project {number}", text="x", is_published=True, publish_at=now, project=project)
    later = NewsItem.objects.create(title="later", text="x", is_published=True, publish_at=now + timedelta(days=1))
    ending = NewsItem.objects.create(title="ending", text="x", is_published=True, publish_at=now, until=now + timedelta(days=1))
    index_all()
    rules = set(SearchDocument.objects.filter(kind="news").values_list("audience__rule", flat=True))
    assert rules == {"public", f"project:{project.pk}", f"news:{later.pk}", f"news:{ending.pk}"}
