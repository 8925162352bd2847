"""Saving a profile over what its owner saw."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.iam.profiles.models import FIELDS, Profile


class ProfileConflict(Exception):
    """The profile was changed elsewhere since the form was opened."""

    def __init__(self, profile: Profile) -> None:
        super().__init__("changed meanwhile")
        self.profile = profile


def profile_of(user: User) -> Profile:
    """The profile of a person; an empty one that is not saved where they have none."""
    return Profile.objects.filter(user=user).first() or Profile(user=user)


@transaction.atomic
def save(*, by: User, seen: str, values: dict[str, Any]) -> list[str]:
    """Save the person's own profile; the names of the fields that changed. Raises ProfileConflict; saving what is stored changes nothing."""
    # Two tabs at once, also where there is no row yet; who gives the person a role meanwhile may point to their row.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    profile = profile_of(by)
    changed = [name for name in FIELDS if getattr(profile, name) != values[name]]
    if not changed:
        return []
    if profile.version != seen:
        raise ProfileConflict(profile)
    for name in changed:
        setattr(profile, name, values[name])
    profile.changed_at = timezone.now()
    profile.save()
    record("profile.edit", by=by, subject=f"person/{by.handle}", fields=changed, audience=profile.audience)
    return changed
