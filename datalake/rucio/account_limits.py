"""What administrators of a lake change for others: account limits and scopes. Each call can be repeated after a lost answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from datalake.rucio.client import LakeClient, ignore_codes, open_client
from datalake.rucio.dids import list_scopes
from datalake.rucio.quota import parse_limit
from datalake.rucio.replica_check import is_lake_up
from datalake.rucio.rses import list_matching_rses
from datalake.rucio.validation import validate_text, validate_token
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

MAX_BYTES = 2**63 - 1  # that Rucio's column holds
MAX_EXPRESSION_CHARS = 255
NOT_CHECKED = "NotChecked"  # the code of a refusal in which Rucio fails instead of saying no


@dataclass(frozen=True)
class LimitChange:
    """A limit of an account, before and after."""

    place: str  # a storage element, or an RSE expression
    before: int | None  # None: without bounds
    after: int | None
    is_global: bool = False

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def find_accounts(lake: Service, token: str, identities: Sequence[tuple[str, str]]) -> list[str]:
    """The accounts of somebody who is known to IAMs by these pairs of issuer and subject."""
    found: set[str] = set()
    with open_client(lake, token) as client:
        for issuer, subject in identities:
            rows = next(
                client.fetch("identities/accounts", identity_key=f"SUB={subject}, ISS={issuer}", type="OIDC")
            )  # untranslated: a key
            found.update(str(name) for name in rows)
    return sorted(found)


def raise_account_limit(lake: Service, token: str, account: str, place: str, limit: int) -> LimitChange:
    """Let an account keep so many bytes at a storage element, or at all together that an expression describes.

    A limit that is as high already is left as it is, so that repeating never undoes what others have raised meanwhile.
    """
    validate_token(lake, account)
    validate_text(lake, _("RSE expression"), place, max_chars=MAX_EXPRESSION_CHARS)
    if not 0 < limit <= MAX_BYTES:
        raise RemoteRefused(_("An account limit must be between 1 byte and 9.2 EB."), service=lake, status=400)
    is_global = not _is_rse(lake, token, place)
    # Rucio stores an expression that describes nothing, and then answers no more questions about the account's limits.
    if is_global and not list_matching_rses(lake, token, place):
        words = _("%(place)s is no storage element, and no RSE expression that describes one.")
        raise RemoteRefused(words % {"place": place}, service=lake, status=400, code="InvalidRSEExpression")
    with open_client(lake, token) as client:
        before = _limit(client, account, place, is_global=is_global)
        if before is None or before >= limit:
            return LimitChange(place, before, before, is_global)
    try:
        with open_client(lake, token) as client:
            (client.set_global_account_limit if is_global else client.set_local_account_limit)(account, place, limit)
    except RemoteUnavailable:
        if not is_global or not is_lake_up(lake):
            raise
        # Rucio's generic policy looks for a key that is not there when it asks whether somebody may do this, and answers 500.
        words = _("%(service)s could not check whether your account may set limits for RSE expressions.")
        raise RemoteRefused(words % {"service": lake.title}, service=lake, status=403, code=NOT_CHECKED) from None
    return LimitChange(place, before, limit, is_global)


def add_scope(lake: Service, token: str, account: str, scope: str) -> bool:
    """Give an account a new scope; False where it has the scope already. Raises RemoteRefused where somebody else has it."""
    validate_token(lake, account, scope)
    with ignore_codes("Duplicate"), open_client(lake, token) as client:
        client.add_scope(account, scope)
        return True
    owner = next((item.account for item in list_scopes(lake, token) if item.name == scope), "")
    if owner != account:
        raise RemoteRefused(_("The scope %(scope)s exists already.") % {"scope": scope}, service=lake, status=409, code="Duplicate")
    return False


def _is_rse(lake: Service, token: str, place: str) -> bool:
    """Whether this is the name of one storage element; all else is an expression."""
    try:
        validate_token(lake, place)
        with open_client(lake, token) as client:
            client.get_rse(place)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return False
    return True


def _limit(client: LakeClient, account: str, place: str, *, is_global: bool) -> int | None:
    """The limit that the account has there now; 0 where it has none."""
    limits = dict(next(client.fetch(f"accounts/{account}/limits/{'global' if is_global else 'local'}")))
    value = limits.get(place)
    return parse_limit(value.get("limit") if isinstance(value, dict) else value)
