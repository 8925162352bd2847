"""Sends what waits in the queue, one mail for each person and schedule; may be interrupted anywhere and run again."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, override

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.models import User
from vre_portal.iam.vault.group_refresh import is_old, refresh_groups
from vre_portal.jobs.runner import Runner
from vre_portal.notices.mail import addresses, compose, queue, smtp
from vre_portal.notices.mail.models import Mail, MailJob, MailSetting
from vre_portal.search.audiences import rules_that_hold
from vre_portal.slots import NoSlot, Slot

CONNECTIONS = 2  # of one process: a slow mail server leaves the other threads to others
OUTAGE_KEY, OUTAGE_SECONDS = "notices-mail-outage", 15  # so long nobody tries a mail server that did not answer
MAX_WAITING = 30  # sent in one sweep
MAX_ATTEMPTS = 4  # to hand over one mail whose outcome stayed unknown
# Groups that could not be asked for since are not trusted: what only they let somebody see is not named in a mail.
TRUSTED_GROUPS_SECONDS = 86400.0


class Mailing(Runner[MailJob]):
    """People for whom notices wait."""

    model = MailJob

    def ready(self) -> Q:
        return queue.due(timezone.now())

    @override
    def waiting(self, limit: int = MAX_WAITING) -> list[Any]:
        """None while the mail server is away: after an outage of hours the queue is as it was, and is sent at once."""
        if cache.get(OUTAGE_KEY):
            return []
        queue.make_jobs()
        return super().waiting(min(limit, MAX_WAITING))

    @override
    def perform(self, pk: Any) -> None:
        """Send one mail, unless enough others are being sent: the sweep comes again."""
        try:
            with Slot("notices-mail", CONNECTIONS, shared=False):
                super().perform(pk)
        except NoSlot:
            return

    def work(self, job: MailJob) -> float:
        user = _as_known_now(job.by)
        status = addresses.status_of(user)
        if not status.is_on:
            queue.drop(job, "")
            return 0
        try:
            with smtp.connection() as server:
                self._send(job, user, server)
        except smtp.MailServerAway as error:
            cache.set(OUTAGE_KEY, str(error), OUTAGE_SECONDS)
            raise
        return 0

    def _send(self, job: MailJob, user: User, server: smtp.Connection) -> None:
        """What may be told is asked now, with the connection open: nothing is sent of what was taken away a second ago."""
        rules = queue.rules_waiting(job)
        held, certain = _audiences(user, rules)
        mail = queue.take(job, asked=set(rules.values()), held=held)
        if mail is None:
            return
        if mail.attempts > MAX_ATTEMPTS:
            queue.end(job, mail, Mail.State.UNKNOWN, _("The mail server never said whether it took the mail."))
            return
        letter = compose.message(user, mail, hidden=held - certain)
        job.hold()
        try:
            smtp.send(server, letter)
        except smtp.AddressRefused as refused:
            queue.end(job, mail, Mail.State.REFUSED, str(refused))
            pause(user, str(refused))
        except smtp.MailRefused as refused:
            queue.end(job, mail, Mail.State.REFUSED, str(refused))
        except smtp.OutcomeUnknown:
            raise  # the same mail again, with the same Message-ID
        except (smtp.NotNow, smtp.MailServerAway):
            queue.give_back(job, mail)
            raise
        else:
            queue.end(job, mail, Mail.State.SENT)

    def refused(self, job: MailJob, error: Exception) -> float:
        return self.longest_pause

    def delayed(self, job: MailJob, words: str) -> None:
        job.write(last_error=words[:500], last_error_at=timezone.now())

    def given_up(self, job: MailJob, words: str) -> None:
        queue.drop(job, words)


mailing = Mailing()


def send(pk: int) -> None:
    """Send what waits for one person and schedule."""
    mailing.perform(pk)


def forget() -> None:
    """Delete the record of mails that were sent long ago."""
    queue.forget(timezone.now() - timedelta(days=settings.MAIL_RECORD_DAYS))


def pause(user: User, answer: str) -> None:
    """No more mail to the address that was refused, until the person tries it again or the account has another one."""
    facts = {"refused_address": user.email, "refused_answer": answer[:300], "refused_at": timezone.now()}
    MailSetting.objects.update_or_create(user=user, defaults=facts)


def _as_known_now(user: User) -> User:
    """The person with groups as new as the IAM gives them; as last seen where it does not."""
    user = User.objects.get(pk=user.pk)
    if user.is_active:
        with suppress(SignInAgain):  # mail is for those who are away, too
            refresh_groups(user, settings.GROUPS_SECONDS)
    return user


def _audiences(user: User, rules: dict[str, int]) -> tuple[set[int], set[int]]:
    """The audiences that hold for the person now, and those of them that hold for certain."""
    held = {rules[rule] for rule in rules_that_hold(user, rules)}
    if not is_old(user, TRUSTED_GROUPS_SECONDS):
        return held, held
    without_groups = User.objects.get(pk=user.pk)
    without_groups.groups, without_groups.is_staff = [], False
    return held, {rules[rule] for rule in rules_that_hold(without_groups, rules)}
