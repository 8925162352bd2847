"""Who looks at the index: whether they have an account at the lake is the lake's to say, and is believed for a few minutes."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest

from datalake import accounts, rucio
from datalake.index.freshness import Freshness
from datalake.index.models import Scope
from datalake.reading import PAGE_SECONDS, NoAccount, Reading
from datalake.scopes import Visitor, may_see
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.policies import asking as policies
from vre_portal.services import Service


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
    user, visitor = request.user, Visitor()
    trouble: RemoteError | None = None
    if isinstance(user, User):
        try:
            policies.demand(request)
        except RemoteError as error:
            trouble = error
        else:
            has_account, trouble = account(user, lake)
            visitor = Visitor(has_account, frozenset(user.groups))
    known = Scope.objects.filter(lake=lake.name, gone=False)
    return Looking(lake, visitor, [item for item in known if may_see(lake, item.name, visitor)], trouble)


def account(user: User, lake: Service) -> tuple[bool, RemoteError | None]:
    """Whether the lake knows this person; while it is away, what it said within the last day counts."""
    known, believed = accounts.last_known(user, lake), accounts.believed(user, lake)
    if believed is not None:
        return believed, None if believed else none_yet(lake)
    reading = Reading(user, lake, purpose="search the Data Lake")
    if reading.refusal is not None:
        return _remembered(known, reading.refusal)
    try:
        with deadlines.within(PAGE_SECONDS, lake.kind):
            rucio.whoami(lake, reading.token)
    except RemoteError as error:
        error = reading.named(error)
        if isinstance(error, NoAccount):
            accounts.note(user, lake, has_account=False)
            error = none_yet(lake)
        return _remembered(known, error)
    accounts.note(user, lake, has_account=True)
    return True, None


def none_yet(lake: Service) -> NoAccount:
    """What somebody is told whom the lake does not know."""
    return NoAccount(
        f"{lake.title} has no account for you yet. Accounts follow the groups of your identity.", service=lake, status=401, code="NoAccount"
    )


def _remembered(known: tuple[object, object] | None, error: RemoteError) -> tuple[bool, RemoteError]:
    return bool(known and known[1]) and isinstance(error, RemoteUnavailable), error
