"""Sign people in at the stack's IAM, keep their tokens fresh, and hand the Data Lake's token to their sessions."""

import math
import time
from typing import Any
from urllib.parse import urlencode

import jwt
from oauthenticator.generic import GenericOAuthenticator
from tornado.httpclient import HTTPClientError
from traitlets import Unicode

from devstack.hub import end_logins, sign_in
from devstack.hub.folders import PersonalFolder, write_private

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class IamAuthenticator(GenericOAuthenticator):  # type: ignore[misc]
    """OpenID Connect with INDIGO IAM: groups decide who comes in, at every refresh anew."""

    login_handler = sign_in.LoginHandler
    callback_handler = sign_in.CallbackHandler

    data_audience = Unicode("rucio", config=True, help="The audience of the token that sessions get for the Data Lake")

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """The hub's addresses for signing in and out, and the one by which the portal ends logins."""
        return [*super().get_handlers(app), *end_logins.handlers()]

    def may_enter(self, user_info: dict[str, Any]) -> bool:
        """Whether one of the person's groups is let in."""
        return bool(self.allowed_groups & set(user_info.get("groups") or ()))

    async def token_to_user(self, token_info: dict[str, Any]) -> dict[str, Any]:
        """Who the token is of; one that is about to end counts as ended, so that it is renewed in time."""
        if token_info.get("renew_at", math.inf) < time.time():
            raise HTTPClientError(401, "the access token is about to end")
        user_info: dict[str, Any] = await super().token_to_user(token_info)
        return user_info

    def build_auth_state_dict(self, token_info: dict[str, Any], user_info: dict[str, Any]) -> dict[str, Any]:
        """Note in the stored reply when to renew, two refreshes before its end."""
        if "renew_at" not in token_info:
            lifetime = int(token_info.get("expires_in") or 0)
            token_info["renew_at"] = time.time() + max(lifetime - 2 * self.auth_refresh_age, lifetime / 2)
        state: dict[str, Any] = super().build_auth_state_dict(token_info, user_info)
        return state

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> bool | dict[str, Any]:
        """Renew what is known; refuse whom IAM refuses, but do not shut people out because IAM does not answer."""
        try:
            model: bool | dict[str, Any] = await super().refresh_user(user, handler, **kwargs)
        except (OSError, HTTPClientError) as error:
            if isinstance(error, HTTPClientError) and error.code < 500:
                return False
            self.log.warning("IAM does not answer (%s); %s goes on with what they have", type(error).__name__, user.name)
            return True
        if isinstance(model, dict) and not self.may_enter(model["auth_state"][self.user_auth_state_key]):
            self.log.warning("%s is in none of the groups that may enter any more", user.name)
            return False
        return model

    async def exchange(self, access_token: str) -> str:
        """A token for the Data Lake in place of the hub's own (RFC 8693)."""
        form = {
            "grant_type": EXCHANGE,
            "subject_token": access_token,
            "subject_token_type": ACCESS_TOKEN,
            "audience": self.data_audience,
            "scope": "openid profile",
        }
        reply = await self.httpfetch(
            self.token_url,
            label="exchanging a token",
            method="POST",
            headers=self.build_token_info_request_headers(),
            body=urlencode(form),
            validate_cert=self.validate_server_cert,
        )
        return str(reply["access_token"])


async def hand_out_token(authenticator: IamAuthenticator, auth_state: dict[str, Any]) -> dict[str, Any]:
    """Write the file that the person's sessions read their Data Lake token from, at login and at each refresh."""
    user_info = auth_state[authenticator.user_auth_state_key]
    if not authenticator.may_enter(user_info):
        return auth_state
    name = authenticator.normalize_username(authenticator.user_info_to_username(user_info))
    try:
        token = await authenticator.exchange(auth_state["access_token"])
    except (HTTPClientError, OSError, KeyError) as error:
        # A session without the Data Lake is better than none; the next refresh tries again.
        authenticator.log.error("No Data Lake token for %s: %s", name, getattr(error, "code", type(error).__name__))
        return auth_state
    write_private(PersonalFolder(name).token_file, token)
    until = jwt.decode(token, options={"verify_signature": False}).get("exp", 0)
    authenticator.log.info("Data Lake token of %s renewed, good for %d s", name, until - time.time())
    return auth_state
