"""The identity service: its addresses, and tokens for the portal's own audience."""

import time
from dataclasses import dataclass
from typing import Any

from vre import settings
from vre.addresses import proxies_for, require_private
from vre.answers import bounded_body, number_of, parse_object, text_of
from vre.display import visible
from vre.errors import PortalUnavailable, VreError

TIMEOUT = (10, 30)  # seconds to connect, and for an answer
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_LIFE = 3600  # of an access token whose answer does not say
MAX_LIFE = 7 * 24 * 3600
OPERATORS = "Tell the portal's operators."


class Refused(VreError):
    """The identity service says no; `code` is the error's name in OAuth."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"The identity service refused: {visible(description or code)}.", "Try again. If it stays so, sign in again.")
        self.code = code


@dataclass(frozen=True)
class Client:
    """What is needed to ask for tokens; all of it is public."""

    client_id: str
    audience: str
    scopes: str
    token_endpoint: str
    device_endpoint: str
    revocation_endpoint: str

    @classmethod
    def read(cls, found: Any) -> "Client | None":
        """A client from a dictionary of texts; None where it is none."""
        if not isinstance(found, dict) or not text_of(found.get("token_endpoint")):
            return None
        return cls(**{name: text_of(found.get(name)) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Tokens:
    """What the identity service hands out, with the end of the access token in seconds since 1970."""

    access_token: str
    refresh_token: str
    expires_at: float


def find_client(login: dict[str, Any]) -> Client:
    """What the portal says about signing in, completed by its issuer's own document; raises PortalUnavailable for anything doubtful."""
    issuer, client_id = text_of(login.get("issuer")), text_of(login.get("device_client_id"))
    if not issuer or not client_id:
        raise PortalUnavailable("This portal does not offer a sign-in by code.", "Make a personal token in your account and set VRE_TOKEN.")
    scopes = login.get("scopes")
    words = scopes.split() if isinstance(scopes, str) else [word for word in scopes or [] if isinstance(word, str)]
    document = _json("GET", f"{require_private(issuer).rstrip('/')}/.well-known/openid-configuration")
    if text_of(document.get("issuer")).rstrip("/") != issuer.rstrip("/"):
        raise PortalUnavailable("The identity service calls itself otherwise than the portal does.", OPERATORS)
    token, device = text_of(document.get("token_endpoint")), text_of(document.get("device_authorization_endpoint"))
    if not token or not device:
        raise PortalUnavailable("The identity service does not offer a sign-in by code.", "Set VRE_TOKEN to a personal token.")
    revocation = text_of(document.get("revocation_endpoint"))
    for url in filter(None, (token, device, revocation)):
        require_private(url)
    wanted = " ".join(dict.fromkeys([*(words or ["openid", "profile"]), "offline_access"]))
    return Client(client_id, text_of(login.get("audience")), wanted, token, device, revocation)


def refresh(client: Client, refresh_token: str) -> Tokens:
    """New tokens; the refresh token may be new, too. Raises Refused where the old one is not accepted any more."""
    return ask_tokens(client, {"grant_type": "refresh_token", "refresh_token": refresh_token}, refresh_token)


def revoke(client: Client, refresh_token: str) -> None:
    """Make a login useless; raises Refused or PortalUnavailable."""
    if client.revocation_endpoint and refresh_token:
        form = {"client_id": client.client_id, "token": refresh_token, "token_type_hint": "refresh_token"}
        _json("POST", require_private(client.revocation_endpoint), form)


def ask_tokens(client: Client, form: dict[str, str], refresh_token: str = "") -> Tokens:
    """One call of the token endpoint, for the portal's audience."""
    audience = {"audience": client.audience} if client.audience else {}
    found = _json("POST", require_private(client.token_endpoint), {"client_id": client.client_id, **audience, **form})
    access = text_of(found.get("access_token"))
    if not access:
        raise PortalUnavailable("The identity service answered without a token.", OPERATORS)
    life = min(number_of(found.get("expires_in")) or DEFAULT_LIFE, MAX_LIFE)
    return Tokens(access, text_of(found.get("refresh_token")) or refresh_token, time.time() + life)


def ask_device_code(client: Client) -> dict[str, Any]:
    """The answer of the device endpoint (RFC 8628, 3.2)."""
    audience = {"audience": client.audience} if client.audience else {}
    return _json("POST", require_private(client.device_endpoint), {"client_id": client.client_id, "scope": client.scopes, **audience})


def _json(method: str, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """The object that the identity service answers with, without following redirects."""
    import requests

    try:
        with requests.request(
            method, url, data=form, timeout=TIMEOUT, allow_redirects=False, stream=True, verify=settings.ca_bundle() or True,
            auth=lambda request: request, headers={"Accept": "application/json"}, proxies=proxies_for(url),
        ) as reply:  # fmt: skip
            found, status = parse_object(bounded_body(reply)), reply.status_code
    except requests.RequestException as error:
        raise PortalUnavailable(f"The identity service does not answer ({type(error).__name__}).", "Try again in a minute.") from error
    if status in (400, 401, 403) and found and text_of(found.get("error")):
        raise Refused(text_of(found["error"]), text_of(found.get("error_description")))
    if status != 200 or (found is None and method == "GET"):
        raise PortalUnavailable(f"The identity service answered with status {status}.", "Try again in a minute.")
    return found or {}
