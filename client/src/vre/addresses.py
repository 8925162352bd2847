"""Web addresses: which are safe to send a token to, and which belong together."""

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from vre.errors import NotPossible, PortalUnavailable

PORTS = {"http": 80, "https": 443}
NO_PROXY = {"http": "", "https": ""}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; raises NotPossible where it is no web address, or one that programs read in different ways."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    except ValueError:
        scheme, host, port = "", "", None
    if scheme not in PORTS or not host or not has_plain_letters(url) or not is_plain_host(parts.netloc):
        shown = url.rpartition("@")[2]  # without a password
        raise NotPossible(
            f"{shown!a:.200} is not a web address.", "Use an address such as https://portal.example.org, without a user name."
        )
    return scheme, host, PORTS[scheme] if port is None else port


def has_plain_letters(url: str) -> bool:
    """Whether no letter is dropped by one program and read by another: blanks, control characters, and the backslash."""
    return url.isprintable() and " " not in url and "\\" not in url


def is_plain_host(netloc: str) -> bool:
    """Whether it is a host with its port alone; letters beyond ASCII would be rewritten on the way, so they are written as xn--…"""
    return netloc.isascii() and "@" not in netloc and "%" not in netloc


def joined(base: str, target: str) -> str:
    """An address that the portal leads to from another one; raises PortalUnavailable where it is none."""
    try:
        if has_plain_letters(target):  # before it is joined, which drops some of the others
            found = urljoin(base, target)
            origin(found)
            return found
    except (ValueError, NotPossible):
        pass
    raise PortalUnavailable("The portal named an address that is not valid.", "Tell the portal's operators.")


def path_of(url: str) -> str:
    """Path and query of an address, wherever it is: a portal may call itself otherwise than it is reached from here."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url  # which leads nowhere
    return parts._replace(scheme="", netloc="", fragment="").geturl() if has_plain_letters(url) else url


def proxies_for(url: str) -> dict[str, str]:
    """What requests is told about proxies: those of the environment, but none to this machine, for it would read what is not encrypted."""
    return dict(NO_PROXY) if is_loopback(origin(url)[1]) else {}


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
    if parts.query or parts.fragment:
        raise NotPossible("The address of a portal has no query or fragment.", "Use an address such as https://portal.example.org")
    return url.rstrip("/")
