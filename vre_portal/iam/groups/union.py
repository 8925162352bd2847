"""Groups that come from several identities: which count, which no longer do, and which of them services see."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, services


@dataclass(frozen=True)
class GroupSource:
    """What one identity adds to a person's groups."""

    identity: Identity
    title: str  # of its IAM
    in_use: bool
    only_here: tuple[str, ...]  # groups that no other identity holds: what is lost with it

    @property
    def counts(self) -> bool:
        return self.in_use or self.identity.counts


def parts(user: User) -> list[GroupSource]:
    """The identities of a person, in the order in which they were linked."""
    titles = {iam.url: iam.title for iam in services(ServiceKind.IAM)}
    found = list(user.identities.all())
    made = []
    for item in found:
        others = {group for other in found if other.pk != item.pk for group in other.groups}
        only = tuple(group for group in item.groups if group not in others)
        made.append(GroupSource(item, titles.get(item.issuer, item.issuer), item.is_of(user), only))
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
    return _(
        "You signed in with %(iam)s. Your groups from %(others)s count in this portal, but services such as the Data Lake see only those of "
        "%(iam)s. If a service refuses access, sign in with %(others)s."
    ) % {"iam": used.title, "others": get_text_list([part.title for part in others], _("and"))}


def not_counted(user: User) -> str:
    """Which groups do not count any more, and what helps. Empty where all do."""
    lost = [part for part in parts(user) if not part.counts and part.only_here]
    if not lost:
        return ""
    names = get_text_list([part.title for part in lost], _("and"))
    return _("Your groups from %(iams)s were not confirmed recently and do not count. Sign in with %(iams)s to use them.") % {"iams": names}
