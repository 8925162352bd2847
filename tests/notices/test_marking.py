"""Marking and deleting notices, by one window or several, and taking it back."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from vre_portal.iam.models import User
from vre_portal.notices import inbox, services
from vre_portal.notices.inbox import Verb
from vre_portal.notices.models import Event, Notice
from vre_portal.search.audiences import PUBLIC

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
Give = Callable[..., Notice]


def unread() -> int:
    return Notice.objects.filter(read_at=None, deleted_at=None).count()


def undo_fields(page: str) -> dict[str, str]:
    form = page[page.index('action="/notices/undo/"') :]
    return {name: re.search(f'name="{name}" value="([^"]*)"', form)[1] for name in ("verb", "moment", "numbers")}  # type: ignore[index]


@pytest.mark.parametrize("verb", ["read", "delete"])
def test_selected_notices_are_marked_and_the_mark_is_taken_back(signed_in: SignIn, give: Give, verb: str) -> None:
    first, second, third = give(), give(), give()
    browser = signed_in("lead")
    browser.get(f"/notices/{third.pk}/")
    browser.post("/notices/mark/", {"verb": verb, "notice": [first.pk, second.pk]})
    assert unread() == 0
    browser.post("/notices/undo/", undo_fields(browser.get("/notices/").content.decode()))
    assert unread() == 2
    third.refresh_from_db()
    assert third.read_at is not None


def test_marked_as_unread_and_taken_back(signed_in: SignIn, give: Give) -> None:
    notice, browser = give(), signed_in("lead")
    browser.get(f"/notices/{notice.pk}/")
    browser.post("/notices/mark/", {"line": f"unread:{notice.pk}"})
    assert unread() == 1
    browser.post("/notices/undo/", undo_fields(browser.get("/notices/").content.decode()))
    assert unread() == 0


def test_the_line_of_a_group_marks_all_of_it(signed_in: SignIn, give: Give) -> None:
    group = [give(group="crab") for _ in range(3)]
    other = give()
    signed_in("lead").post("/notices/mark/", {"line": f"read:{','.join(str(item.pk) for item in group)}"})
    assert list(Notice.objects.filter(read_at=None)) == [other]


def test_all_are_marked_but_not_what_came_after_the_page(signed_in: SignIn, give: Give) -> None:
    seen = [give() for _ in range(3)]
    late = give()
    signed_in("lead").post("/notices/mark/", {"verb": "read-all", "newest": seen[-1].pk})
    assert list(Notice.objects.filter(read_at=None)) == [late]


def test_each_of_two_windows_takes_back_its_own(signed_in: SignIn, give: Give) -> None:
    first, second = give("One"), give("Two")
    browser = signed_in("lead")
    browser.post("/notices/mark/", {"line": f"delete:{first.pk}"})
    one = undo_fields(browser.get("/notices/").content.decode())
    browser.post("/notices/mark/", {"line": f"delete:{second.pk}"})
    browser.post("/notices/undo/", one)
    assert list(Notice.objects.filter(deleted_at=None)) == [first]


def test_nobody_undoes_what_somebody_else_did(signed_in: SignIn, give: Give, people: dict[str, User]) -> None:
    notice = give()
    done = inbox.apply(Verb.DELETE, Notice.objects.filter(pk=notice.pk), by=people["lead"])
    signed_in("member").post("/notices/undo/", {"verb": "delete", "moment": done.moment, "numbers": str(notice.pk)})
    assert not Notice.objects.filter(deleted_at=None).exists()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"verb": "explode", "notice": "1"},
        {"verb": "read"},
        {"verb": "read", "notice": ["x", "-1", "9" * 40]},
        {"line": "read:"},
        {"line": ":::"},
        {"verb": "read-all", "newest": "all"},
        {"verb": "read-all"},
    ],
)
def test_a_form_that_no_page_sends_changes_nothing(signed_in: SignIn, give: Give, form: dict[str, str]) -> None:
    give()
    assert signed_in("lead").post("/notices/mark/", form).status_code == 302
    assert unread() == 1


@pytest.mark.parametrize(
    "form", [{}, {"verb": "x", "moment": "y"}, {"verb": "read", "moment": "0001"}, {"verb": "unread", "moment": "2026-01-01T00:00Z"}]
)
def test_an_undo_that_no_page_offers_changes_nothing(signed_in: SignIn, give: Give, form: dict[str, str]) -> None:
    give()
    assert signed_in("lead").post("/notices/undo/", form).status_code == 302
    assert unread() == 1


def in_thread[Answer](work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_notice_that_two_windows_mark_is_marked_once(give: Give, people: dict[str, User]) -> None:
    for _ in range(20):
        give()
    with ThreadPoolExecutor(2) as threads:
        work = lambda: inbox.apply(Verb.READ, Notice.objects.filter(user=people["lead"]), by=people["lead"])  # noqa: E731
        counts = [done.number for done in threads.map(lambda _: in_thread(work), range(2))]
    assert sum(counts) == 20


@pytest.mark.django_db(transaction=True)
def test_an_event_that_two_workers_report_at_once_is_one(people: dict[str, User]) -> None:
    def report() -> Event | None:
        return services.notify("tests.ended", "run:1", title="Ended", url="/", audience=PUBLIC, to=[people["lead"]])

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: in_thread(report), range(4)))
    assert len([event for event in made if event]) == 1
    assert Notice.objects.count() == 1
