"""What waits for a person: asked of every application, newest first, and one that fails costs only its own part."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from vre_portal import attention
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.sources import Sources

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what the applications register."""
    monkeypatch.setattr(attention, "_sources", Sources("attention"))


def broken(_user: User) -> Iterator[AttentionItem]:
    yield AttentionItem("said before the fault", "/")
    raise RuntimeError("a fault")


@pytest.mark.usefixtures("own_sources")
def test_what_waits_is_listed_newest_first_and_what_has_no_date_last(people: dict[str, User]) -> None:
    now = timezone.now()
    attention.register(lambda user: [AttentionItem("undated", "/"), AttentionItem("old", "/", since=now - timedelta(days=1))])
    attention.register(lambda user: [AttentionItem("new", "/", since=now)])
    assert [item.title for item in attention.items(people["lead"])] == ["new", "old", "undated"]


@pytest.mark.usefixtures("own_sources")
def test_a_source_that_fails_costs_only_its_own_part_and_the_list_says_so(people: dict[str, User]) -> None:
    attention.register(broken)
    attention.register(lambda user: [AttentionItem("of another", "/", since=timezone.now())])
    titles = [item.title for item in attention.items(people["lead"])]
    assert "of another" in titles
    assert [item.kind for item in attention.items(people["lead"]) if "could not be" in item.title] == [attention.FAILED]


@pytest.mark.usefixtures("own_sources")
def test_a_source_that_is_registered_twice_is_asked_once(people: dict[str, User]) -> None:
    def source(user: User) -> list[AttentionItem]:
        return [AttentionItem(f"for {user.preferred_username}", "/")]

    attention.register(source)
    attention.register(source)
    assert [item.title for item in attention.items(people["lead"])] == ["for lead"]
