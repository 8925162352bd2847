"""A worker that is killed while it sends: the mail is not lost, and where it was already handed over its repetition can be recognised."""

import os
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.db import connection

from devstack import address
from tests.devstack.mail_server import MailServer, header
from tests.notices.mail.conftest import pass_time, sweep
from vre_portal.notices.mail import worker
from vre_portal.notices.mail.models import Mail, MailJob, QueuedNotice
from vre_portal.notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("moment", "arrived"), [("before", 1), ("after", 2)])
def test_another_worker_sends_the_same_mail(report: Callable[..., Notice], mails: MailServer, moment: str, arrived: int) -> None:
    report("lead", "Run 3 finished")
    pass_time()
    (pk,) = worker.mailing.waiting()
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")  # noqa: TID251 -- another process's settings
    own = {**os.environ, "DATABASE_URL": url.geturl()}  # noqa: TID251
    command = [sys.executable, "-W", "ignore", "-m", "tests.notices.mail.dying", moment, str(mails.port), str(pk)]
    done = subprocess.run(command, cwd=address.ROOT, env=own, capture_output=True, check=False, timeout=60, text=True)
    assert done.returncode == -9, done.stderr[-2000:]
    assert (Mail.objects.get().state, QueuedNotice.objects.count(), MailJob.objects.get().claims) == ("sending", 1, 1)
    assert worker.mailing.waiting() == []  # the lease of the dead worker
    report("lead", "Run 4 finished")
    sweep(40)
    found = mails.mails()
    assert [mail["subject"] for mail in found] == ["VRE portal: Run 3 finished"] * arrived
    assert len({header(mail, "Message-ID") for mail in found}) == 1
    assert [row.notice.event.title for row in QueuedNotice.objects.all()] == ["Run 4 finished"]
