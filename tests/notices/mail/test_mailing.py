"""Notices by mail, against a real mail server: one, many, daily, never twice, and only what may still be known."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.utils import timezone

from tests.devstack.mail_server import MailServer, header
from tests.factories import make_project
from tests.notices.mail.conftest import HAPPENED, NOTED, is_due_yesterday, sweep
from vre_portal.iam.models import User
from vre_portal.notices.kinds import Delivery
from vre_portal.notices.mail import queue, worker
from vre_portal.notices.mail.models import MailJob, QueuedNotice
from vre_portal.notices.models import Event, Notice, Preference
from vre_portal.notices.services import notify
from vre_portal.search import audiences

pytestmark = pytest.mark.django_db
Report = Callable[..., Notice]


def test_one_event_is_one_mail_that_names_it(report: Report, mails: MailServer) -> None:
    report("lead", "Run 3 finished", text="After 2 min.")
    sweep()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Run 3 finished"
    assert mail["recipients"] == ["lead@vre.example"]
    assert parseaddr(header(mail, "To")) == ("Lena Lead", "lead@vre.example")
    for body in (mail["text"], mail["html"]):
        for part in ("Run 3 finished", "After 2 min.", f"{portal_settings.PORTAL_URL}/projects/km3net/workflows/3/", "Something happened"):
            assert part in body
    assert not QueuedNotice.objects.exists()
    assert sweep(100_000) == []


def test_what_comes_together_is_one_mail(report: Report, mails: MailServer) -> None:
    for number in range(7):
        report("lead", f"Run {number} finished")
    sweep()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Something happened (7)"
    assert all(f"Run {number} finished" in mail["text"] for number in range(7))


@pytest.mark.parametrize(("days", "count"), [(2, 1), (4, 0)])
def test_what_waited_for_days_is_no_news_any_more(report: Report, mails: MailServer, days: int, count: int) -> None:
    report("lead")
    sweep(days * 86_400)
    assert len(mails.mails()) == count
    assert not QueuedNotice.objects.exists()


def test_notices_of_one_group_are_one_line(report: Report, mails: MailServer) -> None:
    for number in range(3):
        report("lead", f"Copy {number} arrived", group="keep:4")
    sweep()
    (mail,) = mails.mails()
    assert "Copy 2 arrived, and 2 more" in mail["text"]
    assert "Copy 1 arrived" not in mail["text"]


def test_ten_thousand_events_are_a_handful_of_mails(people: dict[str, User], report: Report, mails: MailServer) -> None:
    first = report("lead", "Event of many 0")
    with connection.cursor() as cursor:  # PostgreSQL knows of one, and plans for one, as where many come at once
        cursor.execute("ANALYZE " + ", ".join(model._meta.db_table for model in (QueuedNotice, Notice, Event)))
    events = [
        Event(kind=HAPPENED.key, key=f"many:{number}", title=f"Event of many {number}", url="/", audience=first.audience)
        for number in range(1, 10_000)
    ]
    Event.objects.bulk_create(events)
    given = [Notice(event=event, user=people["lead"], audience=first.audience, delivery=Delivery.MAIL) for event in events]
    queue.add(events[0], Notice.objects.bulk_create(given))
    sweep()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Something happened (10,000)"
    assert mail["text"].count("Event of many") == 20
    assert "9,980 more notices are in your inbox" in mail["text"]
    assert len(mail["raw"]) < 30_000


def test_the_next_mail_waits_longer_each_time_while_events_keep_coming(report: Report, mails: MailServer) -> None:
    waited = []
    for number in range(5):
        report("lead", f"Run {number} finished")
        seconds = 10
        sweep(10)
        while QueuedNotice.objects.exists():
            sweep(10)
            seconds += 10
        waited.append(seconds)
    assert len(mails.mails()) == 5
    assert waited[0] == 10
    assert 60 <= waited[1] <= 70
    assert waited[2:] == sorted(waited[2:])
    assert waited[4] >= 400


def test_after_a_quiet_time_a_mail_is_sent_at_once_again(report: Report, mails: MailServer) -> None:
    for _ in range(3):
        report("lead")
        sweep(10_000)
    report("lead")
    sweep(10_000)
    assert len(mails.mails()) == 4
    assert MailJob.objects.get().mails_in_a_row == 0


def test_the_daily_mail_is_sent_once_a_day_at_its_hour(report: Report, mails: MailServer) -> None:
    report("lead", "A thing was noted", kind=NOTED.key)
    sweep(60)
    assert mails.mails() == []
    is_due_yesterday()
    sweep(0)
    report("lead", "Another thing was noted", kind=NOTED.key)
    sweep(0)
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal, daily summary: Something was noted"


@pytest.mark.parametrize(("hour", "day"), [(5, 9), (6, 10), (7, 10)])
def test_the_hour_of_the_daily_mail_is_in_utc(settings: Any, hour: int, day: int) -> None:
    settings.MAIL_DIGEST_HOUR = 6
    now = timezone.now().replace(year=2026, month=11, day=10, hour=hour, minute=0, second=0, microsecond=0)
    assert queue.latest_digest(now) == now.replace(day=day, hour=6)


def test_a_daily_mail_with_nothing_unread_is_not_sent(report: Report, mails: MailServer) -> None:
    notice = report("lead", kind=NOTED.key)
    Notice.objects.filter(pk=notice.pk).update(read_at=timezone.now())
    is_due_yesterday()
    sweep(0)
    assert mails.mails() == []
    assert not QueuedNotice.objects.exists()


def test_what_was_read_before_is_not_mailed(report: Report, mails: MailServer) -> None:
    read = report("lead", "Run 1 finished")
    report("lead", "Run 2 finished")
    Notice.objects.filter(pk=read.pk).update(read_at=timezone.now())
    sweep()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Run 2 finished"
    assert "Run 1" not in mail["raw"]


def test_whoever_lost_the_role_before_the_mail_is_sent_reads_nothing_of_it(
    people: dict[str, User], report: Report, mails: MailServer
) -> None:
    project = make_project(groups={"escape/km3net": "member"})
    hidden = audiences.rule(audiences.condition("project", project.pk))
    for name in ("member", "lead"):
        report(name, "Secret result", audience=hidden)
    User.objects.filter(pk=people["member"].pk).update(groups=["escape"])
    sweep()
    (mail,) = mails.mails()
    assert (mail["recipients"], mail["subject"]) == (["lead@vre.example"], "VRE portal: Secret result")
    assert not QueuedNotice.objects.exists()


def test_what_only_groups_of_long_ago_show_is_not_named(
    people: dict[str, User], report: Report, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "refresh_groups", lambda *_: None)  # the IAM does not answer
    project = make_project(groups={"escape/km3net": "member"})
    report("member", "Secret result", audience=audiences.rule(audiences.condition("project", project.pk)))
    report("member", "Public news")
    User.objects.filter(pk=people["member"].pk).update(groups_seen_at=timezone.now() - timedelta(days=3))
    sweep()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Something happened, 1 more"
    assert "Public news" in mail["text"]
    assert "Secret result" not in mail["raw"]
    assert "1 more notice is in your inbox" in mail["text"]


def test_each_is_mailed_as_they_chose(people: dict[str, User], mails: MailServer) -> None:
    Preference.objects.create(user=people["member"], kind=HAPPENED.key, delivery=Delivery.INBOX)
    notify(HAPPENED.key, "1", title="Run 3 finished", url="/", audience=audiences.PUBLIC, to=[people["lead"], people["member"]])
    sweep()
    assert [mail["recipients"] for mail in mails.mails()] == [["lead@vre.example"]]


def test_without_a_mail_server_nothing_piles_up(report: Report, settings: Any) -> None:
    settings.MAIL_SERVER = {**settings.MAIL_SERVER, "host": ""}
    report("lead")
    assert Notice.objects.count() == 1
    assert not QueuedNotice.objects.exists()


@pytest.mark.parametrize(
    "email", ["", "a@b.example, victim@c.example", "a@b.example\nBcc: victim@c.example", "a\u202e@b.example", "nobody"]
)
def test_to_an_account_without_a_usable_address_nothing_is_sent(
    people: dict[str, User], report: Report, mails: MailServer, email: str
) -> None:
    User.objects.filter(pk=people["lead"].pk).update(email=email)
    report("lead")
    assert not QueuedNotice.objects.exists()


def test_who_was_switched_off_meanwhile_gets_no_mail(people: dict[str, User], report: Report, mails: MailServer) -> None:
    report("lead")
    User.objects.filter(pk=people["lead"].pk).update(is_active=False)
    sweep()
    assert mails.mails() == []
    assert not QueuedNotice.objects.exists()


def test_two_workers_at_once_send_one_mail(report: Report, mails: MailServer) -> None:
    report("lead")
    sweep(0)  # makes the job, and it is too early
    MailJob.objects.get_or_create(by=Notice.objects.get().user, schedule="mail")
    job = MailJob.claim(MailJob.objects.get().pk)
    assert job is not None
    assert worker.mailing.waiting() == []
    worker.send(job.pk)
    assert mails.mails() == []
