"""The one way to the portal: the token goes to the portal alone, wherever it redirects."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vre import settings
from vre.addresses import is_private, joined, origin, path_of, proxies_for
from vre.answers import checksum_of, read_json, seconds_to_wait
from vre.errors import Interrupted, NotSignedIn, PortalUnavailable
from vre.identity import Identity

if TYPE_CHECKING:  # requests takes longer to import than all of this package, so it is imported at the first call
    import requests

TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of an answer
MAX_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}
BUSY = {429, 503}
MAX_ATTEMPTS = 4
RETRY_SECONDS = 0.5
TRY_AGAIN = "Check your connection and the address of the portal, then try again."


class Transport:
    """Requests to one portal with one identity; may be used by several threads."""

    def __init__(self, base: str, identity: Identity) -> None:
        self.base, self.identity = base, identity
        self._local = threading.local()

    def url(self, path: str) -> str:
        """The address of a path of this portal, also where the portal writes another host before it; raises PortalUnavailable for what is none."""
        url = joined(f"{self.base}/", path_of(path))
        if not self._is_portal(url):
            raise PortalUnavailable("The portal named a page at another address, so it was not read.", "Tell the portal's operators.")
        return url

    def json(self, method: str, path: str, *, params: Mapping[str, str] | None = None, payload: Any = None) -> dict[str, Any]:
        """The object that the portal answers with; waits where the portal is busy. Raises a VreError that says why there is none."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            is_last = attempt == MAX_ATTEMPTS
            try:
                with self.send(method, self.url(path), params=params, payload=payload) as (reply, _):
                    if reply.status_code not in BUSY or is_last:
                        return read_json(reply)
                    pause = seconds_to_wait(reply, RETRY_SECONDS * 2**attempt)
            except Interrupted:
                if method != "GET" or is_last:  # whether a change was made is not known
                    raise
                pause = RETRY_SECONDS * 2**attempt
            time.sleep(pause)
        raise AssertionError  # the last attempt returns or raises

    @contextmanager
    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Iterator[tuple[requests.Response, str | None]]":
        """The answer, not yet read, and the Adler-32 that the portal named; an expired token is renewed once.

        Raises PortalUnavailable where there is no answer, NotSignedIn where there is no token.
        """
        token = self.identity.token()
        reply, checksum = self._follow(method, url, token, params, payload, headers)
        if reply.status_code == 401 and self._is_portal(reply.url) and self.identity.renew(token):
            reply.close()
            reply, checksum = self._follow(method, url, self.identity.token(), params, payload, headers)
        try:
            if reply.status_code == 401 and self._is_portal(reply.url):
                raise NotSignedIn("The portal does not accept this login.", self.identity.advice)
            yield reply, checksum
        finally:
            reply.close()

    def _is_portal(self, url: str) -> bool:
        return origin(url) == origin(self.base)

    def _follow(
        self,
        method: str,
        url: str,
        token: str | None,
        params: Mapping[str, str] | None,
        payload: Any,
        headers: Mapping[str, str] | None,
    ) -> "tuple[requests.Response, str | None]":
        """The first answer that is no redirect. Only what is read is redirected, and never from TLS to plain text."""
        checksum = None
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._one(method, url, token if self._is_portal(url) else None, params, payload, headers)
            if self._is_portal(url):
                checksum = checksum_of(reply.headers) or checksum
            if reply.status_code not in REDIRECTS:
                return reply, checksum or checksum_of(reply.headers)
            reply.close()
            target = joined(url, reply.headers.get("Location", ""))
            if method != "GET" or not (is_private(target) or not is_private(url)):
                raise PortalUnavailable("The portal redirected to an address that is not safe to follow.", "Tell the portal's operators.")
            url, params = target, None
        raise PortalUnavailable("The portal redirected too often.", "Tell the portal's operators.")

    def _one(
        self,
        method: str,
        url: str,
        token: str | None,
        params: Mapping[str, str] | None,
        payload: Any,
        headers: Mapping[str, str] | None,
    ) -> "requests.Response":
        import requests

        def authorize(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
            # Also where there is no token: without a function, requests would send what stands in ~/.netrc.
            # The request is looked at as it is sent, for requests rewrites some addresses.
            if token is not None and self._is_portal(request.url or ""):
                request.headers["Authorization"] = f"Bearer {token}"
            return request

        try:
            return self._session().request(
                method, url, params=params, json=payload, headers=dict(headers or {}), auth=authorize, stream=True, allow_redirects=False,
                timeout=TIMEOUT, verify=settings.ca_bundle() or True, proxies=proxies_for(url),
            )  # fmt: skip
        except requests.exceptions.SSLError as error:
            raise PortalUnavailable(
                f"The certificate of {origin(url)[1]} is not trusted.", "Set VRE_CA_BUNDLE to its authority."
            ) from error
        except requests.exceptions.InvalidURL as error:
            raise PortalUnavailable("The portal named an address that is none.", "Tell the portal's operators.") from error
        except (requests.RequestException, OSError) as error:
            raise Interrupted(f"{origin(url)[1]} does not answer ({type(error).__name__}).", TRY_AGAIN) from error

    def _session(self) -> "requests.Session":
        """The session of this thread, without cookies."""
        from http.cookiejar import DefaultCookiePolicy

        import requests

        from vre import __version__

        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = f"vre-portal-client/{__version__}"
            session.headers["Accept-Language"] = "en"
            session.get_redirect_target = lambda _reply: None  # type: ignore[assignment, method-assign]  # it would read the whole body first
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
        found: requests.Session = self._local.session
        return found
