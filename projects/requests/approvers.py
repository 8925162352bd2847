"""Who decides about a kind of request: the leads of its project, members of groups, administrators."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Protocol

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, Func, OuterRef, Q, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from projects.models import Membership, Role
from projects.requests.configuration import configuration
from projects.requests.models import Request
from vre_portal.iam.models import User

NONE = Q(pk__in=())


class InOneOf(Func):
    """Whether one of a person's groups is among an array of names."""

    template, arg_joiner = "%(expressions)s", " ?| "  # untranslated: SQL
    output_field = BooleanField()


class Approvers(Protocol):
    """A rule that says both who decides about a request, and about which requests somebody decides. Hashable."""

    def people(self, request: Request) -> QuerySet[User]:
        """Those who can answer the request, as far as the portal knows them; for notices."""
        ...

    def requests_of(self, user: User) -> Q:
        """Which requests of such a kind an active person can answer; the one place that decides."""
        ...

    def words(self) -> str:
        """Who they are: "the leads of the project"."""
        ...


@dataclass(frozen=True)
class Staff:
    """The administrators of the portal."""

    def people(self, _request: Request) -> QuerySet[User]:
        return User.objects.filter(is_staff=True, is_active=True)

    def requests_of(self, user: User) -> Q:
        return Q() if user.is_staff else NONE

    def words(self) -> str:
        return _("the administrators of the portal")


@dataclass(frozen=True)
class Leads:
    """The leads of the request's project; the administrators where it has none any more, until the request is finished."""

    def people(self, request: Request) -> QuerySet[User]:
        lines = Membership.objects.filter(project=request.project_id)
        leading = lines.filter(role=Role.LEAD)
        in_group = InOneOf("groups", ArraySubquery(leading.filter(user=None).values("group")))
        stand_in = Q(is_staff=True) & ~Exists(lines.active_leads())
        return User.objects.filter(Q(pk__in=leading.exclude(user=None).values("user")) | Q(in_group) | stand_in, is_active=True)

    def requests_of(self, user: User) -> Q:
        led = Q(project__in=Membership.objects.of(user).filter(role=Role.LEAD).values("project"))
        if not user.is_staff:
            return led
        is_led = Exists(Membership.objects.active_leads().filter(project=OuterRef("project")))
        return led | (~Q(is_led) & (Q(state__in=Request.UNFINISHED) | Q(decided_by=user)))

    def words(self) -> str:
        return _("the leads of the project")


@dataclass(frozen=True)
class Groups:
    """Members of IAM groups."""

    names: tuple[str, ...]

    def people(self, _request: Request) -> QuerySet[User]:
        return User.objects.filter(in_groups(self.names), is_active=True)

    def requests_of(self, user: User) -> Q:
        return Q() if set(self.names) & set(user.groups) else NONE

    def words(self) -> str:
        return _("members of %(groups)s") % {"groups": get_text_list(list(self.names), _("or"))}


@dataclass(frozen=True)
class Curators:
    """The administrators, and members of the groups that REQUESTS_FILE names for a kind."""

    kind: str

    @property
    def _groups(self) -> Groups:
        return Groups(tuple(configuration().approvers.get(self.kind, ())))

    def people(self, request: Request) -> QuerySet[User]:
        return AnyOf((Staff(), self._groups)).people(request)

    def requests_of(self, user: User) -> Q:
        return either([Staff().requests_of(user), self._groups.requests_of(user)])

    def words(self) -> str:
        groups = self._groups
        return AnyOf((Staff(), groups)).words() if groups.names else Staff().words()


@dataclass(frozen=True)
class GroupOwners:
    """Those whom REQUESTS_FILE names for the IAM group that a request asks for (the value `group`)."""

    def people(self, request: Request) -> QuerySet[User]:
        group = request.values.get("group") if isinstance(request.values, dict) else None
        return Groups(tuple(configuration().group_owners.get(str(group), ()))).people(request)

    def requests_of(self, user: User) -> Q:
        mine = set(user.groups)
        owned = [group for group, owners in configuration().group_owners.items() if mine & set(owners)]
        return Q(values__group__in=owned) if owned else NONE

    def words(self) -> str:
        return _("the owners of the group")


@dataclass(frozen=True)
class AnyOf:
    """Those of several rules."""

    rules: tuple[Approvers, ...]

    def people(self, request: Request) -> QuerySet[User]:
        found = [rule.people(request).order_by().values("pk") for rule in self.rules]
        return User.objects.filter(reduce(or_, (Q(pk__in=keys) for keys in found), NONE))

    def requests_of(self, user: User) -> Q:
        return either(rule.requests_of(user) for rule in self.rules)

    def words(self) -> str:
        return get_text_list([rule.words() for rule in self.rules], _("or"))


def either(conditions: Iterable[Q]) -> Q:
    """The condition that one of some holds; an empty Q is one that always does, which Django's own `|` would lose."""
    made = NONE
    for condition in conditions:
        if not condition:
            return Q()
        made |= condition
    return made


def in_groups(names: Iterable[str]) -> Q:
    """The condition for people in one of some groups."""
    return reduce(or_, (Q(groups__contains=[name]) for name in names), NONE)
