"""Which data of a project some of its people cannot open in the Data Lake, and which group would open them: told where people are added."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from datalake.access import restrictions
from datalake.reads import scopes
from projects import audience
from projects.audience import Origin
from projects.models import Project, Role
from projects.people.effects import NAMED, Change, Effect
from vre_portal import access_requests
from vre_portal.iam.models import User
from vre_portal.services import Service

USES_DATA = (Role.LEAD, Role.EDITOR, Role.MEMBER)  # their runs and notebooks ask the lake in their own name, for public data, too


@dataclass(frozen=True)
class MissingAccess:
    """Data that some people cannot open, and who can mend it."""

    data: str
    names: Sequence[str]  # of those whom the reader may know
    more: int  # how many besides
    groups: tuple[str, ...]  # one of these opens the data; none where the portal is not told
    contact: str
    page: str = ""  # where a person may request access


@dataclass(frozen=True)
class Newcomer:
    """Somebody with a role, by the groups that count; `name` is empty where the reader may not know it."""

    groups: frozenset[str]
    role: str
    name: str


def after(effect: Effect) -> list[Newcomer]:
    """Those who have a role in the project after a change."""

    def name_of(change: Change) -> str:
        return str(change.person) if effect.may_be_named(change) else ""

    stay = (change for change in effect.changes if change.after is not None)
    return [Newcomer(frozenset(one.person.groups), str(one.after), name_of(one)) for one in stay]


def named_in(project: Project) -> list[Newcomer]:
    """Those who are named in the project as persons."""
    lines = project.memberships.filter(user__is_active=True).select_related("user")
    return [Newcomer(frozenset(item.user.groups), item.role, str(item.user)) for item in lines if item.user]


def missing_access(reader: User, project: Project, people: Sequence[Newcomer]) -> list[MissingAccess]:
    """What these people cannot open of the project's data, as far as services.toml tells; only of data that the reader may see."""
    origins = [item.origin for item in project.resources.visible_to(reader).origins()] if people else []
    found = [*(_accounts(lake, origins, people) for lake in _lakes(origins)), *(_restricted(item, people) for item in origins)]
    return [item for item in found if item is not None]


def _lakes(origins: Iterable[Origin]) -> list[Service]:
    lakes = {origin.lake: origin.service for origin in origins}
    return [lake for lake in lakes.values() if lake is not None]


def _accounts(lake: Service, origins: Sequence[Origin], people: Sequence[Newcomer]) -> MissingAccess | None:
    """Those whom the lake will not know: the option `account_groups` names the groups whose members, also those of groups below, it knows."""
    groups = tuple(str(group) for group in lake.options.get("account_groups") or ())
    is_closed = any(not audience.is_public(origin) for origin in origins if origin.lake == lake.name)

    def lacks(person: Newcomer) -> bool:
        known = any(held == group or held.startswith(f"{group}/") for held in person.groups for group in groups)
        return bool(groups) and not known and (is_closed or person.role in USES_DATA)

    what = _("non-public data at %(lake)s") if is_closed else _("runs and notebooks with data at %(lake)s")
    contact = str(lake.options.get("support") or settings.SITE["contact"])
    return _missing(what % {"lake": lake.title}, [person for person in people if lacks(person)], groups, contact)


def _restricted(origin: Origin, people: Sequence[Newcomer]) -> MissingAccess | None:
    """Those who may not read a restricted scope."""
    lake = origin.service
    if lake is None or not audience.is_restricted(origin):
        return None
    conditions = scopes.required_groups(lake, origin.scope)
    without = [person for person in people if not all(person.groups & groups for groups in conditions)]
    entry = restrictions.of_row(*origin)
    groups = (entry.group,) if entry is not None else tuple(sorted(frozenset().union(*conditions)))
    contact = (entry.contact if entry is not None else "") or str(lake.options.get("support") or settings.SITE["contact"])
    page = access_requests.page_for(*origin) if entry is not None else ""
    return _missing(audience.title_of(origin), without, groups, contact, page)


def _missing(data: str, people: Sequence[Newcomer], groups: tuple[str, ...], contact: str, page: str = "") -> MissingAccess | None:
    if not people:
        return None
    names = [person.name for person in people if person.name][:NAMED]
    return MissingAccess(data, names, len(people) - len(names), groups, contact, page)
