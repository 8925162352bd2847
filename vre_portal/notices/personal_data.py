"""What the export of a person's data has of notices, whole only what they may still know of; and what stays of those that tell of an erased person."""

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Left, Replace

from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.notices import topics
from vre_portal.notices.models import MAX_TITLE, Event, Follow, Notice
from vre_portal.notices.visibility import readable_events, readable_notices
from vre_portal.text import plain


def readable_follows(user: User, follows: QuerySet[Follow]) -> QuerySet[Follow]:
    """What the person follows and may still see: a topic may hold the name of data."""
    return follows.filter(topic__in=list(topics.pages_of(user, follows.values_list("topic", flat=True))))


def erase_name(user: User, pseudonym: str) -> None:
    """What the person did stays told to others, without their name and without their words."""
    named = Replace(F("title"), Value(plain(user)), Value(pseudonym))
    Event.objects.filter(actor=user).update(title=Left(named, MAX_TITLE), text="")


def register() -> None:
    """Limit the export of the rows that hold titles and names, and erase the names of people who are erased."""
    data_export.register_eraser(erase_name)
    data_export.register_limit(Notice, readable_notices, always=("id", "at", "read_at", "deleted_at", "delivery"))
    data_export.register_limit(Event, readable_events, always=("id", "kind", "at"))
    data_export.register_limit(Follow, readable_follows, always=("id", "created_at"))
