"""A person's runs and what REANA gives them, for the page of what they may use."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.models import Run
from vre_portal import deadlines
from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer, Unit
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.services import Service, ServiceKind, services

PERIOD_DAYS = 30
SECONDS = 2.5  # that one server has to answer


def parts(user: User) -> Iterator[AllowancePart]:
    """What the portal counts, and a part for each REANA."""
    yield AllowancePart("runs", _("Workflow runs"), _counted)
    for server in services(ServiceKind.REANA):
        title = _("Computing at %(server)s") % {"server": server.title}
        yield AllowancePart(f"reana-{server.name}", title, partial(_at_server, server), is_remote=True)


def _counted(user: User) -> PartAnswer:
    """Active runs, and those of the last days with the time that they took."""
    recent = Q(created_at__gte=timezone.now() - timedelta(days=PERIOD_DAYS))
    took = F("finished_at") - F("started_at")
    facts = Run.objects.filter(by=user).aggregate(
        active=Count("pk", filter=~Q(status__in=Run.ENDED)),
        launched=Count("pk", filter=recent),
        took=Sum(took, filter=recent & Q(finished_at__gte=F("started_at"))),
    )
    mine = reverse("workflows-mine")
    days = _("in the last %(days)s days") % {"days": PERIOD_DAYS}
    time = facts["took"].total_seconds() if facts["took"] else 0
    return PartAnswer(
        [
            Allowance(
                _("Active runs"),
                facts["active"],
                settings.ACTIVE_RUNS,
                renews=_("when a run ends"),
                url=mine,
                request=("limit", {"what": "runs"}),
            ),
            Allowance(_("Runs launched"), facts["launched"], detail=days),
            Allowance(_("Duration of all runs together"), time, unit=Unit.SECONDS, detail=days),
        ]
    )


def _at_server(server: Service, user: User) -> PartAnswer:
    """The CPU time and the space of the person, as REANA tells them. Raises RemoteError."""
    with deadlines.within(SECONDS, ServiceKind.REANA):
        person = reana.you(server, access_token(user, server, purpose=_("show quota")))
    more = ("limit", {"what": "computing", "service": f"{server.kind}:{server.name}"})
    renews = _("when you delete runs or their files at REANA")
    cpu = Allowance(
        _("CPU time"),
        person.cpu.used / 1000,
        person.cpu.limit / 1000 if person.cpu.limit else None,
        Unit.SECONDS,
        renews=_("set by the operators of REANA"),
        request=more if person.cpu.limit else None,
    )
    disk = Allowance(
        _("Storage used by runs"),
        person.disk.used,
        person.disk.limit,
        Unit.BYTES,
        renews=renews,
        request=more if person.disk.limit else None,
    )
    return PartAnswer([cpu, disk])
