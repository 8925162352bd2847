"""Reporting events: once each, to whom they concern and to followers."""

import math
from datetime import date

import pytest

from vre_portal.iam.models import User
from vre_portal.notices import kinds, services
from vre_portal.notices.kinds import Delivery, NoticeKind, UnknownKind
from vre_portal.notices.models import Event, Follow, Notice, Preference
from vre_portal.search.audiences import PUBLIC

pytestmark = pytest.mark.django_db
TRIED = kinds.register(NoticeKind("tests.tried", "Something was tried", "Tests"))
DECIDED = kinds.register(NoticeKind("tests.decided", "Something was decided", "Tests", can_turn_off=False))


def report(kind: str = TRIED.key, key: str = "thing:1", **facts: object) -> Event | None:
    return services.notify(kind, key, title="Tried", url="/", audience=PUBLIC, **facts)  # type: ignore[arg-type]


def told() -> set[str]:
    return set(Notice.objects.values_list("user__preferred_username", flat=True))


def test_an_event_that_is_reported_twice_is_one(people: dict[str, User]) -> None:
    assert report(to=[people["lead"], people["lead"].pk]) is not None
    assert report(to=[people["lead"], people["member"]]) is None
    assert Event.objects.count() == 1
    assert told() == {"lead"}


def test_followers_are_told_but_not_who_did_it(people: dict[str, User]) -> None:
    for name in ("lead", "member"):
        Follow.objects.create(user=people[name], topic="project:5")
    report(topics=["project:5"], actor=people["lead"])
    assert told() == {"member"}


def test_who_is_meant_is_told_also_of_what_they_did_themselves(people: dict[str, User]) -> None:
    report(to=[people["lead"]], actor=people["lead"])
    assert told() == {"lead"}


def test_each_is_told_as_they_chose(people: dict[str, User]) -> None:
    Preference.objects.create(user=people["lead"], kind=TRIED.key, delivery=Delivery.NONE)
    Preference.objects.create(user=people["member"], kind=TRIED.key, delivery=Delivery.MAIL)
    report(to=people.values())
    assert "lead" not in told()
    assert Notice.objects.get(user=people["member"]).delivery == Delivery.MAIL
    assert Notice.objects.get(user=people["outsider"]).delivery == Delivery.INBOX


def test_what_cannot_be_turned_off_comes_into_the_inbox(people: dict[str, User]) -> None:
    Preference.objects.create(user=people["lead"], kind=DECIDED.key, delivery=Delivery.NONE)
    report(DECIDED.key, to=[people["lead"]])
    assert Notice.objects.get().delivery == Delivery.INBOX


def test_a_closed_account_is_told_nothing(people: dict[str, User]) -> None:
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    report(to=[people["lead"]])
    assert not Notice.objects.exists()


@pytest.mark.parametrize("odd", ["\0", "\ud800", "\ud800\0 x"])
def test_no_odd_text_undoes_what_happened(people: dict[str, User], odd: str) -> None:
    """Texts of other services and of people: the caller's transaction goes on, and the event is told."""
    facts = {"text": odd, "group": f"group {odd}", "topics": ["project:5", f"did:{odd}"], "data": {odd: [odd, {"name": (odd,)}]}}
    event = services.notify(
        TRIED.key, f"thing:{odd}", title=odd, url=f"/{odd}", audience=f"public | read:{odd}", to=[people["lead"]], **facts
    )  # type: ignore[arg-type]
    assert event is not None
    event.refresh_from_db()
    assert event.topics == ["project:5"]
    assert told() == {"lead"}


def test_data_are_json_that_the_database_takes() -> None:
    facts = {"size": math.nan, "all": {"most": math.inf, "day": date(2026, 11, 30)}, 5: {1}}
    event = report(data=facts)
    assert event is not None
    event.refresh_from_db()
    assert event.data == {"size": None, "all": {"most": None, "day": "2026-11-30"}, "5": "{1}"}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("/status/?a=" + "b" * 2_000, "/status/"),
        ("/status/#" + "b" * 2_000, "/status/"),
        ("/notices/" + "b" * 2_000, "/notices/"),
        ("/notices/" + "b/" * 2_000, "/notices/"),
        ("b" * 2_001, "/"),
    ],
)
def test_a_notice_whose_address_is_too_long_leads_to_the_nearest_page(url: str, kept: str) -> None:
    event = services.notify(TRIED.key, "long", title="Tried", url=url, audience=PUBLIC)
    assert event is not None
    assert event.url == kept


def test_two_long_keys_with_the_same_beginning_are_two_events() -> None:
    first, second = ("x" * 300 + end for end in "ab")
    assert report(key=first) is not None
    assert services.unreported(TRIED.key, [first, second]) == {second}
    assert report(key=second) is not None
    assert report(key=first) is None


def test_a_topic_that_is_too_long_to_be_followed_is_left_out() -> None:
    event = report(topics=["did:" + "x" * 900, "project:5"])
    assert event is not None
    assert event.topics == ["project:5"]


def test_a_kind_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UnknownKind):
        report("tests.unknown")
