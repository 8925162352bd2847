"""What people see of notices, as the inbox has it: those whose audience holds for them now."""

from vre_portal.iam.models import User
from vre_portal.notices.models import Notice
from vre_portal.search.audiences import rules_that_hold


def seen_by(user: User) -> list[str]:
    """Kinds of the notices that a person sees now, the oldest first."""
    mine = Notice.objects.filter(user=user).select_related("event", "audience").order_by("pk")
    rules = rules_that_hold(User.objects.get(pk=user.pk), {notice.audience.rule for notice in mine})
    return [notice.event.kind for notice in mine if notice.audience.rule in rules]


def title_of(kind: str) -> str:
    """The title of the one event of a kind."""
    return Notice.objects.values_list("event__title", flat=True).distinct().get(event__kind=kind)
