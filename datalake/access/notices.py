"""What people are told of embargoes: that one is planned to end, a week before and on the day."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.access.models import AccessGrant
from datalake.access.restrictions import Restriction, restrictions
from vre_portal import access_requests
from vre_portal.iam.models import User
from vre_portal.notices import kinds
from vre_portal.notices.batches import one_of_many
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import notify, unreported
from vre_portal.search import audiences
from vre_portal.services import ServiceKind, services

WARN_DAYS = 7
LATE_DAYS = 3  # after the day on which it is told at the latest, such as by a portal that was not running
SIGNED_IN = audiences.condition("signed-in", "yes")  # whom the lake tells of announced data
EMBARGO_ENDS = NoticeKind(
    "access.embargo_ends", gettext_lazy("An embargo on data ends"), gettext_lazy("Data Lake"), Delivery.MAIL, "calendar"
)


def register() -> None:
    """Make the kind known."""
    kinds.register(EMBARGO_ENDS)


def report_embargoes() -> None:
    """Tell the owners of restricted data, and people whose request is open, of planned ends; each entry that is wrong costs only itself."""
    today = timezone.localdate()
    for lake in services(ServiceKind.RUCIO):
        for restriction in restrictions(lake):
            with one_of_many(f"the embargo of {lake.name}:{restriction.scope}"):
                _report(restriction, today)


def _report(restriction: Restriction, today: date) -> None:
    if restriction.until is None:
        return
    days = (restriction.until - today).days
    if not -LATE_DAYS <= days <= WARN_DAYS:
        return
    lake, has_come = restriction.lake.name, days <= 0
    key = f"embargo:{lake}:{restriction.scope}:{restriction.until.isoformat()}:{0 if has_come else WARN_DAYS}"
    if not unreported(EMBARGO_ENDS.key, [key]):
        return
    title = _("The embargo on %(data)s is planned to end on %(day)s")
    facts = {"data": restriction.title, "day": format_date(restriction.until, "j M Y")}
    notify(
        EMBARGO_ENDS.key,
        key,
        title=(_("The embargo on %(data)s was planned until %(day)s") if has_come else title) % facts,
        text=_("Its owners decide whether the data are opened, and the administrators of the portal open them."),
        url=reverse("lake_access:scope", args=[lake, restriction.scope]),
        audience=audiences.rule(SIGNED_IN),
        to=set(_concerned(restriction)),
        group=f"lake:{lake}",
        data={"lake": lake, "scope": restriction.scope, "until": restriction.until.isoformat()},
    )


def _concerned(restriction: Restriction) -> Iterator[int]:
    owns = Q()
    for group in restriction.owners:
        owns |= Q(groups__contains=[group])
    if owns:
        yield from User.objects.filter(owns, is_active=True).values_list("pk", flat=True)
    yield from access_requests.people_waiting(restriction.lake.name, restriction.scope)
    coming = AccessGrant.objects.filter(lake=restriction.lake.name, scope=restriction.scope, state=AccessGrant.State.GRANTING)
    yield from coming.values_list("user", flat=True)
