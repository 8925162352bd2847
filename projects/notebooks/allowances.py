"""A person's notebook sessions, for the page of what they may use."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils.translation import gettext as _

from projects.notebooks.models import Session
from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services

GIGABYTE = 10**9


def parts(user: User) -> Iterator[AllowancePart]:
    """One part for all hubs: what the portal knows of their sessions itself."""
    if any(services(ServiceKind.JUPYTERHUB)):
        yield AllowancePart("notebooks", _("Notebooks"), _read)


def _read(user: User) -> PartAnswer:
    """A hub tells nobody how many servers it allows; it refuses one more, and then says so."""
    counts = dict(Session.objects.alive().filter(by=user).order_by().values_list("hub").annotate(Count("pk")))
    rows = [
        Allowance(
            _("Sessions at %(hub)s") % {"hub": hub.title},
            counts.get(hub.name, 0),
            hub.options.get("servers_per_person"),
            limit_text="" if hub.options.get("servers_per_person") else _("set by the hub"),
            renews=_("when a session is stopped"),
            request=("limit", {"what": "notebooks", "service": f"{hub.kind}:{hub.name}"}),
        )
        for hub in services(ServiceKind.JUPYTERHUB)
    ]
    return PartAnswer(rows)
