"""What the dashboard says of requests for restricted data: to the owners who decide, and to staff."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction, restrictions
from vre_portal import attention, staff_overview
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.staff_overview import StaffFigure, StaffSection

MANY = 20  # requests that are listed one by one


def waiting_requests(user: User) -> Iterator[AttentionItem]:
    """Requests of others for data that the person decides about; asks nothing for people who decide about none."""
    owned = {
        (item.lake.name, item.scope): item for lake in services(ServiceKind.RUCIO) for item in restrictions(lake) if item.decided_by(user)
    }
    if not owned:
        return
    about = Q()
    for lake_name, scope in owned:
        about |= Q(lake=lake_name, scope=scope)
    waiting = AccessRequest.objects.filter(about, state=AccessRequest.State.ASKED).exclude(by=user)
    rows = list(waiting.select_related("by").order_by("pk")[: MANY + 1])
    yield from (_item(row, owned[row.lake, row.scope]) for row in rows[:MANY])
    if len(rows) > MANY:
        row = rows[MANY]
        yield AttentionItem(
            _("More requests for restricted data"), reverse("lake_access:index", args=[row.lake]), icon="key-round", kind="request"
        )


def _item(row: AccessRequest, restriction: Restriction) -> AttentionItem:
    title = _("%(person)s asks for access to %(data)s") % {"person": row.by, "data": restriction.title}
    return AttentionItem(title, reverse("lake_access:request", args=[row.lake, row.pk]), row.reason, row.created_at, "key-round", "request")


def staff_problems() -> Iterator[StaffFigure]:
    """Requests that no owner has answered yet."""
    waiting = AccessRequest.objects.filter(state=AccessRequest.State.ASKED)
    yield StaffFigure(_("Open requests for restricted data"), waiting.count())


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    attention.register(waiting_requests)
    staff_overview.register(StaffSection.PROBLEMS, staff_problems)
