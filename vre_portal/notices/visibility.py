"""Which notices a person may know of at this moment: those whose audience holds for them now, whatever held when they came."""

from copy import copy
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.notices.models import Event, EventAudience, Notice
from vre_portal.search.audiences import rules_that_hold

# An index-only step from each number to the next: a person has thousands of notices, of few audiences. And how many of each are unread.
AUDIENCES = """
WITH RECURSIVE numbers AS (
    (SELECT audience_id FROM notices_notice WHERE user_id = %(user)s AND deleted_at IS NULL ORDER BY audience_id LIMIT 1)
    UNION ALL
    SELECT (SELECT audience_id FROM notices_notice WHERE user_id = %(user)s AND deleted_at IS NULL
            AND audience_id > numbers.audience_id ORDER BY audience_id LIMIT 1)
    FROM numbers WHERE numbers.audience_id IS NOT NULL)
SELECT a.id, a.rule, (SELECT count(*) FROM notices_notice WHERE user_id = %(user)s AND deleted_at IS NULL AND read_at IS NULL
                      AND audience_id = a.id)
FROM numbers JOIN notices_audience a ON a.id = numbers.audience_id
"""


@dataclass(frozen=True)
class VisibleNotices:
    """The notices that a person may know of now."""

    user: User
    audiences: tuple[int, ...]
    hides_some: bool  # whether there are others
    unread_count: int

    @classmethod
    def of(cls, user: User) -> "VisibleNotices":
        """Asks the features once for all audiences of the person's notices."""
        with connection.cursor() as cursor:
            cursor.execute(AUDIENCES, {"user": user.pk})
            rules = {rule: (number, unread) for number, rule, unread in cursor.fetchall()}
        visible = [rules[rule] for rule in rules_that_hold(user, rules)]
        return cls(user, tuple(number for number, _ in visible), len(visible) < len(rules), sum(unread for _, unread in visible))

    def all(self) -> QuerySet[Notice]:
        """All of them that were not deleted, the newest first."""
        return Notice.objects.filter(user=self.user, audience__in=self.audiences, deleted_at=None)

    def unread(self) -> QuerySet[Notice]:
        """Those that were not read."""
        return self.all().filter(read_at=None)


def with_confirmed_groups(user: User) -> User:
    """The person for those who read without a sign-in: groups that the IAM has not confirmed for NOTICE_FEED_GROUP_DAYS do not count.

    Nor does being an administrator, which comes from a group.
    """
    oldest = timezone.now() - timedelta(days=settings.NOTICE_FEED_GROUP_DAYS)
    if not (user.groups or user.is_staff) or (user.groups_seen_at is not None and user.groups_seen_at >= oldest):
        return user
    confirmed = copy(user)
    confirmed.groups, confirmed.is_staff = [], False
    return confirmed


def readable_events(user: User, events: QuerySet[Event]) -> QuerySet[Event]:
    """Those of some events that a person may know of now."""
    rules = dict(EventAudience.objects.filter(pk__in=events.values("audience")).values_list("rule", "pk"))
    return events.filter(audience__in=[rules[rule] for rule in rules_that_hold(user, rules)])


def readable_notices(user: User, notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those of a person's notices whose events they may know of now."""
    rules = dict(EventAudience.objects.filter(pk__in=notices.order_by().values("audience")).values_list("rule", "pk"))
    return notices.filter(audience__in=[rules[rule] for rule in rules_that_hold(user, rules)])
