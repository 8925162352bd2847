"""Who may see which scopes of a lake in what the portal keeps about it: one rule for pages, counts, facets and completions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from django.utils.translation import gettext as _

from datalake.rucio.types import ListingPage
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.recent.models import RecentItem
from vre_portal.services import Service, ServiceKind, services


def is_public(lake: Service, scope: str) -> bool:
    """Whether anybody may see names and metadata of this scope, signed in or not."""
    return _matches_any(lake.options.get("public_scopes") or (), scope) and not is_restricted(lake, scope)


@dataclass(frozen=True)
class Visitor:
    """A reader: a visitor without an account, or somebody with an account at the lake and the groups of their identity."""

    has_account: bool = False
    groups: frozenset[str] = field(default_factory=frozenset)


def may_see(lake: Service, scope: str, visitor: Visitor) -> bool:
    """Rucio lets every account read all scopes; a lake that does not names them in `restricted_scopes`, with the groups that may."""
    if is_public(lake, scope):
        return True
    if not visitor.has_account:
        return False
    return all(visitor.groups & groups for groups in required_groups(lake, scope))


class Restricted(RemoteRefused):
    """The scope is not open to this person; what is behind it was not looked at, so that the answer tells nothing about it."""

    def __init__(self, lake: Service, scope: str) -> None:
        super().__init__(_("These data are restricted."), service=lake, status=403 if is_announced(lake, scope) else 404)
        self.scope = scope


def require_scope_access(lake: Service, scope: str, groups: Iterable[str]) -> None:
    """Raise Restricted unless somebody with these groups, and an account at the lake, may see the scope."""
    if not may_see(lake, scope, Visitor(has_account=True, groups=frozenset(groups))):
        raise Restricted(lake, scope)


def filter_visible[T](lake: Service, value: T, visitor: Visitor) -> T:
    """The same without rows in scopes that the visitor may not see; raises Restricted where the value is one thing in such a scope."""
    if isinstance(value, ListingPage):
        return replace(value, rows=tuple(filter_visible(lake, list(value.rows), visitor)))
    rows = value if isinstance(value, list) else [value]
    closed = {scope for scope in {scope_of(item) for item in rows} if scope and not may_see(lake, scope, visitor)}
    if not closed:
        return value
    if not isinstance(value, list):
        raise Restricted(lake, closed.pop())
    return [item for item in value if scope_of(item) not in closed]  # type: ignore[return-value]


def scope_of(item: object) -> str:
    """What the lake tells of a DID, a copy, a rule or a lock names its scope; all else has none."""
    return str(getattr(item, "scope", ""))


def is_announced(lake: Service, scope: str) -> bool:
    """Whether the lake's option `access` tells people of a restricted scope, so that they can ask for it."""
    return any(entry.get("scope") == scope for entry in lake.options.get("access") or ())


def visible(lake: Service, scopes: Iterable[str], visitor: Visitor) -> list[str]:
    """Those of `scopes` that the visitor may see."""
    return [scope for scope in scopes if may_see(lake, scope, visitor)]


def recent_items(user: User, items: Sequence[RecentItem]) -> list[RecentItem]:
    """Those of the DIDs that a person looked at whose scope is not closed to them by now; those of lakes that are gone are left out."""
    lakes = {lake.name: lake for lake in services(ServiceKind.RUCIO)}
    visitor = Visitor(has_account=True, groups=frozenset(user.groups))
    return [item for item in items if item.service in lakes and may_see(lakes[item.service], item.identifier.partition(":")[0], visitor)]


def _restrictions(lake: Service) -> list[tuple[str, frozenset[str]]]:
    """Patterns and the groups that may see what they name; a plain list names scopes that nobody sees here."""
    options = lake.options.get("restricted_scopes") or ()
    if isinstance(options, Mapping):
        return [(str(pattern), frozenset(groups)) for pattern, groups in options.items()]
    return [(str(pattern), frozenset()) for pattern in options]


def required_groups(lake: Service, scope: str) -> list[frozenset[str]]:
    """For each restriction on the scope the groups of which a reader needs one; none where it is not restricted."""
    return [groups for pattern, groups in _restrictions(lake) if fnmatchcase(scope, pattern)]


def is_restricted(lake: Service, scope: str) -> bool:
    """Whether only some of those who have an account at the lake may see the scope."""
    return bool(required_groups(lake, scope))


def is_as_closed(lake: Service, scope: str, to: str) -> bool:
    """Whether all who may see `scope` may see `to` as well, so that `scope` tells nobody new of what is in `to`."""
    if is_public(lake, scope) and not is_public(lake, to):
        return False
    own = required_groups(lake, scope)
    return all(any(groups <= needed for groups in own) for needed in required_groups(lake, to))


def _matches_any(patterns: Iterable[str], scope: str) -> bool:
    return any(fnmatchcase(scope, pattern) for pattern in patterns)
