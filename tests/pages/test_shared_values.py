"""Figures that are computed once for each version of what they are made of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects.models import Project
from tests.factories import make_project
from vre_portal.pages import SharedValue, expires_at, lifetime

pytestmark = pytest.mark.django_db


def counted(computed: list[int], until: timedelta | None = None) -> SharedValue[int]:
    def compute() -> int:
        computed.append(1)
        if until is not None:
            expires_at(timezone.now() + until)
        return Project.objects.count()

    return SharedValue(compute, "projects")


def test_it_is_computed_again_when_a_row_changes_and_not_before() -> None:
    computed: list[int] = []
    value = counted(computed)
    assert [value(), value()] == [0, 0]
    make_project()
    assert [value(), value()] == [1, 1]
    assert len(computed) == 2


def test_it_lives_no_longer_than_it_says_and_neither_does_the_page() -> None:
    computed: list[int] = []
    value = counted(computed, timedelta(seconds=100))
    value()
    with lifetime.measured() as page:
        value()
    assert len(computed) == 1
    assert page.until <= (timezone.now() + timedelta(seconds=100)).timestamp()
    over = counted(computed, timedelta(seconds=-1))
    assert [over(), over()] == [0, 0]
    assert len(computed) == 3


def test_without_versions_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    monkeypatch.setattr("vre_portal.pages.versions.read", lambda: None)
    value = counted(computed)
    value()
    value()
    assert len(computed) == 2
