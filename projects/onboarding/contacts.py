"""Whom to ask: those who run the portal and its services, and the people named on project pages of an experiment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from projects.models import Membership, Project, Role
from projects.models.details import Contact
from vre_portal.iam.models import User
from vre_portal.search.audiences import Reader
from vre_portal.services import services

MAX_PROJECTS, MAX_LEADS, MAX_ROWS = 5, 3, 50


@dataclass(frozen=True)
class Named:
    """A project, a service or the portal, with whom to ask there."""

    title: str
    url: str = ""
    leads: Sequence[str] = ()
    contacts: Sequence[Contact] = ()


def people_to_ask(reader: Reader, experiments: Iterable[str] = ()) -> list[Named]:
    """The projects of the experiments that the reader sees, the services that name somebody, and those who run the portal."""
    if not isinstance(reader, User):
        return list(_portal())
    return [*_projects(reader, list(experiments)), *_services(), *_portal()]


def _portal() -> Iterable[Named]:
    if contact := str(settings.SITE["contact"]):
        yield Named(_("This portal"), contacts=[Contact(contact, address=contact)])


def _services() -> Iterable[Named]:
    """Those whose options name an address for questions."""
    for item in services():
        if support := str(item.options.get("support") or ""):
            yield Named(item.title, contacts=[Contact(support, address=support)])


def _projects(reader: User, experiments: Sequence[str]) -> list[Named]:
    """Leads other than the reader, and contacts, as the page of each project names them to everybody who sees it."""
    if not experiments:
        return []
    named = reduce(or_, (Q(experiments__contains=[text]) for name in experiments for text in {name, name.upper()}))
    projects = Project.objects.visible_to(reader).filter(named, archived_at=None)
    rows = Membership.objects.filter(project__in=projects, role=Role.LEAD).select_related("project", "user")
    found: dict[int, tuple[Project, list[str]]] = {}
    for row in rows.order_by("project__title", "project", "pk")[:MAX_ROWS]:
        _project, leads = found.setdefault(row.project_id, (row.project, []))
        if row.user is not None and row.user.is_active and row.user.pk != reader.pk:
            leads.append(str(row.user))
    known = [Named(item.title, item.get_absolute_url(), leads[:MAX_LEADS], item.contact_list) for item, leads in found.values()]
    return [one for one in known if one.leads or one.contacts][:MAX_PROJECTS]
