"""People as owners of webhooks: one gets what is in the person's inbox, and while the person may know of it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.notices.kinds import NotSent
from vre_portal.notices.services import topic
from vre_portal.notices.visibility import with_confirmed_groups
from vre_portal.notices.webhooks.models import Webhook
from vre_portal.notices.webhooks.owners import Owner
from vre_portal.search.audiences import rules_that_hold

TOPIC = "person"


def owner_of_person(value: str) -> Owner | None:
    """The person with this number."""
    user = User.objects.filter(pk=int(value)).first() if value.isdecimal() else None
    return owner(user) if user else None


def not_sent(user: User) -> NotSent | None:
    """Who has no webhook that is switched on is told nothing by one."""
    if Webhook.objects.filter(user=user, is_on=True, deleted_at=None).exists():
        return None
    return NotSent(
        _("You have no webhook that is switched on, so nothing is sent by webhook."), reverse("webhooks:index"), _("Open webhooks")
    )


def owner(user: User) -> Owner:
    """A person as an owner."""

    def lock() -> None:
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)

    return Owner(
        topic=topic(TOPIC, user.pk),
        subject=f"person/{user.handle}",
        url=reverse("webhooks:index"),
        facts={},
        is_open=user.is_active,
        known_rules=lambda rules: rules_that_hold(with_confirmed_groups(user), rules),
        lock=lock,
        people=lambda: [user.pk],
    )
