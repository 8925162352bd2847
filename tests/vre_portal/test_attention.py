"""What waits for a person: all sources together, and a broken one costs only itself."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from vre_portal import attention
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


def test_a_source_that_fails_costs_only_itself_and_is_said(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()

    def broken(_user: User) -> Iterator[AttentionItem]:
        yield AttentionItem("half", "/half/")
        raise RuntimeError

    def older(_user: User) -> list[AttentionItem]:
        return [AttentionItem("older", "/a/", since=now - timedelta(days=1)), AttentionItem("undated", "/c/")]

    monkeypatch.setattr(attention, "_sources", [])
    for source in (broken, older, lambda _user: [AttentionItem("newer", "/b/", since=now)], older):
        attention.register(source)
    items = attention.items(people["lead"])
    assert [item.title for item in items[:3]] == ["newer", "older", "undated"]
    assert items[3].kind == attention.FAILED
    assert len(items) == 4
