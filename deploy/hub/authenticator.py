"""Sign people in at the IAM, keep their tokens fresh, and have the Data Lake's token handed to their sessions."""

import math
import time
from typing import Any

from oauthenticator.generic import GenericOAuthenticator
from tornado.httpclient import HTTPClientError
from traitlets import List, Unicode

from deploy.hub import end_logins, sign_in, token_exchange


class PortalAuthenticator(GenericOAuthenticator):  # type: ignore[misc]
    """OpenID Connect with INDIGO IAM: groups decide who comes in, at every refresh anew. Each hub says where the Data Lake's token is kept."""

    login_handler = sign_in.LoginHandler
    callback_handler = sign_in.CallbackHandler
    logout_handler = sign_in.LogoutHandler

    data_audience = Unicode("rucio", config=True, help="The audience of the token that sessions get for the Data Lake")
    data_scope = List(Unicode(), token_exchange.SCOPE, config=True, help="The scope of that token; `scope` has to name all of it, too")

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """The hub's addresses for signing in and out, and the one by which the portal ends logins."""
        return [*super().get_handlers(app), *end_logins.handlers()]

    async def keep_token(self, name: str, obtained: token_exchange.Obtained, user_info: dict[str, Any]) -> None:
        """Put a new token where the person's sessions read it."""

    async def note_problem(self, name: str, problem: str) -> None:
        """Tell the person's sessions why there is no new token; the one that is there stays, good until it ends."""

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
                await self.note_problem(user.name, token_exchange.SIGN_IN_ENDED)
                return False
            await self.note_problem(user.name, token_exchange.NO_ANSWER)
            self.log.warning("IAM does not answer (%s); %s goes on with what they have", type(error).__name__, user.name)
            return True
        if model is False:
            await self.note_problem(user.name, token_exchange.SIGN_IN_ENDED)
        if isinstance(model, dict) and not self.may_enter(model["auth_state"][self.user_auth_state_key]):
            self.log.warning("%s is in none of the groups that may enter any more", user.name)
            await self.note_problem(user.name, token_exchange.NO_GROUP)
            return False
        return model
