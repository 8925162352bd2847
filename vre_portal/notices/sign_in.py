"""Telling people that what they started waits until they sign in again: once, until they have."""

from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.iam.models import User
from vre_portal.notices import kinds
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import notify, unreported
from vre_portal.search import audiences

NEEDED = NoticeKind(
    "account.sign_in_needed",
    gettext_lazy("Something that you started waits for your sign-in"),
    gettext_lazy("Account"),
    Delivery.MAIL,
    "log-in",
)


def register() -> None:
    """Make the kind known."""
    kinds.register(NEEDED)


def work_waits(user: User, path: str) -> None:
    """Report it once after each sign-in: the next attempt, and the next job, wait for the same thing."""
    signed_in = User.objects.values_list("last_login", flat=True).filter(pk=user.pk).first()
    key = f"user:{user.pk}:{signed_in.isoformat() if signed_in else ''}"
    if not unreported(NEEDED.key, [key]):
        return
    notify(
        NEEDED.key,
        key,
        title=_("Sign in again to continue your work"),
        text=_("Something that you started waits because your sign-in has expired. It resumes automatically when you sign in again."),
        url=f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: path, 'again': '1'})}",
        audience=audiences.rule(audiences.person(user.pk)),
        to=[user],
    )
