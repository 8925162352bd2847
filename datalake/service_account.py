"""The portal's own account at a Data Lake: for what is kept for everybody, and never in a person's name."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from vre_portal.http import RemoteRefused
from vre_portal.iam import oidc
from vre_portal.iam.tokens import Tokens
from vre_portal.services import Service, ServiceKind, UnknownService, service

SPARE = timedelta(seconds=90)  # a token that ends sooner is not begun with
_held: dict[str, Tokens] = {}  # in this process only: a token of the portal is written nowhere
_one_at_a_time = threading.Lock()


class NoServiceAccount(RemoteRefused):
    """The portal has no account of its own at this lake."""


def is_configured(lake: Service) -> bool:
    """Whether services.toml names an account for the portal."""
    return bool(_options(lake).get("client_id"))


def token(lake: Service) -> str:
    """A token of the portal itself for this lake, good for a minute or more; may ask the IAM."""
    with _one_at_a_time:
        held = _held.get(lake.name)
        if held is None or held.expires_at - SPARE < timezone.now():
            held = _held[lake.name] = _ask(lake)
        return held.access


def forget(lake: Service) -> None:
    """The lake did not take the token: ask for a new one next time."""
    with _one_at_a_time:
        _held.pop(lake.name, None)


def _options(lake: Service) -> dict[str, Any]:
    return dict(lake.options.get("service_account") or {})


def _ask(lake: Service) -> Tokens:
    options = _options(lake)
    if not options.get("client_id"):
        raise NoServiceAccount(f"The portal has no account of its own at {lake.title}.", service=lake)
    try:
        iam = service(ServiceKind.IAM, options.get("iam"))
    except UnknownService:
        raise NoServiceAccount(f"The portal's account at {lake.title} names an IAM that is not configured.", service=lake) from None
    client = replace(iam, options={"client_id": options["client_id"], "client_secret": options["client_secret"]})
    return oidc.by_client(client, audience=lake.audience, scope=str(options.get("scope", "openid profile")))
