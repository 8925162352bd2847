"""The portal's own account at a Data Lake: for what is kept or shown for everybody, and never in a person's name.

Two sorts of token: `token` asks Rucio, for names and metadata; `bytes_token` opens storages, and only for public scopes. That is decided
here, where the token is handed out, and not on a page.
"""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.reads.scopes import is_public
from vre_portal.http import RemoteRefused
from vre_portal.iam import oidc
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service, ServiceKind, UnknownService, service

SPARE = timedelta(seconds=90)  # a token that ends sooner is not begun with
MAX_HELD = 1000
# (lake, scope of the data or "" for Rucio) -> tokens; in this process only: a token of the portal is written nowhere.
_held: dict[tuple[str, str], Tokens] = {}
_asking: dict[tuple[str, bool], threading.Lock] = {}  # of each lake one for Rucio and one for storages


class NoServiceAccount(RemoteRefused):
    """The portal has no account of its own at this lake."""


class NotPublic(RemoteRefused):
    """The portal's account was to fetch bytes of a scope that is not public."""

    def __init__(self, lake: Service) -> None:
        super().__init__(_("Only public data can be read without an account."), service=lake, status=403, code="NotPublic")


def is_configured(lake: Service) -> bool:
    """Whether services.toml names an account for the portal."""
    return bool(_options(lake).get("client_id"))


def token(lake: Service) -> str:
    """A token of the portal itself for this lake, good for a minute or more; may ask the IAM."""
    return _token(lake, "", lake.audience, str(_options(lake).get("scope", "openid profile")))


def bytes_token(lake: Service, scope: str) -> str:
    """A token of the portal for the storages' files of one public scope; raises NotPublic for any other.

    With the options `storage_audience` and `storage_scope` it opens the paths of this one scope and nothing else; without them it is
    the token for the lake, and the storages decide what the portal's account may read.
    """
    if not is_public(lake, scope):
        raise NotPublic(lake)
    options = _options(lake)
    audience, pattern = str(options.get("storage_audience") or ""), str(options.get("storage_scope") or "")
    if not (audience and pattern):
        return token(lake)
    return _token(lake, scope, audience, pattern.replace("{scope}", quote(scope, safe="")))


def forget(lake: Service) -> None:
    """The lake did not take the token: ask for a new one next time."""
    for key in list(_held):
        if key[0] == lake.name:
            _held.pop(key, None)


def _token(lake: Service, data_scope: str, audience: str, scope: str) -> str:
    """The one at hand, which waits for nobody, or a new one; one thread asks at a time."""
    key = (lake.name, data_scope)
    if held := _at_hand(key):
        return held.access
    with _asking.setdefault((lake.name, bool(data_scope)), threading.Lock()):
        held = _at_hand(key)  # the thread before may have asked for it
        if held is None:
            if len(_held) >= MAX_HELD:  # patterns may make many scopes public
                _held.clear()
            held = _held[key] = _ask(lake, audience, scope)
        return held.access


def _at_hand(key: tuple[str, str]) -> Tokens | None:
    held = _held.get(key)
    return held if held is not None and held.expires_at - SPARE >= timezone.now() else None


def _options(lake: Service) -> dict[str, Any]:
    return dict(lake.options.get("service_account") or {})


def _ask(lake: Service, audience: str, scope: str) -> Tokens:
    options = _options(lake)
    if not options.get("client_id"):
        raise NoServiceAccount(_("The portal has no account at %(service)s.") % {"service": lake.title}, service=lake)
    try:
        iam = service(ServiceKind.IAM, options.get("iam"))
    except UnknownService:
        text = _("The portal's account at %(service)s uses an IAM that is not configured.") % {"service": lake.title}
        raise NoServiceAccount(text, service=lake) from None
    client = replace(iam, options={**iam.options, "client_id": options["client_id"], "client_secret": options["client_secret"]})
    return oidc.by_client(client, audience=audience, scope=scope)
