"""A mail server of the tests' own, and a person's notices on their way to it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models import F
from django.utils import timezone

from tests.devstack.mail_server import MailServer, mail_server
from vre_portal.iam.models import User
from vre_portal.notices import kinds, services
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.mail import worker
from vre_portal.notices.mail.models import MailJob, QueuedNotice
from vre_portal.notices.models import Notice
from vre_portal.search.audiences import PUBLIC

_numbers = count(1)
HAPPENED = kinds.register(NoticeKind("mails.happened", "Something happened", "Tests", default=Delivery.MAIL))
NOTED = kinds.register(NoticeKind("mails.noted", "Something was noted", "Tests", default=Delivery.DIGEST))


@pytest.fixture(scope="session")
def own_mail_server() -> Iterator[MailServer]:
    """One server for all tests of a process."""
    with mail_server() as server:
        yield server


@pytest.fixture
def mails(own_mail_server: MailServer, settings: Any) -> Iterator[MailServer]:
    """An empty mailbox without faults, which the portal sends to."""
    settings.MAIL_SERVER, settings.MAIL_PAUSE_SECONDS = own_mail_server.settings, 60.0
    own_mail_server.fail()
    own_mail_server.clear()
    cache.delete(worker.OUTAGE_KEY)
    yield own_mail_server
    own_mail_server.fail()


@pytest.fixture
def report(people: dict[str, User], mails: MailServer) -> Callable[..., Notice]:
    """Report an event to one person: `report("lead", "Run 3 finished")`."""

    def make(name: str, title: str = "Run 3 finished", *, kind: str = HAPPENED.key, **facts: Any) -> Notice:
        key = f"tests:{next(_numbers)}"
        known = {"url": "/projects/km3net/workflows/3/", "audience": PUBLIC, "to": [people[name]], **facts}
        event = services.notify(kind, key, title=title, **known)
        assert event is not None
        return Notice.objects.get(event=event, user=people[name])

    return make


def pass_time(seconds: float = 10) -> None:
    """Let so many seconds pass for all that waits."""
    ago = timedelta(seconds=seconds)
    QueuedNotice.objects.update(at=F("at") - ago)
    for job in MailJob.objects.all():
        later = {name: value - ago for name in ("not_before", "last_sent_at", "lease_until") if (value := getattr(job, name))}
        MailJob.objects.filter(pk=job.pk).update(**later)


def sweep(seconds: float = 10) -> list[MailJob]:
    """What the sweep and the workers do once, after so many seconds; the jobs that were done."""
    pass_time(seconds)
    waiting = worker.mailing.waiting()
    for pk in waiting:
        worker.send(pk)
    return list(MailJob.objects.filter(pk__in=waiting))


def is_due_yesterday() -> None:
    """Make what waits for the daily mail old enough for today's."""
    QueuedNotice.objects.update(at=timezone.now() - timedelta(days=1))
