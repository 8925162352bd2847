"""Changes of a project's people: one at a time per project, by somebody who leads it still, and never without a lead left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects import project_events
from projects.locking import ProjectClosed, open_project_locked
from projects.models import Membership, Project, Role
from vre_portal.audit import record
from vre_portal.iam.models import User


class PeopleChangeRefused(Exception):
    """The change is refused; the text says why, for the person who asked."""


LAST_LEAD = _(
    "A project needs at least one lead who was added as a person, because a group can become empty. Make another person lead first, then try again."
)
LEAVING_LAST_LEAD = _("You are the only lead who was added as a person. Make another person lead first, then leave.")
BY_GROUP = _("Your role comes from an IAM group. To leave the project, leave the group in the IAM, or ask a lead of the project.")
NO_LEAD = _("You are no longer a lead of this project. Nothing was changed.")
GONE = _("This entry was changed in the meantime. Check the list, then try again.")


type AddedHook = Callable[[Project, User, Role, User], None]
_added_hooks: list[AddedHook] = []


def on_added(hook: AddedHook) -> None:
    """Let a feature act when a person was given a role: in the same transaction, with the project, the person, the role and who gave it."""
    _added_hooks.append(hook)


def begin(*, project: Project, role: str, user: User | None = None, group: str = "") -> Membership:
    """A line that a content file gives to a project that nobody leads yet."""
    return _record_change("added", None, Membership.objects.create(project=project, user=user, group=group, role=role))


def add_rule(*, by: User, project: Project, group: str, role: str) -> Membership:
    """Everyone in an IAM group has a role; a rule that is there already gets the new role."""
    with exclusive(by, project):
        known = Membership.objects.filter(project=project, group=group).first()
        if known:
            return _set_role(by, project, known, role)
        return _record_change("added", by, Membership.objects.create(project=project, group=group, role=role))


def add_person(*, by: User, project: Project, user: User, role: str) -> Membership:
    """Name a person; somebody who is named already gets the new role."""
    with exclusive(by, project):
        _require_active(user)
        return _give(by, project, user, role, is_added=True)


def raise_role(*, by: User, project: Project, user: User, role: str) -> Role:
    """Give a person at least this role and return the one that they have then; a stronger one, also by group, stays as it is.

    Administrators can do this where nobody leads the project.
    """
    with exclusive(by, project, without_leads=True):
        person = _require_active(user)
        held = set(Membership.objects.of(person).filter(project=project).values_list("role", flat=True))
        strongest = next(item for item in Role if item in held or item == role)
        if strongest not in held:
            _give(by, project, person, role)
        return strongest


def leave(*, by: User, project: Project) -> None:
    """Give up one's own role; one that comes from a group cannot be given up here."""
    with transaction.atomic():
        _lock(project)
        own = Membership.objects.filter(project=project, user=by).first()
        if own is None:
            raise PeopleChangeRefused(BY_GROUP if Membership.objects.of(by).filter(project=project).exists() else GONE)
        left = Membership(project=project, user=by, role=own.role)
        own.delete()
        if left.role == Role.LEAD:
            _require_lead(project, was_a_person=True, message=LEAVING_LAST_LEAD)
        _record_change("removed", by, left)


def _give(by: User, project: Project, user: User, role: str, *, is_added: bool = False) -> Membership:
    existing = Membership.objects.filter(project=project, user=user).first()
    # Before the hooks, which record what they do: who waits for the record may hold the person's row, to which a new line points.
    membership = existing or Membership.objects.create(project=project, user=user, role=role)
    if existing is None:
        project_events.joined(membership, by=by, is_added=is_added)
    for hook in _added_hooks:
        hook(project, user, Role(role), by)
    return _set_role(by, project, membership, role) if existing else _record_change("added", by, membership)


def _require_active(user: User) -> User:
    """The person as they are now; they are not deleted until the transaction ends. Raises PeopleChangeRefused for an account that is closed.

    FOR KEY SHARE is what the row that is written next takes, but only at the end of the transaction, when it is too late to refuse.
    """
    statement = f'SELECT * FROM "{User._meta.db_table}" WHERE id = %s FOR KEY SHARE'  # noqa: S608 # untranslated: SQL
    person: User = User.objects.raw(statement, [user.pk])[0]
    if not person.is_active:
        raise PeopleChangeRefused(gettext("%(name)s may no longer use this portal. Nothing was changed.") % {"name": user})
    return person


def change_role(*, by: User, project: Project, pk: int, role: str) -> Membership:
    """Give a person or a group another role."""
    with exclusive(by, project):
        return _set_role(by, project, _found(project, pk), role)


def remove(*, by: User, project: Project, pk: int) -> Membership:
    """Take a person or a rule out of the project; what is returned is enough to undo it."""
    with exclusive(by, project):
        found = _found(project, pk)
        removed = Membership(project=project, user=found.user, group=found.group, role=found.role)
        found.delete()
        if removed.role == Role.LEAD:
            _require_lead(project, was_a_person=removed.user is not None)
        return _record_change("removed", by, removed)


@contextmanager
def exclusive(by: User, project: Project, *, without_leads: bool = False) -> Iterator[None]:
    """Nobody else changes the people of this project meanwhile, and the one who asks leads it at this moment.

    `without_leads` lets an administrator in where nobody does.
    """
    with transaction.atomic():
        _lock(project)
        asking, lines = User.objects.get(pk=by.pk), Membership.objects.filter(project=project)
        stands_in = without_leads and asking.is_staff and not lines.active_leads().exists()
        if not asking.is_active or not (stands_in or lines.of(asking).filter(role=Role.LEAD).exists()):
            raise PeopleChangeRefused(NO_LEAD)
        yield


def _lock(project: Project) -> None:
    """Nobody else changes the project meanwhile; the people of an archived one can still be changed, so that somebody can restore it."""
    try:
        open_project_locked(project, archived_too=True)
    except ProjectClosed as closed:
        raise PeopleChangeRefused(str(closed)) from closed


def _found(project: Project, pk: int) -> Membership:
    found = Membership.objects.filter(project=project, pk=pk).select_related("user").first()
    if found is None:
        raise PeopleChangeRefused(GONE)
    return found


def _record_change(what: str, by: User | None, membership: Membership, **facts: Any) -> Membership:
    """Record the change and return the membership. Called last: other writers of the record wait until the transaction ends."""
    who: dict[str, Any] = {"group": membership.group} if membership.group else {"person": membership.user}
    record(f"project.people.{what}", by=by, subject=f"project/{membership.project.slug}", role=membership.role, **who, **facts)
    return membership


def _set_role(by: User, project: Project, membership: Membership, role: str) -> Membership:
    was = membership.role
    membership.role = role
    membership.save(update_fields=["role"])
    if was == Role.LEAD and role != Role.LEAD:
        _require_lead(project, was_a_person=membership.user_id is not None)
    return _record_change("changed", by, membership, was=was)


def kept_leads(project: Project) -> frozenset[int]:
    """The lines that nobody can remove or lower, because the project would have no lead: what `_require_lead` refuses, known before."""
    rows = list(Membership.objects.filter(project=project, role=Role.LEAD).values_list("pk", "user", "user__is_active"))
    named, groups = {pk for pk, user, is_active in rows if user and is_active}, {pk for pk, user, _active in rows if user is None}
    people = {pk for pk, user, _active in rows if user and not named - {pk}}
    return frozenset(people | (groups if not named and len(groups) == 1 else set()))


def _require_lead(project: Project, *, was_a_person: bool, message: object = LAST_LEAD) -> None:
    """Raise PeopleChangeRefused, which rolls the change back, where the project would have no lead."""
    leads = Membership.objects.filter(project=project, role=Role.LEAD)
    named = leads.filter(user__is_active=True)
    enough = named if was_a_person else leads.filter(Q(user__is_active=True) | Q(user=None))
    if not enough.exists():
        raise PeopleChangeRefused(message)
