"""Changes of a project's people: one at a time per project, by somebody who leads it still, and never without a lead left."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Membership, Project, Role
from vre_portal.audit import record
from vre_portal.iam.models import User


class PeopleChangeRefused(Exception):
    """The change is refused; the text says why, for the person who asked."""


LAST_LEAD = _(
    "A project needs at least one lead who was added as a person, because a group can become empty. Make another person lead first, then try again."
)
NO_LEAD = _("You are no longer a lead of this project. Nothing was changed.")
GONE = _("This entry was changed in the meantime. Check the list, then try again.")


def begin(*, project: Project, role: str, user: User | None = None, group: str = "") -> Membership:
    """A line that a content file gives to a project that nobody leads yet."""
    return _record_change("added", None, Membership.objects.create(project=project, user=user, group=group, role=role))


def add_rule(*, by: User, project: Project, group: str, role: str) -> Membership:
    """Everyone in an IAM group has a role; a rule that is there already gets the new role."""
    with _alone(by, project):
        known = Membership.objects.filter(project=project, group=group).first()
        if known:
            return _set_role(by, project, known, role)
        return _record_change("added", by, Membership.objects.create(project=project, group=group, role=role))


def add_person(*, by: User, project: Project, user: User, role: str) -> Membership:
    """Name a person; somebody who is named already gets the new role."""
    with _alone(by, project):
        if not User.objects.filter(pk=user.pk, is_active=True).exists():
            raise PeopleChangeRefused(gettext("%(name)s may no longer use this portal. Nothing was changed.") % {"name": user})
        known = Membership.objects.filter(project=project, user=user).first()
        if known:
            return _set_role(by, project, known, role)
        return _record_change("added", by, Membership.objects.create(project=project, user=user, role=role))


def change_role(*, by: User, project: Project, pk: int, role: str) -> Membership:
    """Give a person or a group another role."""
    with _alone(by, project):
        return _set_role(by, project, _found(project, pk), role)


def remove(*, by: User, project: Project, pk: int) -> Membership:
    """Take a person or a rule out of the project; what is returned is enough to undo it."""
    with _alone(by, project):
        found = _found(project, pk)
        removed = Membership(project=project, user=found.user, group=found.group, role=found.role)
        found.delete()
        if removed.role == Role.LEAD:
            _require_lead(project, was_a_person=removed.user is not None)
        return _record_change("removed", by, removed)


@contextmanager
def _alone(by: User, project: Project) -> Iterator[None]:
    """Nobody else changes the people of this project meanwhile, and the one who asks leads it at this moment."""
    with transaction.atomic():
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
        asking = User.objects.get(pk=by.pk)
        if not asking.is_active or not Membership.objects.of(asking).filter(project=project, role=Role.LEAD).exists():
            raise PeopleChangeRefused(NO_LEAD)
        yield


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


def _require_lead(project: Project, *, was_a_person: bool) -> None:
    """Raise PeopleChangeRefused, which rolls the change back, where the project would have no lead."""
    leads = Membership.objects.filter(project=project, role=Role.LEAD)
    named = leads.filter(user__is_active=True)
    enough = named if was_a_person else leads.filter(Q(user__is_active=True) | Q(user=None))
    if not enough.exists():
        raise PeopleChangeRefused(LAST_LEAD)
