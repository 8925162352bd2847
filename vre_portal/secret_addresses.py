"""Addresses that hold a secret, such as an invitation's: what is logged of them does not, and none is kept where others would read it."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_SLASH = r"(?:/|%2F)"
_SECRET = re.compile(
    rf"({_SLASH}(?:invitations|plans|basket{_SLASH}shared|notices{_SLASH}feed|activity{_SLASH}feed){_SLASH})[A-Za-z0-9_-]+"
    rf"|({_SLASH}notices{_SLASH}unsubscribe{_SLASH})[A-Za-z0-9_.:-]+",
    re.IGNORECASE,
)
# Names after "?" or "#" whose value opens what the address leads to; "-" is written "_" here. A "page_token" opens nothing.
_NAMES = re.compile(
    r"(?:(?:access|auth|authentication|bearer|deploy|id|job|personal|private|refresh|security|session|share|x_amz_security)_)?token"
    r"|authorization|authz|sig|(?:x_amz_|x_goog_)?signature|(?:x_)?api_?key|(?:client_|shared_)?secret|passw(?:or)?d",
    re.IGNORECASE,
)
_SIGNED_TOKEN = re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{10,}\.eyJ[\w-]{10,}")  # a JSON Web Token, wherever it stands


def masked(text: str) -> str:
    """The text with each secret in an address replaced by dots."""
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}...", text)


def holds_secret(address: str) -> bool:
    """Whether the address carries a token, a signature or a password after its path, or a signed token anywhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    pairs = parse_qsl(f"{parts.query}&{parts.fragment.replace('?', '&')}".replace(";", "&"))
    return any(_NAMES.fullmatch(name.replace("-", "_")) for name, _value in pairs) or bool(_SIGNED_TOKEN.search(unquote(address)))
