"""Whether mail can reach a person, and if not, why; asked when a notice comes, when it is sent, and for the page of settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from vre_portal.iam.models import User
from vre_portal.notices.mail.models import MailSetting


class Reach(StrEnum):
    """Whether mail can reach somebody."""

    ON = auto()
    NOT_SET_UP = auto()  # the portal has no mail server
    OFF = auto()  # they turned it off
    NO_ADDRESS = auto()  # the account has none, or none that mail can be sent to
    PAUSED = auto()  # the mail server refused the address


@dataclass(frozen=True)
class MailStatus:
    """Whether mail can reach somebody, and what the mail server said where it refused their address."""

    reach: Reach
    answer: str = ""
    since: datetime | None = None

    @property
    def is_on(self) -> bool:
        return self.reach is Reach.ON


def is_set_up() -> bool:
    """Whether the portal has a mail server."""
    return bool(settings.MAIL_SERVER["host"])


def is_usable(address: str) -> bool:
    """Whether it is one address, with nothing in it that a header could not hold."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address.isprintable() and len(address) <= 254


def status_of(user: User) -> MailStatus:
    """Whether mail can reach this person now."""
    return _status(user, MailSetting.objects.filter(user=user).first())


def reachable(people: Iterable[int]) -> set[int]:
    """Those of these people whom mail can reach."""
    users = User.objects.filter(pk__in=people, is_active=True).exclude(email="").select_related("mail_setting")
    return {user.pk for user in users if _status(user, getattr(user, "mail_setting", None)).is_on}


def _status(user: User, setting: MailSetting | None) -> MailStatus:
    if not is_set_up():
        return MailStatus(Reach.NOT_SET_UP)
    if setting and setting.is_off:
        return MailStatus(Reach.OFF)
    if not user.is_active or not is_usable(user.email):
        return MailStatus(Reach.NO_ADDRESS)
    if setting and setting.refused_address == user.email:
        return MailStatus(Reach.PAUSED, setting.refused_answer, setting.refused_at)
    return MailStatus(Reach.ON)
