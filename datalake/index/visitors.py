"""Who looks at the index: whether they have an account at the lake is the lake's to say, and is believed for a few minutes."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.utils import timezone

from datalake import rucio
from datalake.index.freshness import Freshness
from datalake.index.models import Scope
from datalake.memory import recall, remember
from datalake.reading import PAGE_SECONDS, NoAccount, Reading
from datalake.scopes import Visitor, may_see
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.services import Service

BELIEVED = 300.0


@dataclass(frozen=True)
class Looking:
    """A visitor at a lake, the scopes that they may see, and why not all if something is in the way."""

    lake: Service
    visitor: Visitor
    scopes: list[Scope]
    trouble: RemoteError | None = None

    @cached_property
    def fresh(self) -> Freshness:
        """How old the index is."""
        return Freshness.of(self.lake, self.scopes, lambda name: may_see(self.lake, name, self.visitor))

    @property
    def only_public(self) -> bool:
        return not self.visitor.has_account


def looking(request: HttpRequest, lake: Service) -> Looking:
    """Who asks, and what they may see."""
    user, visitor, trouble = request.user, Visitor(), None
    if isinstance(user, User):
        has_account, trouble = account(user, lake)
        visitor = Visitor(has_account, frozenset(user.groups))
    known = Scope.objects.filter(lake=lake.name, gone=False)
    return Looking(lake, visitor, [item for item in known if may_see(lake, item.name, visitor)], trouble)


def account(user: User, lake: Service) -> tuple[bool, RemoteError | None]:
    """Whether the lake knows this person; while it is away, what it said within the last day counts."""
    key = f"datalake:account:{user.pk}:{lake.name}"
    known = recall(key)
    if known is not None and (timezone.now() - known[0]).total_seconds() < BELIEVED:
        return bool(known[1]), None if known[1] else none_yet(lake)
    reading = Reading(user, lake, purpose="search the Data Lake")
    if reading.refusal is not None:
        return _remembered(known, reading.refusal)
    try:
        with deadlines.within(PAGE_SECONDS, lake.kind):
            rucio.whoami(lake, reading.token)
    except RemoteError as error:
        error = reading.named(error)
        if isinstance(error, NoAccount):
            remember(key, False)
            error = none_yet(lake)
        return _remembered(known, error)
    remember(key, True)
    return True, None


def none_yet(lake: Service) -> NoAccount:
    """What somebody is told whom the lake does not know."""
    return NoAccount(
        f"{lake.title} has no account for you yet. Accounts follow the groups of your identity.", service=lake, status=401, code="NoAccount"
    )


def _remembered(known: tuple[object, object] | None, error: RemoteError) -> tuple[bool, RemoteError]:
    return bool(known and known[1]) and isinstance(error, RemoteUnavailable), error
