"""What a change of a project's people would do to each person that the portal knows, told before it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q

from projects.models import Membership, Project, Role
from vre_portal.iam.models import User

STRENGTH = {role: strength for strength, role in enumerate(reversed(Role))}


class RoleGrant(NamedTuple):
    """One line of a project's people: a person by number, or a group, with a role."""

    user: int | None
    group: str
    role: str


@dataclass(frozen=True)
class Change:
    """What a person is now, and what they would be."""

    person: User
    before: Role | None
    after: Role | None

    @property
    def kind(self) -> str:
        """gains, loses, stronger, weaker or keeps."""
        if self.before == self.after:
            return "keeps"
        if self.before is None or self.after is None:
            return "loses" if self.after is None else "gains"
        return "stronger" if STRENGTH[self.after] > STRENGTH[self.before] else "weaker"


@dataclass(frozen=True)
class Effect:
    """All that one change would do."""

    changes: list[Change]
    reader: User
    found: User | None = None  # somebody whom the reader has just named themselves

    def of(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    @property
    def kinds(self) -> list[tuple[str, list[Change], int]]:
        """Each kind that happens, with those of it whose names the reader may see, and how many there are besides."""
        found = []
        for kind in ("gains", "stronger", "keeps", "weaker", "loses"):
            if changes := self.of(kind):
                named = [change for change in changes if self.may_be_named(change)]
                found.append((kind, named[:NAMED], len(changes) - len(named[:NAMED])))
        return found

    @property
    def count(self) -> int:
        return len(self.changes)

    @property
    def takes(self) -> bool:
        """Whether somebody may do less afterwards."""
        return any(change.kind in ("weaker", "loses") for change in self.changes)

    @property
    def mine(self) -> Change | None:
        """What it does to the one who asks."""
        return next((change for change in self.changes if change.person.pk == self.reader.pk and change.kind in ("weaker", "loses")), None)

    def may_be_named(self, change: Change) -> bool:
        """Whom the reader has named, who belongs already, and people of the reader's own groups: a rule is no way to list a foreign group."""
        return change.person == self.found or change.before is not None or bool(set(change.person.groups) & set(self.reader.groups))


NAMED = 50


def entries_of(project: Project) -> list[RoleGrant]:
    """The people of a project as they are written down."""
    return [RoleGrant(*row) for row in Membership.objects.filter(project=project).values_list("user", "group", "role")]


class Roles:
    """The roles that some lines give, by person and by group: read once, however many people and lines there are."""

    def __init__(self, entries: Sequence[RoleGrant]) -> None:
        self._of_person = {entry.user: entry.role for entry in entries if entry.user}
        self._of_group = {entry.group: entry.role for entry in entries if entry.group}

    def strongest(self, user: User) -> Role | None:
        """The role that a person has by these lines; nobody who was switched off has one."""
        if not user.is_active:
            return None
        held = {self._of_group[group] for group in user.groups if group in self._of_group} | {self._of_person.get(user.pk)}
        return next((role for role in Role if role in held), None)


def effect(project: Project, *, without: RoleGrant | None, adding: RoleGrant | None, reader: User) -> Effect:
    """What becomes of everybody whom the line that goes, or the one that comes, speaks of."""
    now = entries_of(project)
    then = [entry for entry in now if entry != without] + ([adding] if adding else [])
    concerned = Q(pk__in=[])
    for entry in (without, adding):
        if entry is not None:
            concerned |= Q(pk=entry.user) if entry.user else Q(groups__contains=[entry.group])
    people = User.objects.filter(concerned, is_active=True).order_by("name", "pk")
    before, after = Roles(now), Roles(then)
    return Effect([Change(user, before.strongest(user), after.strongest(user)) for user in people], reader)
