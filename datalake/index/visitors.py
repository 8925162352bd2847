"""Who uses the index, and which scopes they may see. Rucio says whether they have an account; its answer is kept for a few minutes."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.index.freshness import IndexFreshness
from datalake.index.models import IndexedScope
from datalake.reads import accounts
from datalake.reads.errors import NoAccount
from datalake.reads.reader import PAGE_SECONDS, LakeReader
from datalake.reads.scopes import Visitor, may_see
from vre_portal import deadlines
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.policies import asking as policies
from vre_portal.services import Service, ServiceKind, UnknownService, service

UNANSWERED_SECONDS = 60  # after which a lake that did not answer is asked about the person again: not once for each page


@dataclass(frozen=True)
class IndexAccess:
    """A visitor of a lake, the scopes that they may see, and `trouble`: why they see public scopes only."""

    lake: Service
    visitor: Visitor
    scopes: list[IndexedScope]
    trouble: RemoteError | None = None
    account: str = ""  # the visitor's own at the lake, where it is known

    @cached_property
    def fresh(self) -> IndexFreshness:
        """How old the index is."""
        return IndexFreshness.of(self.lake, self.scopes, lambda name: may_see(self.lake, name, self.visitor))

    @property
    def only_public(self) -> bool:
        return not self.visitor.has_account

    def owner(self, account: str) -> str:
        """The account that owns something; empty for those without an account, who are not shown people."""
        return account if self.visitor.has_account else ""


def access_of(request: HttpRequest, lake: Service) -> IndexAccess:
    """Who asks, and what they may see."""
    user, visitor = request.user, Visitor()
    trouble: RemoteError | None = None
    if isinstance(user, User):
        try:
            policies.require_policies_accepted(request)
        except RemoteError as error:
            trouble = error
        else:
            has_account, trouble = account(user, lake)
            visitor = Visitor(has_account, frozenset(user.groups))
    known = IndexedScope.objects.filter(lake=lake.name, gone=False)
    name = accounts.name_of(user, lake) if isinstance(user, User) and visitor.has_account else ""
    return IndexAccess(lake, visitor, [item for item in known if may_see(lake, item.name, visitor)], trouble, name)


def account(user: User, lake: Service) -> tuple[bool, RemoteError | None]:
    """Whether the lake knows this person; while it is away, what it said within the last day counts."""
    last, has_account = accounts.last_known(user, lake), accounts.recent_answer(user, lake)
    if has_account is not None:
        return has_account, None if has_account else none_yet(lake)
    reader = LakeReader(user, lake, purpose=_("search the Data Lake"))
    if reader.refusal is not None:
        return _last_answer(last, reader.refusal)
    try:
        with deadlines.within(PAGE_SECONDS, lake.kind):
            name = rucio.whoami(lake, reader.token)
    except RemoteError as error:
        error = reader.translate_error(error)
        if isinstance(error, NoAccount):
            accounts.store(user, lake, has_account=False)
            error = none_yet(lake)
        return _last_answer(last, error)
    accounts.store(user, lake, has_account=True, name=name)
    return True, None


def has_account(user: User | AnonymousUser, name: str) -> bool:
    """Whether the lake of this name knows the person, as it said within the last minutes; asks it where that is not known.

    While it cannot be asked, what it said within the last day counts, and no where it said nothing.
    """
    if not isinstance(user, User) or not user.is_active:
        return False
    try:
        lake = service(ServiceKind.RUCIO, name)
    except UnknownService:
        return False
    key = f"lake-unanswered-{user.pk}-{lake.name}"
    if accounts.recent_answer(user, lake) is None and cache.get(key):
        last = accounts.last_known(user, lake)
        return last is not None and last[1]
    is_known, trouble = account(user, lake)
    if isinstance(trouble, RemoteUnavailable):
        cache.set(key, True, UNANSWERED_SECONDS)
    return is_known


def was_known(user: User | AnonymousUser, name: str) -> bool:
    """Whether the lake said within the last day that it knows the person; it is not asked."""
    if not isinstance(user, User) or not user.is_active:
        return False
    try:
        last = accounts.last_known(user, service(ServiceKind.RUCIO, name))
    except UnknownService:
        return False
    return last is not None and last[1]


def has_answered(user: User | AnonymousUser, name: str) -> bool:
    """Whether the lake of this name said within the last day if it knows the person; it is not asked."""
    if not isinstance(user, User):
        return True
    try:
        return accounts.last_known(user, service(ServiceKind.RUCIO, name)) is not None
    except UnknownService:
        return True


def needs_account(user: User | AnonymousUser, name: str, scope: str) -> bool:
    """Whether the person may see a scope of the lake of this name if they have an account there, and not otherwise."""
    if not isinstance(user, User) or not user.is_active:
        return False
    try:
        lake = service(ServiceKind.RUCIO, name)
    except UnknownService:
        return False
    return may_see(lake, scope, Visitor(True, frozenset(user.groups))) and not may_see(lake, scope, Visitor())


def none_yet(lake: Service) -> NoAccount:
    """The error for somebody without an account at the lake."""
    text = _(
        "You don't have an account at %(lake)s yet. One is created automatically, within a minute, once you join an experiment's group."
    )
    return NoAccount(text % {"lake": lake.title}, service=lake, status=401, code="NoAccount")


def _last_answer(last: tuple[object, object] | None, error: RemoteError) -> tuple[bool, RemoteError]:
    return bool(last and last[1]) and isinstance(error, RemoteUnavailable), error
