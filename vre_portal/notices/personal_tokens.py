"""Telling people that a token was made in their name."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.iam.personal_tokens import services
from vre_portal.iam.personal_tokens.models import PersonalToken
from vre_portal.notices import kinds
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import notify
from vre_portal.search import audiences

CREATED = NoticeKind(
    "account.token_created",
    gettext_lazy("A personal token was created"),
    gettext_lazy("Account"),
    Delivery.MAIL,
    "key-round",
    can_turn_off=False,
)


def register() -> None:
    """Make the kind known, and hear of new tokens."""
    kinds.register(CREATED)
    services.register_listener(created)


def created(token: PersonalToken) -> None:
    """Tell the owner, so that a token that somebody else made at their desk is noticed."""
    notify(
        CREATED.key,
        f"token:{token.pk}",
        title=_("A personal token was created: %(name)s") % {"name": token.name},
        text=_("If you did not create it, revoke it and end your other sessions."),
        url=reverse("personal_tokens:index"),
        audience=audiences.rule(audiences.person(token.user_id)),
        to=[token.user_id],
    )
