"""Web addresses: which are safe to send a token to, and which belong together."""

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from vre.errors import NotPossible

PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; raises NotPossible where it is no web address."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    except ValueError:
        scheme, host, port = "", "", None
    if scheme not in PORTS or not host:
        raise NotPossible(f"{url!a:.200} is not a web address.", "Use an address that begins with https://")
    return scheme, host, PORTS[scheme] if port is None else port


def joined(base: str, target: str) -> str:
    """An address that another one leads to; raises NotPossible where it is none."""
    try:
        found = urljoin(base, target)
    except ValueError:
        found = ""
    origin(found)
    return found


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, so that nobody listens between."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Whether a secret may be sent there: over TLS, or inside this machine."""
    scheme, host, _ = origin(url)
    return scheme == "https" or is_loopback(host)


def require_private(url: str) -> str:
    """The same address; raises NotPossible where a token sent there could be read on the way."""
    if not is_private(url):
        raise NotPossible(f"{url!a:.200} is not encrypted, so no token is sent there.", "Use an address that begins with https://")
    return url


def checked_portal_url(url: str) -> str:
    """The portal's address without what does not belong to it; raises NotPossible for one that is unsafe."""
    require_private(url)
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise NotPossible("The address of a portal has no user, query or fragment.", "Use an address such as https://portal.example.org")
    return url.rstrip("/")
