"""The account with which a page reads its lake: the person's, or for public scopes the portal's."""

import time
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from datalake import rucio
from datalake.pages import nearest
from datalake.reads import accounts, public_reader
from datalake.reads.errors import Damaged, NoAccount
from datalake.reads.reader import PAGE_SECONDS, LakeReader
from datalake.rucio.content import StorageUnavailable
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.policies import asking as policies
from vre_portal.services import Service, ServiceKind

SECOND_TRY_SECONDS = 0.6  # for public data, where the IAM took all of the page's time


def reader_for(request: HttpRequest, lake: Service, purpose: str) -> LakeReader:
    """The reader of this request's page, in the name of who signed in; raises PoliciesFirst."""
    policies.require_policies_accepted(request)
    reader = LakeReader(request.user, lake, purpose=purpose[:200])  # type: ignore[arg-type]
    request.lake_reader = reader  # type: ignore[attr-defined]
    return reader


def public_reader_for(
    request: HttpRequest, lake: Service, *, is_cached: bool, instead_of: RemoteError | None = None, seconds: float = PAGE_SECONDS
) -> LakeReader:
    """The reader of a page for everybody, in the portal's name."""
    reader = public_reader.PublicReader(lake, seconds=seconds, is_cached=is_cached, instead_of=instead_of)
    request.lake_reader = reader  # type: ignore[attr-defined]
    return reader


def open_page(
    request: HttpRequest,
    lake: Service,
    scope: str,
    purpose: str,
    answer: Callable[[LakeReader], HttpResponseBase],
    *,
    is_cached: bool = True,
) -> HttpResponseBase:
    """What `answer` makes of the reader who may: the person, and of a public scope everybody.

    Signing in takes nothing away: where the lake does not answer the person (no account, a sign-in that ran out, an IAM that is away, a
    refusal), public data are read for them as for a visitor, and the page says why. Where that fails, too, they get what they saw before, or the
    person's own trouble is raised.
    """
    if not request.user.is_authenticated:
        return answer_to_visitor(request, lake, scope, answer, is_cached=is_cached)
    if not public_reader.is_open(lake, scope):
        return answer(reader_for(request, lake, purpose))
    begin = time.monotonic()
    remembered: HttpResponseBase | None = None
    try:
        reader = reader_for(request, lake, purpose)
        if reader.refusal is not None:
            raise reader.refusal
        remembered = answer(reader)
        if reader.error is None or not is_about_person(reader.error):
            return remembered
        trouble = reader.error
    except RemoteError as error:
        if getattr(error, "status", None) == 404 or isinstance(error, Damaged | StorageUnavailable):
            raise
        trouble = error
    if remembered is None:
        note_account(request, lake, trouble)
    try:
        return answer(public_reader_for(request, lake, is_cached=is_cached, instead_of=trouble, seconds=seconds_left(begin, trouble)))
    except RemoteError:
        if remembered is None:
            raise trouble from None
    request.lake_reader = reader  # type: ignore[attr-defined] # nobody is answered now: what this person saw before is the best there is
    return remembered


def is_about_person(error: RemoteError) -> bool:
    """Whether an error is about the person (IAM, account, sign-in) and not about the lake."""
    is_of_iam = error.service is not None and error.service.kind is ServiceKind.IAM
    return is_of_iam or isinstance(error, NoAccount | SignInAgain)


def seconds_left(begin: float, trouble: RemoteError) -> float:
    """How long a page that began then may ask once more: not at all where the lake itself did not answer (what is remembered is read all the same)."""
    left = PAGE_SECONDS - (time.monotonic() - begin)
    return max(left, SECOND_TRY_SECONDS if is_about_person(trouble) else 0.0)


def answer_to_visitor(
    request: HttpRequest, lake: Service, scope: str, answer: Callable[[LakeReader], HttpResponseBase], *, is_cached: bool
) -> HttpResponseBase:
    """The same for a visitor: what is not public leads to the sign-in, whether it exists or not."""
    if not public_reader.is_open(lake, scope):
        return redirect_to_login(request.get_full_path())
    try:
        return answer(public_reader_for(request, lake, is_cached=is_cached))
    except RemoteRefused as error:
        if error.status != 404:
            raise
    return redirect_to_login(request.get_full_path())


def note_account(request: HttpRequest, lake: Service, trouble: RemoteError) -> None:
    """Store for the lake's other pages that this person has no account."""
    if isinstance(trouble, NoAccount) and isinstance(request.user, User):
        accounts.store(request.user, lake, has_account=False)


def distances(request: HttpRequest, reader: LakeReader) -> Callable[[], nearest.Distances]:
    """How far each storage element is from where the person said to be; Rucio is asked for places only if they did."""
    near = nearest.chosen_site(request)
    sites = reader.fetch_optional(rucio.list_rses, details=False) if near else None
    return lambda: nearest.distances(sites.result.value or (), near) if sites else nearest.UNASKED
