"""Sign-ins at the IAM that do not end each other, and none that goes on by itself where somebody signed out.

Each sign-in has a cookie of its own, where OAuthenticator keeps one for all: with one, a second Lab that is opened before the first is
back from the IAM overwrites its state, and the first ends with "OAuth state mismatch".

An IAM without a sign-out of its own (INDIGO IAM has none) would let the next person at a browser in as the one before. So a browser that
signed out here is asked there who it is (`prompt=login`) before it is signed in again.
"""

import re
from typing import Any

from oauthenticator.oauth2 import STATE_COOKIE_NAME, OAuthCallbackHandler, OAuthLoginHandler, OAuthLogoutHandler, _deserialize_state
from tornado.web import HTTPError

STATE_SECONDS = 600
MAX_STATES = 10  # of a browser that begins sign-ins and ends none: cookies that are too many are refused by the proxy
SIGNED_OUT = "vre-signed-out"  # a cookie: who comes next at this browser proves who they are
STATE_ID = re.compile(r"[0-9a-f]{32}")
LOST = "This sign-in has expired (after ten minutes) or was already completed. Go back and open the notebook again."


def cookie_name(state: str) -> str:
    """The cookie of the sign-in that a state names, as the address or the cookie itself holds it."""
    found = _deserialize_state(state) if state.isascii() else {}
    name = found.get("state_id") if isinstance(found, dict) else None
    return f"{STATE_COOKIE_NAME}-{name}" if isinstance(name, str) and STATE_ID.fullmatch(name) else STATE_COOKIE_NAME


class LoginHandler(OAuthLoginHandler):  # type: ignore[misc]
    """Begins a sign-in beside those under way."""

    def authorize_redirect(self, *args: Any, extra_params: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send the browser to the IAM, which asks for the person anew where somebody signed out in this browser."""
        asked = {"prompt": "login"} if self.get_cookie(SIGNED_OUT) else {}
        return super().authorize_redirect(*args, extra_params={**(extra_params or {}), **asked}, **options)

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Keep the state in a cookie of its own; the oldest names cannot be told, so where there are many all of them go."""
        states = [name for name in self.request.cookies if name.startswith(f"{STATE_COOKIE_NAME}-")]
        if len(states) >= MAX_STATES:
            for name in states:
                self.clear_cookie(name)
        self._set_cookie(cookie_name(state_cookie_value), state_cookie_value, expires_days=None, max_age=STATE_SECONDS, httponly=True)


class CallbackHandler(OAuthCallbackHandler):  # type: ignore[misc]
    """Ends the sign-in that the address names."""

    async def login_user(self, data: Any = None) -> Any:
        """The person whom the IAM names, if they may come in; with them the sign-out before is over."""
        user = await super().login_user(data)
        if user is not None:
            self.clear_cookie(SIGNED_OUT)
        return user

    def get_state_cookie(self) -> str:
        """The state of this sign-in, once; empty where its cookie is gone."""
        if self._state_cookie is None:
            name = cookie_name(self.get_state_url())
            self._state_cookie = (self.get_secure_cookie(name, max_age_days=1) or b"").decode("utf8", "replace")
            self.clear_cookie(name)
        return str(self._state_cookie)

    def check_state(self) -> None:
        """Compare the two states; a lost one is told in words that say what to do."""
        if not self.get_state_cookie() or not isinstance(_deserialize_state(self.get_state_url()), dict):
            raise HTTPError(400, LOST)
        super().check_state()


class LogoutHandler(OAuthLogoutHandler):  # type: ignore[misc]
    """Ends the sign-in of this browser, and remembers that it ended."""

    async def handle_logout(self) -> None:
        """Note it for as long as the IAM may know the browser."""
        await super().handle_logout()
        self._set_cookie(SIGNED_OUT, "1", encrypted=False, expires_days=30, httponly=True)
