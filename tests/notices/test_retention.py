"""Old notices and too many are deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.iam.personal_data.erasure import erase
from vre_portal.notices import retention
from vre_portal.notices.mail.models import QueuedNotice, Schedule
from vre_portal.notices.models import Event, EventAudience, Notice

pytestmark = pytest.mark.django_db
Give = Callable[..., Notice]


def aged(give: Give, **days: int) -> Notice:
    notice = give()
    moments = {name: timezone.now() - timedelta(days=value) for name, value in days.items()}
    Notice.objects.filter(pk=notice.pk).update(**moments)
    Event.objects.filter(pk=notice.event_id).update(at=moments.get("at", timezone.now()))
    return notice


def test_read_ones_go_after_half_a_year_and_all_after_a_year(give: Give) -> None:
    kept = [aged(give, at=170, read_at=170), aged(give, at=300)]
    for ages in ({"at": 190, "read_at": 181}, {"at": 366}, {"at": 3, "deleted_at": 2}):
        aged(give, **ages)
    assert retention.forget() == 3
    assert list(Notice.objects.order_by("pk")) == kept


def test_one_person_has_at_most_so_many(give: Give, settings: Any) -> None:
    settings.MAX_NOTICES = 3
    mine = [give() for _ in range(5)]
    other = give(to="member")
    retention.forget()
    assert list(Notice.objects.order_by("pk")) == [*mine[2:], other]


def test_what_is_too_much_goes_also_where_it_waits_to_be_mailed(give: Give, settings: Any) -> None:
    settings.MAX_NOTICES = 1
    first, second = give(), give()
    QueuedNotice.objects.create(notice=first, user=first.user, schedule=Schedule.AT_ONCE)
    assert retention.forget() == 1
    assert Notice.objects.get() == second
    assert not QueuedNotice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_audience_that_is_about_to_be_used_is_kept(give: Give) -> None:
    """Whoever reports an event of it meanwhile does not fail, and nor does who deletes."""
    EventAudience.of("public")
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        notice = give()
        other.submit(in_own_connection, retention.forget).result(timeout=20)
    assert notice.audience == EventAudience.objects.get()


@pytest.mark.django_db(transaction=True)
def test_an_audience_that_is_deleted_meanwhile_is_made_anew(give: Give) -> None:
    old = EventAudience.of("public")
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            EventAudience.objects.filter(pk=old.pk).delete()
            reported = other.submit(in_own_connection, give)
            assert not wait([reported], timeout=0.5).done
        assert reported.result(timeout=20).audience_id != old.pk


def in_own_connection(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()


def test_what_an_erased_person_did_stays_without_their_name_and_words(give: Give, people: dict[str, User]) -> None:
    person = people["newcomer"]
    about, other = give(f"{person} joined Sky", text="Hello, I am new.", actor=person), give("Lena joined Sky", actor=people["member"])
    erase(person)
    about.event.refresh_from_db()
    other.event.refresh_from_db()
    assert "Newcomer" not in about.event.title
    assert about.event.title.startswith("Deleted user ")
    assert about.event.title.endswith(" joined Sky")
    assert (about.event.text, other.event.title) == ("", "Lena joined Sky")


def test_the_title_of_an_erased_person_still_fits(give: Give, people: dict[str, User]) -> None:
    User.objects.filter(pk=people["newcomer"].pk).update(name="Li")
    notice = give("Li" + "x" * 298, actor=people["newcomer"])
    erase(User.objects.get(pk=people["newcomer"].pk))
    notice.event.refresh_from_db()
    assert len(notice.event.title) == 300


def test_events_and_audiences_go_with_the_last_notice(give: Give) -> None:
    aged(give, at=400)
    retention.forget()
    assert not Event.objects.exists()
    assert not EventAudience.objects.exists()
