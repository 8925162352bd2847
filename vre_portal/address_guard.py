"""The guard for addresses that people give: checked before each request and redirect, and connected to only where the host's own addresses are public.

Runs without Django, too: in the child process that fetches repositories.
"""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Collection
from typing import Any, override
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import connection as urllib3_connection

from vre_portal.portable_gettext import gettext as _

LONGEST_ADDRESS = 500
PORTS = {"https": 443, "http": 80}
REDIRECTS = 3
RESOLVE_SECONDS = 5.0  # for a name; the resolver itself may take half a minute
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_PRINTABLE = re.compile(r"[!-~]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(Exception):
    """The portal does not contact this address; the text says why and is safe to show."""


def check_address(address: str, named: Collection[str] = ()) -> str:
    """The address, where the portal may ask it; raises AddressRefused. `named` are hosts (with their ports) that the operator allows as they are."""
    if len(address) > LONGEST_ADDRESS:
        raise AddressRefused(_("The address has more than %(limit)s characters.") % {"limit": LONGEST_ADDRESS})
    if not _PRINTABLE.fullmatch(address) or "\\" in address:
        raise AddressRefused(_("The address contains spaces or special characters. Copy it again from the browser."))
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused(_("This is not a web address. Enter one that starts with https://.")) from None
    if parts.scheme not in PORTS or not host:
        raise AddressRefused(_("This is not a web address. Enter one that starts with https://."))
    if "@" in parts.netloc:
        raise AddressRefused(_("The address contains a user name or password. Remove it: only public addresses are read."))
    if parts.netloc in named:
        return address
    if parts.scheme != "https":
        raise AddressRefused(_("The address is not encrypted. Use one that starts with https://."))
    if port not in (None, PORTS["https"]):
        raise AddressRefused(_("The address names port %(port)s. Only the usual port of https is allowed.") % {"port": port})
    _check_host(host)
    return address


def _check_host(host: str) -> None:
    """Raise AddressRefused for a name that cannot be a public host; one that can is resolved, and checked again, when it is connected to."""
    if (literal := _literal(host)) is not None:
        if not is_public(literal):
            raise AddressRefused(_private(host))
        return
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
        raise AddressRefused(_("“%(host)s” is not a host name.") % {"host": host[:100]})
    if len(labels) < 2 or labels[-1].lower() in ("localhost", "local", "internal", "localdomain", "home", "lan"):
        raise AddressRefused(_private(host))


def _private(host: str) -> str:
    return _("%(host)s is inside a private network. Only public addresses are allowed.") % {"host": host[:100]}


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the public internet, and so is the IPv4 address that it stands for, if any.

    Those of 6to4 and Teredo are not: whatever address is inside, a relay that nobody vouches for would pass on what is sent there.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local or address.scope_id:
            return False
    special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local or address.is_unspecified
    return address.is_global and not special


def addresses_of(host: str, port: int) -> list[str]:
    """The host's addresses, all of them public; raises AddressRefused where one is not, or there is none."""
    addresses = resolve(host, port)
    if not addresses or not all(is_public(ipaddress.ip_address(item)) for item in addresses):
        raise AddressRefused(_private(host))
    return addresses


def resolve(host: str, port: int) -> list[str]:
    """The host's addresses, whatever they are; raises AddressRefused where it is not found, or not in time.

    In a thread that is left behind where the resolver takes too long: nothing else ends its wait. It ends with the resolver's own limit.
    """
    found: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found.put(None)
        else:
            found.put(list(dict.fromkeys(str(item[4][0]) for item in resolved)))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.get(timeout=RESOLVE_SECONDS)
    except queue.Empty:
        sentence = _("%(host)s could not be looked up within %(seconds)s s. Try again later.")
        raise AddressRefused(sentence % {"host": host[:100], "seconds": f"{RESOLVE_SECONDS:g}"}) from None
    if addresses is None:
        raise AddressRefused(_("%(host)s was not found. Check the address.") % {"host": host[:100]})
    return addresses


def guarded_pool(
    named: Collection[str] = (),
    *,
    timeout: urllib3.Timeout | None = None,
    max_addresses: int | None = None,
    connected: Callable[[socket.socket], None] | None = None,
) -> urllib3.PoolManager:
    """Connections for addresses that people gave: each request and redirect is checked, and the address that was checked is the one connected to.

    At most `max_addresses` of a host are tried. `connected` gets each connection before anything is sent through it.
    """

    def opened(self: HTTPConnection, address: str) -> socket.socket:
        sock = urllib3_connection.create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
        if connected is not None:
            connected(sock)
        return sock

    def connect(self: HTTPConnection) -> socket.socket:
        # Resolved once: a name that has another address a moment later changes nothing.
        host = self._dns_host
        is_named = bool({f"{host}:{self.port}", f"[{host}]:{self.port}", host} & set(named))
        addresses = resolve(host, self.port) if is_named else addresses_of(host, self.port)
        for last, address in _with_last(addresses[:max_addresses]):
            try:
                return opened(self, address)
            except TimeoutError:
                if last:
                    raise urllib3.exceptions.ConnectTimeoutError(self, f"{host} did not answer") from None  # untranslated: shown to nobody
            except OSError as error:
                if last:
                    raise urllib3.exceptions.NewConnectionError(self, str(error)) from error
        raise AddressRefused(_private(host))

    class Plain(HTTPConnection):
        _new_conn = connect

    class Secure(HTTPSConnection):
        _new_conn = connect

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    class Manager(urllib3.PoolManager):
        @override
        def urlopen(self, method: str, url: str, redirect: bool = True, **options: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
            return super().urlopen(method, check_address(url, named), redirect=redirect, **options)

    retries = urllib3.Retry(total=REDIRECTS, redirect=REDIRECTS, connect=0, read=0, status=0, other=0)
    manager = Manager(retries=retries, timeout=timeout or urllib3.Timeout(connect=5.0, read=15.0), headers={"User-Agent": "vre-portal"})
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return manager


def _with_last(items: list[str]) -> list[tuple[bool, str]]:
    return [(number == len(items), item) for number, item in enumerate(items, 1)]
