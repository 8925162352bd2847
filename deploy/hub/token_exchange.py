"""The Data Lake's token of a person's sessions, exchanged at the IAM; the authenticator keeps it where they read it, or a word on what went wrong."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tornado.httpclient import HTTPClientError

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
GROUPS = "wlcg.groups"  # the claim by which storages decide on restricted data
SCOPE = ["openid", "profile", GROUPS]
MAX_LENGTH = 3072  # Rucio refuses a longer token, and a long list of groups makes one
SIGN_IN_ENDED = "The IAM has ended your sign-in."
NO_ANSWER = "The IAM did not answer; the hub tries again every few minutes."
NO_GROUP = "You are no longer in a group that can use notebooks."
NOT_AT_SIGN_IN = (
    "the IAM did not grant it when you signed in. Sign out of the hub and in again. If that does not help, "
    "the administrator of the hub has to allow it for the hub's client at the IAM"
)
NOT_AT_EXCHANGE = (
    "the IAM refused it when the hub exchanged the token. The administrator of the hub has to allow it for the hub's client at the IAM"
)
TOO_LONG = "the token with all your groups is longer than Rucio accepts. Ask the administrator of the IAM to shorten the list of groups"


class ExchangeFailed(Exception):
    """The IAM gave no token; the text says why."""

    def __init__(self, text: str, *, is_refused: bool = False) -> None:
        super().__init__(text)
        self.is_refused = is_refused


@dataclass(frozen=True)
class Obtained:
    """A token, and a sentence on what it lacks, if it lacks something."""

    token: str
    shortfall: str = ""


async def hand_out(authenticator: Any, auth_state: dict[str, Any]) -> dict[str, Any]:
    """Have the person's token kept, at sign-in and at each refresh; the state as it came."""
    user_info = auth_state[authenticator.user_auth_state_key]
    name = authenticator.normalize_username(authenticator.user_info_to_username(user_info))
    if not authenticator.may_enter(user_info):
        await authenticator.note_problem(name, NO_GROUP)
        return auth_state
    try:
        obtained = await obtain(authenticator, auth_state)
    except ExchangeFailed as error:
        # A session without the Data Lake is better than none; the next refresh tries again.
        authenticator.log.error("No Data Lake token for %s: %s", name, error)
        await authenticator.note_problem(name, str(error))
        return auth_state
    await authenticator.keep_token(name, obtained, user_info)
    return auth_state


async def obtain(authenticator: Any, auth_state: dict[str, Any]) -> Obtained:
    """A token for the Data Lake with as much of the wanted scope as the IAM gives: without the groups rather than none; raises ExchangeFailed."""
    access_token, wanted = auth_state["access_token"], list(authenticator.data_scope)
    granted = set(auth_state.get("scope") or ()) - {""}  # an IAM need not repeat what it granted in full
    plain = [word for word in wanted if word != GROUPS]
    if GROUPS not in wanted:
        return Obtained(await exchange(authenticator, access_token, wanted))
    if granted and GROUPS not in granted:
        return Obtained(await exchange(authenticator, access_token, plain), without_groups(NOT_AT_SIGN_IN))
    reason = TOO_LONG
    try:
        token = await exchange(authenticator, access_token, wanted)
        if len(token) <= MAX_LENGTH:
            return Obtained(token)
    except ExchangeFailed as error:
        if not error.is_refused:
            raise
        reason = NOT_AT_EXCHANGE
    return Obtained(await exchange(authenticator, access_token, plain), without_groups(reason))


def without_groups(reason: str) -> str:
    """The sentence for a token that names no groups."""
    return f"Restricted data cannot be read in this session, because its token names no groups ({GROUPS}): {reason}."


async def exchange(authenticator: Any, access_token: str, scope: list[str]) -> str:
    """A token for the Data Lake in place of the hub's own (RFC 8693); raises ExchangeFailed."""
    form = {
        "grant_type": EXCHANGE,
        "subject_token": access_token,
        "subject_token_type": ACCESS_TOKEN,
        "audience": authenticator.data_audience,
        "scope": " ".join(scope),
    }
    try:
        reply = await authenticator.httpfetch(
            authenticator.token_url,
            label="exchanging a token",
            method="POST",
            headers=authenticator.build_token_info_request_headers(),
            body=urlencode(form),
            validate_cert=authenticator.validate_server_cert,
        )
        return str(reply["access_token"])
    except HTTPClientError as error:
        if not 400 <= error.code < 500:
            raise ExchangeFailed(NO_ANSWER) from None
        raise ExchangeFailed(f"The IAM gives the hub no token for the Data Lake: {words_of(error)}.", is_refused=True) from None
    except OSError:
        raise ExchangeFailed(NO_ANSWER) from None
    except (ValueError, KeyError, TypeError):
        raise ExchangeFailed("The IAM's reply to the hub contains no token for the Data Lake.") from None


def words_of(error: HTTPClientError) -> str:
    """The OAuth error of a refusal, shortened to what can be shown."""
    try:
        answer = json.loads(error.response.body)
        words = f"{answer['error']}, {answer.get('error_description') or 'without a reason'}"
    except (AttributeError, ValueError, KeyError, TypeError):
        words = f"status {error.code}"
    return "".join(letter if letter.isprintable() else " " for letter in words)[:200].rstrip(".")
