"""Carry decisions about access to the IAM: the group there opens the data, also to those who come by another door than the portal's."""

import logging

from django.utils import timezone

from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction
from vre_portal.audit import record
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam import membership, vault

logger = logging.getLogger(__name__)
State = AccessRequest.State
SOON, LATER = 60.0, 900.0  # seconds until the next attempt: after an outage, after a refusal


def due() -> list[int]:
    """What is to be carried now; what was granted until now begins to end."""
    for request in AccessRequest.objects.over():
        if AccessRequest.move(request.pk, before=(State.GRANTED,), to=State.ENDING, lease_until=None):
            record("access.ending", by=None, subject=f"lake/{request.lake}/access/{request.pk}", scope=request.scope, person=request.by)
    return list(AccessRequest.objects.pending_at_iam().filter(AccessRequest.free()).values_list("pk", flat=True)[:100])


def carry(pk: int) -> None:
    """Make the membership at the IAM as it was decided; may run twice, for both ends look first."""
    if not AccessRequest.claim(pk, state__in=(State.GRANTING, State.ENDING)):
        return
    request = AccessRequest.objects.select_related("by").get(pk=pk)
    restriction = request.restriction
    if restriction is None:
        request.hindered("This scope is no longer named in the portal's configuration.", LATER)
        return
    try:
        if request.state == State.GRANTING:
            enter(request, restriction)
        else:
            leave(request, restriction)
    except RemoteUnavailable as error:
        request.hindered(str(error), SOON)
    except RemoteRefused as error:
        logger.warning("request %s for access: %s", pk, error)
        request.hindered(f"{error} Whoever runs the portal and the IAM can mend this; it is tried again by itself.", LATER)


def enter(request: AccessRequest, restriction: Restriction) -> None:
    """Into the group. Where the portal may not do that it waits until an owner has, by hand."""
    if not membership.is_configured(restriction.home):
        if restriction.group in request.by.groups:
            AccessRequest.move(request.pk, before=(State.GRANTING,), to=State.GRANTED, trouble="")
        else:
            request.hindered(f"Add this person to the group {restriction.group_at_home} at {restriction.home.title}.", SOON)
        return
    entered = membership.add(restriction.home, restriction.group_at_home, request.subject)
    if AccessRequest.move(request.pk, before=(State.GRANTING,), to=State.GRANTED, trouble="", entered=request.entered or entered):
        vault.renew_soon(request.by)
    elif entered:  # ended in the same moment: the one who ends it must know that it is there
        AccessRequest.objects.filter(pk=request.pk).update(entered=True)


def leave(request: AccessRequest, restriction: Restriction) -> None:
    """Out of the group, where the portal put the person in; a membership that others made is theirs to end."""
    if request.entered:
        membership.remove(restriction.home, restriction.group_at_home, request.subject)
    if AccessRequest.move(request.pk, before=(State.ENDING,), to=State.ENDED, trouble="", until=request.until or timezone.now()):
        vault.renew_soon(request.by)
