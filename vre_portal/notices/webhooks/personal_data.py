"""What a person's export has of webhooks: their own whole, and that they set up some of projects."""

from django.db.models import QuerySet

from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.notices.webhooks.models import Webhook


def readable(user: User, rows: QuerySet[Webhook]) -> QuerySet[Webhook]:
    """A project's address can hold a secret of the project, so it is no longer the person's who entered it."""
    return rows.filter(user=user)


data_export.register_limit(Webhook, readable, always=("id", "created_at"))
