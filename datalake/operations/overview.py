"""What the dashboard says of requests to a Data Lake, such as rules: to their person, and to staff."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.operations import kinds
from datalake.operations.models import Operation
from vre_portal import attention, staff_overview
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.staff_overview import StaffFigure, StaffSection

LISTED_FOR = timedelta(days=3)
DAY = timedelta(hours=24)
MANY = 5  # failed requests to one lake that are listed one by one
MAX_FAILURES = 200


def failed_requests(user: User) -> Iterator[AttentionItem]:
    """Requests that the lake refused or that failed, unless the same was requested again; many at one lake are one line."""
    again = Operation.objects.filter(by=OuterRef("by"), lake=OuterRef("lake"), kind=OuterRef("kind"), subjects=OuterRef("subjects"))
    recent = Operation.objects.filter(by=user, state__in=Operation.AGAIN, ended_at__gte=timezone.now() - LISTED_FOR)
    rows = list(recent.exclude(Exists(again.filter(pk__gt=OuterRef("pk")))).defer("arguments", "results")[:MAX_FAILURES])
    for lake in services(ServiceKind.RUCIO):
        here = [item for item in rows if item.lake == lake.name]
        if len(here) > MANY:
            title = _("%(n)s requests to %(lake)s were not carried out") % {"n": len(here), "lake": lake.title}
            yield AttentionItem(title, reverse("lake_acts:acts", args=[lake.name]), since=here[0].ended_at, icon="database", kind="rule")
            continue
        for item in here:
            title = _("%(request)s of %(subject)s was not carried out")
            words = {"request": kinds.title(item.kind), "subject": item.subject}
            yield AttentionItem(title % words, item.get_absolute_url(), item.answer, item.ended_at, "database", "rule")


def staff_problems() -> Iterator[StaffFigure]:
    """Requests that were not carried out in the last day."""
    failed = Operation.objects.filter(state__in=Operation.AGAIN, ended_at__gte=timezone.now() - DAY)
    yield StaffFigure(_("Data Lake requests not carried out"), failed.count())


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    attention.register(failed_requests)
    staff_overview.register(StaffSection.PROBLEMS, staff_problems)
