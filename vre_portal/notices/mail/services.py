"""What people decide about their e-mail: on, off, tried again, unsubscribed by a link; and a test e-mail."""

import uuid

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.iam.models import User
from vre_portal.notices import kinds
from vre_portal.notices.kinds import Delivery, NoticeKind, NotSent
from vre_portal.notices.mail import addresses, queue
from vre_portal.notices.mail.models import MailSetting, QueuedNotice, Schedule
from vre_portal.notices.mail.unsubscribe_links import Subscription
from vre_portal.notices.models import Notice, Preference
from vre_portal.notices.services import notify
from vre_portal.search import audiences

TEST_SECONDS = 60  # between two test e-mails of a person
TEST = NoticeKind("mail.test", gettext_lazy("Test e-mail"), gettext_lazy("E-mail"), Delivery.MAIL, "mail", is_chosen=False)


class TestSentLately(Exception):
    """The person has asked for a test e-mail within the last minute."""


def not_sent(user: User) -> NotSent | None:
    """Whom e-mail does not reach is told nothing by it; the page of e-mail says why."""
    if addresses.status_of(user).is_on:
        return None
    return NotSent(
        _("E-mail does not reach you at present, so nothing is sent by e-mail."),
        reverse("notices_mail:settings"),
        _("Open e-mail settings"),
    )


def turn_off(*, by: User) -> None:
    """No e-mail to this person any more, of any kind; what waits is not sent."""
    with transaction.atomic():
        MailSetting.objects.update_or_create(user=by, defaults={"is_off": True})
        QueuedNotice.objects.filter(user=by).delete()


def turn_on(*, by: User) -> None:
    """E-mail again, as the person chose for each kind."""
    MailSetting.objects.filter(user=by).update(is_off=False)


def try_again(*, by: User) -> None:
    """Mail to an address that was refused is sent again, beginning with a test e-mail."""
    with transaction.atomic():
        if MailSetting.objects.filter(user=by).exclude(refused_address="").update(refused_address="", refused_answer="", refused_at=None):
            _queue_test(by, f"test:{by.pk}:{uuid.uuid4()}")


def send_test(*, by: User) -> None:
    """Queue a test e-mail to this person. Raises TestSentLately, so that pressing twice sends one."""
    window = int(timezone.now().timestamp() // TEST_SECONDS)
    with transaction.atomic():
        if not _queue_test(by, f"test:{by.pk}:{window}"):
            raise TestSentLately


def _queue_test(user: User, key: str) -> bool:
    """Whether it is new. It is mailed whatever the person chose for this kind, for they have just asked for it."""
    event = notify(
        kinds.kind_of(TEST.key).key,
        key,
        title=_("Test e-mail"),
        text=_("E-mail from the portal reaches you."),
        url=reverse("notices_mail:settings"),
        audience=audiences.rule(audiences.person(user.pk)),
    )
    if event is None:
        return False
    queue.add(event, [Notice.objects.create(event=event, user=user, audience=event.audience, delivery=Delivery.MAIL, at=event.at)])
    return True


def unsubscribe(subscription: Subscription, *, everything: bool = False) -> bool:
    """Turn off what a link is about; again and again is the same as once. False where the account is gone."""
    user = User.objects.filter(handle=subscription.handle, is_active=True).first()
    if user is None:
        return False
    if everything or not subscription.kind:
        turn_off(by=user)
        return True
    with transaction.atomic():
        chosen, is_new = Preference.objects.get_or_create(user=user, kind=subscription.kind, defaults={"delivery": Delivery.INBOX})
        if not is_new and chosen.delivery in Schedule.values:
            Preference.objects.filter(pk=chosen.pk).update(delivery=Delivery.INBOX)
        QueuedNotice.objects.filter(user=user, notice__event__kind=subscription.kind).delete()
    return True
