"""Outages of services as people are told of them: one for an outage however often it flaps, when it began and when it is over."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.notices import kinds
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Notice
from vre_portal.notices.services import notify, topic
from vre_portal.search import audiences
from vre_portal.services import Service, ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)
DOWN_FOR = timedelta(minutes=2)  # before it is told: a restart is none
BACK_FOR = timedelta(minutes=5)  # without being seen down before it is over: a service that flaps is still one outage
SECTION = gettext_lazy("Services")
BEGAN = NoticeKind("services.down", gettext_lazy("A service that you use is down"), SECTION, icon="unplug")
ENDED = NoticeKind("services.back", gettext_lazy("A service that was down is back"), SECTION, icon="circle-check")
Users = Callable[[Service], Iterable[int]]
_users: list[tuple[ServiceKind, Users]] = []


def register() -> None:
    """Make the kinds known."""
    for kind in (BEGAN, ENDED):
        kinds.register(kind)


def register_users(kind: ServiceKind, users: Users) -> None:
    """Let an application say who has something under way at a service of this kind, as primary keys of people."""
    _users.append((kind, users))


def look() -> None:
    """Report what began and what is over, from what the last checks stored; what is wrong with one service costs only itself."""
    now = timezone.now()
    begins = Q(incident_at=None, state=ServiceState.State.DOWN, since__lt=now - DOWN_FOR)
    ends = Q(incident_at__isnull=False, down_at__lt=now - BACK_FOR) & ~Q(state=ServiceState.State.DOWN)
    for pk in ServiceState.objects.filter(begins | ends).values_list("pk", flat=True):
        try:
            with transaction.atomic():
                row = ServiceState.objects.select_for_update().filter(begins | ends, pk=pk).first()
                if row is not None:
                    _report(row)
        except (OperationalError, InterfaceError):
            raise
        except UnknownService:  # it was taken out of services.toml
            ServiceState.objects.filter(pk=pk).update(incident_at=None)
        except Exception:
            logger.exception("an outage could not be reported")


def _report(row: ServiceState) -> None:
    item = service(ServiceKind(row.kind), row.name)
    began = row.incident_at is None
    since = row.since if row.incident_at is None else row.incident_at
    key = f"{row.kind}/{row.name}:{since:%Y%m%dT%H%M%S.%f}"
    notify(
        (BEGAN if began else ENDED).key,
        key,
        title=(_("%(service)s is down") if began else _("%(service)s is back")) % {"service": item.title},
        text=row.detail if began else "",
        url=f"{reverse('status')}#{row.kind}-{row.name}",
        audience=audiences.PUBLIC,  # as the page of all services is
        to=_concerned(item) | set(Notice.objects.filter(event__kind=BEGAN.key, event__key=key).values_list("user", flat=True)),
        topics=[topic("service", f"{row.kind}:{row.name}")],
        group=f"service:{row.kind}:{row.name}",
        data={"kind": row.kind, "name": row.name, "since": since.isoformat()},
    )
    row.incident_at = since if began else None
    row.save(update_fields=["incident_at"])


def _concerned(item: Service) -> set[int]:
    """Administrators, and people with something under way there; an application that cannot say so costs only itself."""
    people = set(User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True))
    for kind, users in _users:
        if kind == item.kind:
            try:
                with transaction.atomic():
                    people.update(users(item))
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                logger.exception("who uses %s/%s could not be read", item.kind, item.name)
    return people
