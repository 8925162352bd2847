"""Access that the portal gave is a reason to wait with erasing somebody: nobody would know any more whom to take out of the group."""

from datalake.access.models import AccessRequest
from vre_portal.iam import personal
from vre_portal.iam.models import User

State = AccessRequest.State


def still_open(user: User) -> list[str]:
    """Granted access that has not ended."""
    found = AccessRequest.objects.filter(by=user, state__in=(State.GRANTING, State.GRANTED, State.ENDING))
    return [f"You have access to the restricted data of {item.scope}: give it up first, and wait until it has ended." for item in found]


personal.hinder(still_open)
