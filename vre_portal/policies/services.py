"""What a person has accepted, and what is still to be asked."""

from collections.abc import Iterable

from django.db import transaction

from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.policies.models import Acceptance
from vre_portal.policies.texts import Policy, policies


def outstanding(user: User) -> list[Policy]:
    """The policies whose present version the person has not accepted."""
    accepted = set(Acceptance.objects.filter(user=user).values_list("policy", "version"))
    return [item for item in policies() if (item.name, item.version) not in accepted]


def accept(user: User, items: Iterable[Policy]) -> None:
    """Keep the person's yes; saying it again changes nothing."""
    with transaction.atomic():
        for item in items:
            _, new = Acceptance.objects.get_or_create(user=user, policy=item.name, version=item.version)
            if new:
                record("policy.accept", by=user, subject=f"policy/{item.name}", version=item.version)
