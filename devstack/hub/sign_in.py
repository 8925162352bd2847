"""Sign-ins at the IAM that do not end each other: each has a cookie of its own, where OAuthenticator keeps one for all.

With one cookie, a second Lab that is opened before the first is back from the IAM overwrites its state, and the first ends with
"OAuth state mismatch".
"""

import re

from oauthenticator.oauth2 import STATE_COOKIE_NAME, OAuthCallbackHandler, OAuthLoginHandler, _deserialize_state
from tornado.web import HTTPError

STATE_SECONDS = 600
MAX_STATES = 10  # of a browser that begins sign-ins and ends none: cookies that are too many are refused by the proxy
STATE_ID = re.compile(r"[0-9a-f]{32}")
LOST = "This sign-in is over: it took more than ten minutes, or was finished before. Go back and open the notebook again."


def cookie_name(state: str) -> str:
    """The cookie of the sign-in that a state names, as the address or the cookie itself holds it."""
    found = _deserialize_state(state) if state.isascii() else {}
    name = found.get("state_id") if isinstance(found, dict) else None
    return f"{STATE_COOKIE_NAME}-{name}" if isinstance(name, str) and STATE_ID.fullmatch(name) else STATE_COOKIE_NAME


class LoginHandler(OAuthLoginHandler):  # type: ignore[misc]
    """Begins a sign-in beside those under way."""

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Keep the state in a cookie of its own; the oldest names cannot be told, so where there are many all of them go."""
        states = [name for name in self.request.cookies if name.startswith(f"{STATE_COOKIE_NAME}-")]
        if len(states) >= MAX_STATES:
            for name in states:
                self.clear_cookie(name)
        self._set_cookie(cookie_name(state_cookie_value), state_cookie_value, expires_days=None, max_age=STATE_SECONDS, httponly=True)


class CallbackHandler(OAuthCallbackHandler):  # type: ignore[misc]
    """Ends the sign-in that the address names."""

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
