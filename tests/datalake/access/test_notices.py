"""The planned end of an embargo is told a week before and on the day, to owners and to people whose request is open."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from datalake.access import notices
from projects.requests.models import Request
from tests.notices.reading import seen_by
from vre_portal.iam.models import User
from vre_portal.notices.models import Event

pytestmark = pytest.mark.django_db
KIND = "access.embargo_ends"


@pytest.fixture
def ends_in(lake_options: Callable[..., None]) -> Callable[..., None]:
    """Let the embargo end in so many days, and look; twice, as tasks do."""

    def look(days: int, **facts: Any) -> None:
        until: date = timezone.localdate() + timedelta(days=days)
        entry = {"scope": "S", "group": "g", "owners": ["escape/leads"], "title": "Neutrinos", "until": until}
        lake_options(access=[{**entry, **facts}])
        notices.report_embargoes()
        notices.report_embargoes()

    return look


def test_owners_and_those_who_wait_are_told_a_week_before_and_on_the_day(ends_in: Callable[..., None], people: dict[str, User]) -> None:
    about = {"kind": "restricted-data", "subject": "escape/S", "values": {"lake": "escape", "scope": "S"}}
    Request.objects.create(by=people["outsider"], **about)
    Request.objects.create(by=people["member"], state=Request.State.DECLINED, **about)
    ends_in(8)
    assert not Event.objects.exists()
    ends_in(7)
    for name, kinds in {"lead": [KIND], "outsider": [KIND], "member": [], "newcomer": []}.items():
        assert seen_by(people[name]) == kinds
    assert "Neutrinos" in Event.objects.get().title
    assert Event.objects.get().url == "/datalake/escape/access/scopes/S/"


@pytest.mark.parametrize("days", [0, -2])
def test_the_day_itself_is_told_also_some_days_late(ends_in: Callable[..., None], people: dict[str, User], days: int) -> None:
    ends_in(days)
    assert seen_by(people["lead"]) == [KIND]


@pytest.mark.parametrize("facts", [{"until": None}, {"days": -30}, {"until": "soon"}])
def test_no_end_one_long_ago_and_one_that_is_no_date_are_not_told(
    ends_in: Callable[..., None], people: dict[str, User], facts: Any
) -> None:
    ends_in(facts.pop("days", 3), **facts)
    assert not Event.objects.exists()


def test_a_new_date_is_told_anew(ends_in: Callable[..., None], people: dict[str, User]) -> None:
    ends_in(5)
    ends_in(6)
    assert seen_by(people["lead"]) == [KIND, KIND]
