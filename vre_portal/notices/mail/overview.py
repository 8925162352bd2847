"""The mail queue for staff: what waits, since when, and why; and the figure on their dashboard when mail is stuck."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.notices.mail.models import Mail, MailJob, MailSetting, QueuedNotice, Schedule
from vre_portal.staff_overview import StaffFigure

STUCK_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class QueueFigures:
    """The queue as a whole."""

    waiting: int
    people: int
    oldest: datetime | None
    failing: int  # jobs whose last attempt failed
    paused: int  # people whose address was refused
    sent: int  # mails within a day
    refused: int


def figures() -> QueueFigures:
    """The figures of now."""
    queued = QueuedNotice.objects.aggregate(n=Count("pk"), people=Count("user", distinct=True), oldest=Min("at"))
    day = Mail.objects.filter(created_at__gte=timezone.now() - timedelta(days=1)).aggregate(
        sent=Count("pk", filter=Q(state=Mail.State.SENT)), refused=Count("pk", filter=Q(state=Mail.State.REFUSED))
    )
    paused = MailSetting.objects.filter(refused_address=F("user__email")).exclude(refused_address="").count()
    failing = MailJob.objects.filter(tries__gt=0).count()
    return QueueFigures(queued["n"], queued["people"], queued["oldest"], failing, paused, day["sent"], day["refused"])


def jobs() -> "QuerySet[Any, dict[str, Any]]":
    """Jobs for which something waits, those with failures and the oldest first."""
    rows = QueuedNotice.objects.filter(user=OuterRef("by"), schedule=OuterRef("schedule")).order_by().values("user")
    waiting = Subquery(rows.annotate(n=Count("pk")).values("n"))
    oldest = Subquery(rows.annotate(first=Min("at")).values("first"))
    found: QuerySet[Any] = MailJob.objects.annotate(waiting=waiting, oldest=oldest).filter(waiting__gt=0)
    names = ("pk", "by", "by__name", "schedule", "waiting", "oldest", "tries", "not_before", "lease_until", "last_error", "last_error_at")
    return found.order_by("-tries", "oldest", "pk").values(*names)


def server() -> str:
    """The mail server as configured, without secrets; empty where there is none."""
    options = settings.MAIL_SERVER
    if not options["host"]:
        return ""
    port = options["port"] or (465 if options["use_ssl"] else 587 if options["use_tls"] else 25)
    return f"{options['host']}:{port}"


def problems() -> Iterator[StaffFigure]:
    """For the dashboard of staff: notices that should have been mailed by now."""
    late = Q(schedule=Schedule.AT_ONCE, at__lt=timezone.now() - STUCK_AFTER)
    # Whoever gets many mails waits longer between them; that is no problem.
    resting = MailJob.objects.filter(by=OuterRef("user"), schedule=Schedule.AT_ONCE, not_before__gt=timezone.now() - STUCK_AFTER, tries=0)
    stuck = QueuedNotice.objects.filter(late).annotate(rests=Subquery(resting.values("pk")[:1])).filter(rests=None).count()
    yield StaffFigure(_("Notices that could not be mailed for 15 minutes"), stuck, reverse("notices_mail:queue"))
