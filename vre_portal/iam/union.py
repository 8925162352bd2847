"""What people are told of groups that come from several identities: which count, which not any more, and what services see."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, services


@dataclass(frozen=True)
class Part:
    """What one identity adds to a person's groups."""

    identity: Identity
    title: str  # of its IAM
    in_use: bool
    only_here: tuple[str, ...]  # groups that no other identity holds: what is lost with it

    @property
    def counts(self) -> bool:
        return self.in_use or self.identity.counts


def parts(user: User) -> list[Part]:
    """The identities of a person, in the order in which they were linked."""
    titles = {iam.url: iam.title for iam in services(ServiceKind.IAM)}
    found = list(user.identities.all())
    made = []
    for item in found:
        others = {group for other in found if other.pk != item.pk for group in other.groups}
        only = tuple(group for group in item.groups if group not in others)
        made.append(Part(item, titles.get(item.issuer, item.issuer), item.is_of(user), only))
    return made


def at_services(user: User | AnonymousUser) -> str:
    """Why a service may refuse what this portal allows: it sees the groups of one identity alone. Empty where that is no matter."""
    if not isinstance(user, User):
        return ""
    found = parts(user)
    used = next((part for part in found if part.in_use), None)
    others = [part for part in found if not part.in_use and part.counts and part.only_here]
    if used is None or not others:
        return ""
    names = " and ".join(part.title for part in others)
    return (
        f"You signed in with {used.title}. Your groups from {names} count in this portal, but services such as the Data Lake see only "
        f"those of {used.title}. If a service refuses, sign in with {names}."
    )


def not_counted(user: User) -> str:
    """Which groups do not count any more, and what helps. Empty where all do."""
    lost = [part for part in parts(user) if not part.counts and part.only_here]
    names = " and ".join(part.title for part in lost)
    return f"Your groups from {names} were not confirmed lately and do not count now: sign in with {names} to use them." if lost else ""
