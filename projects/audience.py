"""Who may see what comes of data in a Data Lake: derived things have the audience of the scopes that they come from.

A run, a result, a bound dataset each has origins: the scopes of the data that it comes from. Whether a scope is restricted, to whom, and
who owns it is asked of services.toml each time, for that may change either way.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser

from datalake.access import restrictions
from datalake.index import visitors
from datalake.reads import scopes
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, service


class Origin(NamedTuple):
    """The scope of data that something comes from."""

    lake: str  # its name in services.toml
    scope: str

    @classmethod
    def of_did(cls, lake: str, did: str) -> "Origin":
        """The origin that "scope:name" names."""
        return cls(lake, did.partition(":")[0])

    @property
    def service(self) -> Service | None:
        """The lake; None where services.toml does not name it any more."""
        try:
            return service(ServiceKind.RUCIO, self.lake)
        except UnknownService:
            return None


def is_restricted(origin: Origin) -> bool:
    """Whether only some people may see the scope; yes where the lake is not configured, for then nobody knows."""
    lake = origin.service
    return lake is None or scopes.is_restricted(lake, origin.scope)


def is_public(origin: Origin) -> bool:
    """Whether everybody may see the scope, signed in or not."""
    lake = origin.service
    return lake is not None and scopes.is_public(lake, origin.scope)


def is_announced(origin: Origin) -> bool:
    """Whether people are told of the restricted scope, so that they can ask for access."""
    lake = origin.service
    return lake is not None and scopes.is_announced(lake, origin.scope)


def restricted(origins: Iterable[Origin]) -> list[Origin]:
    """Those of the origins that only some people may see, in order and once each."""
    return sorted(origin for origin in set(origins) if is_restricted(origin))


def can_read(user: User | AnonymousUser, origin: Origin) -> bool:
    """Whether no restriction keeps somebody from the scope; it does not say whether the person has an account at the lake."""
    if not is_restricted(origin):
        return True
    lake = origin.service
    if lake is None or not isinstance(user, User) or not user.is_active:
        return False
    return scopes.may_see(lake, origin.scope, scopes.Visitor(has_account=True, groups=frozenset(user.groups)))


def can_read_all(user: User | AnonymousUser, origins: Iterable[Origin]) -> bool:
    """Whether no restriction keeps somebody from any of the scopes."""
    return all(can_read(user, origin) for origin in origins)


def can_see(user: User | AnonymousUser, origin: Origin, *, is_member: Callable[[], bool]) -> bool:
    """The one rule of who sees a reference to data of a scope in a project, its name included.

    No restriction keeps the person from the scope, and the scope is public, or the person belongs to the project or has an account at the
    lake. Members are never asked about their account: the lake may be down.
    """
    return can_read(user, origin) and (is_public(origin) or is_member() or visitors.has_account(user, origin.lake))


def can_see_facts(user: User | AnonymousUser, origin: Origin) -> bool:
    """Whether the person may know what the lake says of data of the scope, such as sizes: a project must not be a way round its accounts."""
    return can_read(user, origin) and (is_public(origin) or visitors.was_known(user, origin.lake))


def is_owner(user: User | AnonymousUser, origin: Origin) -> bool:
    """Whether somebody decides about a restricted scope: the `owners` of its entry under `access`. Nobody does without one."""
    entry = restrictions.of_row(*origin)
    return entry is not None and isinstance(user, User) and user.is_active and entry.decided_by(user)


def owns_all(user: User | AnonymousUser, origins: Iterable[Origin]) -> bool:
    """Whether somebody decides about each restricted one of the scopes; yes where none is restricted."""
    return all(is_owner(user, origin) for origin in restricted(origins))


def title_of(origin: Origin) -> str:
    """The scope with the title that it is announced under."""
    entry = restrictions.of_row(*origin)
    return f"{origin.scope} ({entry.title})" if entry is not None and entry.title else origin.scope


def reaches_others(target: Origin, origins: Iterable[Origin]) -> list[Origin]:
    """Those of the origins that somebody who reads the target scope may not read: what comes of them is not put there."""
    return [origin for origin in restricted(origins) if not _implies(target, origin)]


def _implies(target: Origin, origin: Origin) -> bool:
    """Whether everybody who may read the target may read the origin: each condition on the origin follows from one on the target."""
    if target == origin:
        return True
    there, here = target.service, origin.service
    if there is None or here is None:
        return False
    conditions = scopes.required_groups(there, target.scope)
    return all(any(groups <= wanted for groups in conditions) for wanted in scopes.required_groups(here, origin.scope))
