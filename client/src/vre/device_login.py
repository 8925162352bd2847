"""Signing in with a code that is typed in a browser, on this machine or another: OAuth 2.0 Device Authorization Grant (RFC 8628)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from vre import oauth
from vre.answers import number_of, text_of
from vre.display import visible
from vre.errors import NotSignedIn, PortalUnavailable

DEFAULT_INTERVAL = 5  # seconds, by RFC 8628
SLOWER = 5
MAX_INTERVAL = 60
MAX_LIFE = 1800
ENDED = "The code has expired before it was confirmed."
AGAIN = "Call vre.login() again."


@dataclass(frozen=True)
class DeviceCode:
    """A sign-in that waits for its person."""

    device_code: str
    user_code: str
    page: str
    page_with_code: str
    interval: int
    seconds: int

    @property
    def words(self) -> str:
        """What the person has to do."""
        minutes = max(1, self.seconds // 60)
        whole = f"\n(or open {visible(self.page_with_code, 1000)})" if self.page_with_code else ""
        return f"To sign in, open {visible(self.page, 1000)} and enter the code {visible(self.user_code, 40)} within {minutes} min.{whole}"


def begin(client: oauth.Client) -> DeviceCode:
    """Ask for a code; raises PortalUnavailable where the answer cannot be shown to a person."""
    found = oauth.ask_device_code(client)
    device, user, page = (text_of(found.get(name)) for name in ("device_code", "user_code", "verification_uri"))
    page = page or text_of(found.get("verification_url"))  # as drafts of the RFC called it
    if not device or not user or not _is_page(page):
        raise PortalUnavailable("The identity service answered without a code.", oauth.OPERATORS)
    whole = text_of(found.get("verification_uri_complete"))
    interval = min(number_of(found.get("interval")) or DEFAULT_INTERVAL, MAX_INTERVAL)
    return DeviceCode(
        device, user, page, whole if _is_page(whole) else "", interval, min(number_of(found.get("expires_in")) or 600, MAX_LIFE)
    )


def _is_page(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def wait(client: oauth.Client, code: DeviceCode, sleep: Callable[[float], None] = time.sleep) -> oauth.Tokens:
    """The tokens, once the person has confirmed; raises NotSignedIn where they refuse or the code expires."""
    end, interval = time.monotonic() + code.seconds, code.interval
    while time.monotonic() < end:
        sleep(interval)
        try:
            return oauth.ask_tokens(client, {"grant_type": oauth.DEVICE_GRANT, "device_code": code.device_code})
        except oauth.Refused as error:
            if error.code == "access_denied":
                raise NotSignedIn("The sign-in was refused in the browser.", AGAIN) from error
            if error.code in ("expired_token", "invalid_grant"):
                raise NotSignedIn(ENDED, AGAIN) from error
            if error.code not in ("authorization_pending", "slow_down"):
                raise
            if error.code == "slow_down":
                interval = min(interval + SLOWER, MAX_INTERVAL)
        except PortalUnavailable:
            interval = min(interval * 2, MAX_INTERVAL)  # it may be restarting; the person may have confirmed meanwhile
    raise NotSignedIn(ENDED, AGAIN)
