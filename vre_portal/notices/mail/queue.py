"""The queue: notices that are to be mailed, when, and which of them may still be."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from vre_portal.notices.mail import addresses
from vre_portal.notices.mail.models import Mail, MailJob, QueuedNotice, Schedule
from vre_portal.notices.models import Event, EventAudience, Notice

GATHER_SECONDS = 4  # what comes together is one mail
MAX_AGE = timedelta(days=3)  # older ones are no news any more; the inbox still has them
MAX_PAUSE_SECONDS = 3600.0


def add(_event: Event, notices: Sequence[Notice]) -> None:
    """The channel: queue those of the new notices whose people chose mail and can be reached.

    Only inserts, so that no event waits for another; jobs are made from the queue when it is read.
    """
    wanted = [notice for notice in notices if notice.delivery in Schedule.values]
    if not wanted or not addresses.is_set_up():
        return
    people = addresses.reachable(notice.user_id for notice in wanted)
    rows = [QueuedNotice(notice=item, user_id=item.user_id, schedule=item.delivery) for item in wanted if item.user_id in people]
    QueuedNotice.objects.bulk_create(rows)


def make_jobs() -> None:
    """A job for each person and schedule with something in the queue that has none yet."""
    jobs = MailJob.objects.filter(by=OuterRef("user"), schedule=OuterRef("schedule"))
    missing = QueuedNotice.objects.filter(~Exists(jobs)).values_list("user", "schedule").distinct()
    MailJob.objects.bulk_create([MailJob(by_id=user, schedule=schedule) for user, schedule in missing], ignore_conflicts=True)


def latest_digest(now: datetime) -> datetime:
    """When the last daily mail was due."""
    today = now.replace(hour=settings.MAIL_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def due(now: datetime) -> Q:
    """The condition of jobs that have something to send now."""
    rows = QueuedNotice.objects.filter(user=OuterRef("by"), schedule=OuterRef("schedule"))
    at_once = Q(schedule=Schedule.AT_ONCE) & Q(Exists(rows.filter(at__lte=now - timedelta(seconds=GATHER_SECONDS))))
    digest = Q(schedule=Schedule.DIGEST) & Q(Exists(rows.filter(at__lt=latest_digest(now))))
    return (at_once | digest) & (Q(not_before=None) | Q(not_before__lte=now))


def of(job: MailJob) -> QuerySet[QueuedNotice]:
    """What waits for one job."""
    return QueuedNotice.objects.filter(user=job.by_id, schedule=job.schedule)


def notices(queued: QuerySet[QueuedNotice]) -> QuerySet[Notice]:
    """The notices of rows of the queue, by their numbers.

    A join would be one statement. But where PostgreSQL does not know yet that 10,000 came, it compares each with each, for minutes.
    """
    return Notice.objects.filter(pk__in=list(queued.values_list("notice", flat=True)))


def rules_waiting(job: MailJob) -> dict[str, int]:
    """The audiences of all that waits, by their rule."""
    audiences = set(notices(of(job)).values_list("audience", flat=True))
    return dict(EventAudience.objects.filter(pk__in=audiences).values_list("rule", "pk"))


@transaction.atomic
def take(job: MailJob, *, asked: set[int], held: set[int]) -> Mail | None:
    """The mail to send now, with its notices assigned; None where nothing is left to send. Raises LeaseLost.

    `asked` are the audiences that were looked at, `held` those of them that hold. A mail that was perhaps handed over before is given
    again, with nothing added. What was read or deleted meanwhile, may no longer be seen or is old is not sent any more.
    """
    job.hold()
    waiting = of(job)
    known = notices(waiting)
    gone = known.filter(Q(audience__in=asked - held) | Q(read_at__isnull=False) | Q(deleted_at__isnull=False))
    is_stale = Q(notice__in=list(gone.values_list("pk", flat=True))) | Q(at__lt=timezone.now() - MAX_AGE, mail=None)
    waiting.filter(is_stale).delete()
    mail = Mail.objects.filter(user=job.by_id, schedule=job.schedule, state=Mail.State.SENDING).first()
    if mail is not None and not mail.queued.exists():
        mail.delete()
        mail = None
    if mail is None:
        rows = waiting.filter(notice__in=list(known.filter(audience__in=held).values_list("pk", flat=True)), mail=None)
        if not rows.exists():
            return None
        mail = Mail.objects.create(user_id=job.by_id, schedule=job.schedule)
        mail.notices = rows.update(mail=mail)
    mail.attempts += 1
    mail.save(update_fields=["notices", "attempts"])
    return mail


@transaction.atomic
def end(job: MailJob, mail: Mail, state: str, answer: str = "") -> None:
    """The mail was sent or refused; its notices wait no more. Raises LeaseLost, and changes nothing then."""
    now = timezone.now()
    if state == Mail.State.SENT:
        job.write(**_next(job, now), last_sent_at=now, last_error="", last_error_at=None)
    else:
        job.write(last_error=answer, last_error_at=now)
    mail.state, mail.answer, mail.ended_at = state, answer, now
    mail.save(update_fields=["state", "answer", "ended_at"])
    mail.queued.all().delete()


@transaction.atomic
def drop(job: MailJob, reason: str) -> None:
    """Send nothing of what waits: it stays in the inbox. Raises LeaseLost."""
    job.write(last_error=reason[:500], last_error_at=timezone.now() if reason else None)
    mails = Mail.objects.filter(user=job.by_id, schedule=job.schedule, state=Mail.State.SENDING)
    mails.update(state=Mail.State.UNKNOWN, answer=reason[:300], ended_at=timezone.now())
    of(job).delete()


@transaction.atomic
def give_back(job: MailJob, mail: Mail) -> None:
    """The mail was certainly not handed over: its notices wait for the next one, with what comes until then. Raises LeaseLost."""
    job.hold()
    mail.delete()


def _next(job: MailJob, now: datetime) -> dict[str, Any]:
    """When the next mail may be sent: each time twice as late while they follow each other, and soon again after a quiet time."""
    if job.schedule != Schedule.AT_ONCE:
        return {}
    pause = pause_seconds(job.mails_in_a_row)
    quiet = job.last_sent_at is None or now - job.last_sent_at > timedelta(seconds=2 * pause)
    number = 0 if quiet else job.mails_in_a_row + 1
    return {"mails_in_a_row": number, "not_before": now + timedelta(seconds=pause_seconds(number))}


def pause_seconds(number: int) -> float:
    """60, 120, 240 ... 3600 seconds after the first, second, third mail in a row."""
    first = float(settings.MAIL_PAUSE_SECONDS)
    return min(first * 2.0 ** min(number, 20), max(MAX_PAUSE_SECONDS, first))


def forget(before: datetime) -> None:
    """Delete the record of old mails."""
    Mail.objects.filter(created_at__lt=before).exclude(state=Mail.State.SENDING).delete()
