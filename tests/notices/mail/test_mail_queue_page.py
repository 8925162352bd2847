"""The mail queue, for staff alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.devstack.mail_server import MailServer
from tests.notices.mail.conftest import pass_time, sweep
from vre_portal.notices.mail import overview, queue
from vre_portal.notices.models import Notice
from vre_portal.staff_overview import StaffSection, figures

pytestmark = pytest.mark.django_db
Report = Callable[..., Notice]
SignedIn = Callable[..., Client]


def stuck() -> int:
    return next(figure.value for figure in figures(StaffSection.PROBLEMS)[0] if figure.url == reverse("notices_mail:queue"))


def test_staff_see_what_waits_and_why(signed_in: SignedIn, report: Report, mails: MailServer) -> None:
    mails.fail(recipients={"member@vre.example": "451 4.2.2 Mailbox full"})
    report("member", "Secret title")
    sweep()
    page = signed_in("admin").get(reverse("notices_mail:queue")).content.decode()
    for part in ("1 notice is waiting", "451 4.2.2 Mailbox full", "Milo Member"):
        assert part in page
    assert "Secret title" not in page
    (row,) = signed_in("admin").get(reverse("notices_mail:queue"), {"format": "json"}).json()["items"]
    assert (row["waiting"], row["tries"]) == (1, 1)


def test_nobody_else_finds_the_page(signed_in: SignedIn) -> None:
    assert signed_in("lead").get(reverse("notices_mail:queue")).status_code == 404


def test_the_page_costs_the_same_for_many(
    signed_in: SignedIn, report: Report, settings: Any, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    settings.NOTICE_COUNT_SECONDS = 3600  # the number on the bell is counted now and then, on whatever page
    for name in ("lead", "member", "outsider", "newcomer", "student", "physicist"):
        report(name)
    queue.make_jobs()
    browser = signed_in("admin")
    browser.get(reverse("notices_mail:queue"))  # what each process reads once, such as the banners, costs no page
    with django_assert_max_num_queries(10):
        assert browser.get(reverse("notices_mail:queue")).status_code == 200


def test_mail_that_cannot_be_sent_for_a_quarter_of_an_hour_is_a_problem_for_staff(report: Report, mails: MailServer) -> None:
    mails.fail(down=True)
    report("lead")
    sweep()
    assert stuck() == 0
    pass_time(1_000)
    assert stuck() == 1


def test_whoever_gets_many_mails_is_no_problem(report: Report, mails: MailServer) -> None:
    for _ in range(8):
        report("lead")
        sweep(1)
        pass_time(queue.pause_seconds(9))
        sweep(1)
    report("lead")
    pass_time(200)
    assert stuck() == 0


def test_the_server_is_named_without_its_password(signed_in: SignedIn, mails: MailServer) -> None:
    assert overview.server() == f"127.0.0.1:{mails.port}"
